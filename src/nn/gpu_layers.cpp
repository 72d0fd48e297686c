#include "nn/gpu_layers.h"

#include <c10/core/DeviceGuard.h>

#include "nn/autocast.h"
#include "nn/convnext.h"
#include "nn/gpu_kernel_table.h"
#include "nn/residual.h"

namespace asterism::nn {
namespace {

constexpr int64_t kTile = 32, kRowsOfBlock = 8, kThreads = 128;  // as the kernels have them

int64_t parts(int64_t whole, int64_t part) { return (whole + part - 1) / part; }

// Words of two channels, tiles of positions, objects.
GpuGrid tiled(int64_t B, int64_t L, int64_t C) { return {parts(C / 2, kThreads), parts(L, kTile), B}; }

bool of_numbers(const at::Tensor& x) { return x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16; }

// LayerNorm of the depthwise convolution of rows [B, L, C].
at::Tensor depthwise_norm(const GpuKernel& made, const ConvNextBlock& block, const at::Tensor& rows,
                          at::ScalarType type) {
  const int64_t B = rows.size(0), L = rows.size(1), C = rows.size(2);
  const auto taps = block.dwconv_weight.squeeze(1).t().contiguous();  // [7, C]
  const auto bias = block.dwconv_bias.contiguous(), gamma = block.norm.weight.contiguous(),
             beta = block.norm.bias.contiguous();
  auto out = at::empty({B, L, C}, rows.options().dtype(type));
  launch(made, {parts(B * L, kRowsOfBlock), 1, 1}, 32 * kRowsOfBlock, gpu_address(rows), gpu_address(taps),
         gpu_address(bias), gpu_address(gamma), gpu_address(beta), float(block.norm.epsilon), B * L, int(L),
         gpu_address(out));
  return out;
}

}  // namespace

at::Tensor convnext_on_gpu(const ConvNextBlock& block, const at::Tensor& x) {
  if (!x.is_cuda() || at::GradMode::is_enabled() || x.numel() == 0 || block.dwconv_weight.dim() != 3) return {};
  const int64_t B = x.size(0), C = x.size(1), L = x.size(3), D = 4 * C;
  const bool fits = block.kernel == 7 && C % 32 == 0 && C <= 1024 && of_numbers(x) &&
                    block.dwconv_weight.scalar_type() == at::kFloat && block.norm.bias.defined();
  if (!fits) return {};
  const c10::DeviceGuard guard(x.device());
  const auto type = type_on(x.device()) == at::kBFloat16 ? at::kBFloat16 : at::kFloat;
  const auto front =
      gpu_kernel("depthwise_norm", x.device(),
                 {"WIDTH=" + std::to_string(C), "IN=" + gpu_name(x.scalar_type()), "OUT=" + gpu_name(type)});
  const auto middle = gpu_kernel("gelu_squares", x.device()), response = gpu_kernel("response", x.device()),
             end = gpu_kernel("scale_shift", x.device());
  if (!front || !middle || !response || !end) return {};
  const auto rows = x.permute({0, 2, 3, 1}).reshape({B, L, C}).contiguous();
  const auto normed = depthwise_norm(front, block, rows, type);
  at::Tensor branch;
  if (type == at::kFloat) {
    branch = block.pwconv2(block.grn(at::gelu(block.pwconv1(normed))));
  } else {
    const auto h = block.pwconv1(normed).contiguous();
    const int64_t T = parts(L, kTile);
    const auto partial = at::empty({B, T, D}, h.options().dtype(at::kFloat)),
               factor = at::empty({B, D}, partial.options());
    const auto gamma = block.grn.gamma.contiguous(), beta = block.grn.beta.contiguous();
    launch(middle, tiled(B, L, D), kThreads, gpu_address(h), gpu_address(partial), int(L), int(D));
    launch(response, {B, 1, 1}, 256, gpu_address(partial), gpu_address(gamma), gpu_address(factor), int(T), int(D));
    launch(end, tiled(B, L, D), kThreads, gpu_address(h), gpu_address(factor), gpu_address(beta), int(L), int(D));
    branch = block.pwconv2(h);
  }
  return (rows + branch).unsqueeze(1).permute({0, 3, 1, 2});
}

namespace {

// Squeeze-and-excite's gates [B, C], of y [B, L, C] and its scores [B, L].
at::Tensor gates(const SqueezeExcite& excite, const GpuKernel& weigh, const at::Tensor& y, const at::Tensor& score) {
  const Autocast exact(Precision::fp32, y.device().type());
  const int64_t B = y.size(0), L = y.size(1), C = y.size(2);
  const auto share = at::softmax(score, 1);
  const auto partial = at::empty({B, parts(L, kTile), C}, share.options());
  launch(weigh, tiled(B, L, C), kThreads, gpu_address(y), gpu_address(share), gpu_address(partial), int(L), int(C));
  const auto hidden = at::linear(partial.sum(1), excite.net0.weight.flatten(1), excite.net0.bias);
  return at::sigmoid(at::linear(at::leaky_relu(hidden, 0.1), excite.net2.weight.flatten(1), excite.net2.bias));
}

}  // namespace

at::Tensor residual_on_gpu(const ResidualUnit& unit, const at::Tensor& x_in) {
  if (!x_in.is_cuda() || at::GradMode::is_enabled() || x_in.numel() == 0) return {};
  const int64_t B = x_in.size(0), C = x_in.size(1), H = x_in.size(2), W = x_in.size(3), L = H * W;
  const bool fits = type_on(x_in.device()) == at::kBFloat16 && C % 64 == 0 && C <= 2048 && of_numbers(x_in) &&
                    unit.conv.weight.scalar_type() == at::kFloat && unit.conv.bias.defined() && B <= 65535;
  if (!fits) return {};
  const c10::DeviceGuard guard(x_in.device());
  const auto first = gpu_kernel("bias_elu", x_in.device()), weigh = gpu_kernel("weighted_sums", x_in.device()),
             last = gpu_kernel("gated_sum", x_in.device()),
             second = gpu_kernel("bias_elu_key", x_in.device(), {"WIDTH=" + std::to_string(C)});
  if (!first || !second || !weigh || !last) return {};
  const auto x = x_in.to(at::kBFloat16).contiguous(at::MemoryFormat::ChannelsLast);
  const auto& s = unit.conv.settings;
  const auto made = at::conv2d(x, unit.conv.weight, {}, {s.stride, s.stride}, {s.padding, s.padding}, {1, 1}, s.groups)
                        .contiguous(at::MemoryFormat::ChannelsLast);
  const auto bias = unit.conv.bias.contiguous(), point_bias = unit.pointwise.bias.contiguous(),
             key = unit.excite.to_k.weight.flatten().contiguous();
  const int64_t words = B * L * C / 2;
  launch(first, {std::min<int64_t>(parts(words, 256), 1 << 16), 1, 1}, 256, gpu_address(made), gpu_address(bias),
         int64_t(words), int(C));
  const auto y =
      at::linear(made.permute({0, 2, 3, 1}).reshape({B, L, C}), unit.pointwise.weight.flatten(1)).contiguous();
  const auto score = at::empty({B, L}, y.options().dtype(at::kFloat));
  launch(second, {parts(B * L, kRowsOfBlock), 1, 1}, 32 * kRowsOfBlock, gpu_address(y), gpu_address(point_bias),
         gpu_address(key), gpu_address(score), B * L);
  const auto gate = gates(unit.excite, weigh, y, score).contiguous();
  auto out = at::empty_like(x);
  launch(last, tiled(B, L, C), kThreads, gpu_address(x), gpu_address(y), gpu_address(gate), gpu_address(out), int(L),
         int(C));
  return out;
}

}  // namespace asterism::nn
