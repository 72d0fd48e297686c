#include "nn/residual.h"

#include <algorithm>

#include "nn/gpu_layers.h"
#include "nn/product.h"

namespace asterism::nn {

SqueezeExcite::SqueezeExcite(const Scope& scope, int64_t channels)
    : to_k(scope / "to_k", channels, 1, ConvSettings::same(1)),
      net0(scope / "net.0", channels, std::max<int64_t>(16, channels / 2), ConvSettings::same(1)),
      net2(scope / "net.2", std::max<int64_t>(16, channels / 2), channels, ConvSettings::same(1)) {
  at::NoGradGuard no_grad;
  net2.weight.zero_();
  net2.bias.fill_(-10);
}

at::Tensor SqueezeExcite::operator()(const at::Tensor& x) const {
  const int64_t B = x.size(0), C = x.size(1);
  const auto share = at::softmax(to_k(x).reshape({B, -1, 1}), 1);   // [B, HW, 1]
  const auto pixels = x.permute({0, 2, 3, 1}).reshape({B, -1, C});  // a view when x lies channels-last
  const auto context = at::matmul(pixels.transpose(1, 2), share.to(x.scalar_type()));  // [B, C, 1]
  const auto gate = at::sigmoid(net2(at::leaky_relu(net0(context.unsqueeze(-1)), 0.1)));
  return x * gate;
}

ResidualUnit::ResidualUnit(const Scope& scope, int64_t channels, bool open_gate)
    : conv(scope / "net.0.conv", channels, channels, ConvSettings::same(3)),
      pointwise(scope / "net.2", channels, channels, ConvSettings::same(1)),
      excite(scope / "net.4", channels) {
  if (!open_gate) return;
  at::NoGradGuard no_grad;
  const int64_t hidden = excite.net2.weight.size(1);
  const auto start = initial_value(excite.net2.weight.sizes(), Init::xavier(hidden, channels), scope.seed(),
                                   scope.name("open_gate"), scope.dtype());
  excite.net2.weight.copy_(start);
  excite.net2.bias.zero_();
}

at::Tensor ResidualUnit::operator()(const at::Tensor& x) const {
  if (auto done = residual_on_gpu(*this, x); done.defined()) return done;
  return x + excite(convolution(pointwise, convolution(conv, x, true), true));
}

PixelShuffleUp::PixelShuffleUp(const Scope& scope, int64_t in, int64_t out)
    : conv(scope / "net.0", in, 4 * out, ConvSettings::same(1)) {}

at::Tensor PixelShuffleUp::operator()(const at::Tensor& x) const {
  return at::pixel_shuffle(at::silu(convolution(conv, x)), 2).contiguous(at::MemoryFormat::ChannelsLast);
}

}  // namespace asterism::nn
