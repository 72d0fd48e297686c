#include "nn/convnext.h"

#include <ATen/autocast_mode.h>

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "nn/autocast.h"
#include "nn/convnext_math.h"
#include "nn/gpu_layers.h"
#include "nn/in_threads.h"
#include "nn/product.h"

namespace asterism::nn {

namespace {

std::vector<int64_t> kernel_shape(int64_t a, int64_t b, int64_t kernel, int64_t dimensions) {
  std::vector<int64_t> shape{a, b, kernel};
  if (dimensions == 2) shape.push_back(kernel);
  return shape;
}

// 1-D weights [a, b, k] as 2-D ones of height 1
at::Tensor flat(const at::Tensor& weight) { return weight.dim() == 3 ? weight.unsqueeze(2) : weight; }

std::vector<int64_t> along(int64_t value, bool one_dimensional, int64_t other) {
  return {one_dimensional ? other : value, value};
}

// [B, C, L] -> [B, C, 1, L], channels last in memory
at::Tensor lay_flat(const at::Tensor& x) {
  return (x.dim() == 3 ? x.unsqueeze(2) : x).contiguous(at::MemoryFormat::ChannelsLast);
}

at::Tensor lay_back(const at::Tensor& x, int64_t dimensions) { return dimensions == 1 ? x.squeeze(2) : x; }

// Whether products are to run in bfloat16.
bool in_half() {
  return at::autocast::is_autocast_enabled(at::kCPU) && at::autocast::get_autocast_dtype(at::kCPU) == at::kBFloat16;
}

// Whether the loops of convnext_math.h may stand for the operators.
bool runs_fused(const at::Tensor& x, const at::Tensor& weight, const LayerNorm& norm) {
  const bool single = x.scalar_type() == at::kFloat && !at::autocast::is_autocast_enabled(at::kCPU);
  const bool half = in_half() && (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16);
  return !at::GradMode::is_enabled() && x.is_cpu() && (single || half) && weight.scalar_type() == at::kFloat &&
         x.numel() > 0 && norm.bias.defined();
}

void check(const ConvNextSettings& s) {
  ASTERISM_CHECK(s.dimensions == 1 || s.dimensions == 2, "{} dimensions", s.dimensions);
  ASTERISM_CHECK(!s.widths.empty() && s.widths.size() == s.depths.size() && s.widths.size() == s.strides.size(),
                 "{} widths, {} depths, {} strides", s.widths.size(), s.depths.size(), s.strides.size());
}

// Strides as long as their kernels are products of matrices; GPUs are slow in convolutions of few channels.
// x [B, C, 1, L], weight [O, C, k] -> [B, O, 1, L / k].
at::Tensor patches(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  const int64_t k = weight.size(2), L = x.size(3) / k;
  const auto rows = x.narrow(3, 0, L * k).permute({0, 2, 3, 1}).reshape({x.size(0), 1, L, k * x.size(1)});
  return at::linear(rows, weight.permute({0, 2, 1}).flatten(1), bias).permute({0, 3, 1, 2});
}

// And back: weight [C, O, k] -> [B, O, 1, L k].
at::Tensor spread(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  const int64_t k = weight.size(2), O = weight.size(1), B = x.size(0), L = x.size(3);
  const auto rows = at::linear(x.permute({0, 2, 3, 1}), weight.permute({2, 1, 0}).flatten(0, 1), bias.repeat({k}));
  return rows.reshape({B, 1, L * k, O}).permute({0, 3, 1, 2});
}

std::vector<std::vector<ConvNextBlock>> make_stages(const Scope& scope, const ConvNextSettings& s) {
  std::vector<std::vector<ConvNextBlock>> stages(s.widths.size());
  for (size_t i = 0; i < s.widths.size(); ++i)
    for (int64_t j = 0; j < s.depths[i]; ++j)
      stages[i].emplace_back(scope / "stages" / int64_t(i) / j, s.widths[i], s.dimensions);
  return stages;
}

}  // namespace

ConvNextSettings mirrored(const ConvNextSettings& encoder, int64_t width, int64_t depth) {
  auto out = encoder;
  out.channels = encoder.widths.back();
  for (auto* each : {&out.widths, &out.depths, &out.strides}) std::reverse(each->begin(), each->end());
  out.strides.insert(out.strides.begin(), 1);
  out.widths.push_back(width);
  out.depths.push_back(depth);
  return out;
}

ConvNextBlock::ConvNextBlock(const Scope& scope, int64_t channels, int64_t dimensions, int64_t kernel)
    : dwconv_weight((scope / "dwconv")
                        .parameter("weight", kernel_shape(channels, 1, kernel, dimensions),
                                   Init::kaiming(dimensions == 1 ? kernel : kernel * kernel))),
      dwconv_bias((scope / "dwconv").parameter("bias", {channels}, Init::zeros())),
      norm(scope / "norm", channels),
      pwconv1(scope / "pwconv1", channels, 4 * channels),
      pwconv2(scope / "pwconv2", 4 * channels, channels),
      grn(scope / "grn", 4 * channels, dimensions),
      kernel(kernel) {}

at::Tensor ConvNextBlock::without_gradients(const at::Tensor& x) const {
  const int64_t B = x.size(0), C = x.size(1), L = x.size(3);
  const auto taps = dwconv_weight.squeeze(1).t().contiguous();  // [K, C]
  const auto bias = dwconv_bias.contiguous(), gamma = grn.gamma.contiguous(), beta = grn.beta.contiguous();
  const auto scale = norm.weight.contiguous(), shift = norm.bias.contiguous();
  const DepthwiseNorm front{taps.const_data_ptr<float>(),
                            bias.const_data_ptr<float>(),
                            scale.const_data_ptr<float>(),
                            shift.const_data_ptr<float>(),
                            kernel,
                            C,
                            float(norm.epsilon)};
  const auto rows = x.permute({0, 2, 3, 1}).reshape({B, L, C}).to(at::kFloat);  // a view of floats
  const auto out = at::empty_like(rows);
  in_threads(B, 1, [&](int64_t first, int64_t last) {
    const auto mixed = at::empty({L, C});
    for (int64_t b = first; b < last; ++b) {
      const float* from = rows.const_data_ptr<float>() + b * L * C;
      depthwise_norm(front, from, L, mixed.mutable_data_ptr<float>());
      const auto hidden = fast_pwconv1_(pwconv1, mixed, true).to(at::kFloat);
      global_response(hidden.mutable_data_ptr<float>(), L, hidden.size(1), gamma.const_data_ptr<float>(),
                      beta.const_data_ptr<float>());
      const auto branch = fast_pwconv2_(pwconv2, hidden).to(at::kFloat);
      add_rows(from, branch.const_data_ptr<float>(), out.mutable_data_ptr<float>() + b * L * C, L * C);
    }
  });
  return out.unsqueeze(1).permute({0, 3, 1, 2});
}

at::Tensor ConvNextBlock::operator()(const at::Tensor& x_in) const {
  const bool one = dwconv_weight.dim() == 3;
  const auto x = lay_flat(x_in);
  if (one && runs_fused(x, dwconv_weight, norm)) return lay_back(without_gradients(x), x_in.dim() == 3 ? 1 : 2);
  if (const auto done = convnext_on_gpu(*this, x); done.defined()) return lay_back(done, x_in.dim() == 3 ? 1 : 2);
  // ATen's own depthwise kernels for GPUs read channels first; cuDNN's for channels last are slow at these shapes
  const auto mixed = at::conv2d(x.is_cpu() ? x : x.contiguous(), flat(dwconv_weight), dwconv_bias, {1, 1},
                                along(kernel / 2, one, 0), {1, 1}, x.size(1));
  const auto rows = norm(mixed.permute({0, 2, 3, 1}));
  const auto branch = product(pwconv2, grn(at::gelu(product(pwconv1, rows)))).permute({0, 3, 1, 2});
  return lay_back(x + branch, x_in.dim() == 3 ? 1 : 2);
}

ConvNextEncoder::ConvNextEncoder(const Scope& scope, const ConvNextSettings& s) : settings(s) {
  check(s);
  int64_t in = s.channels;
  for (size_t i = 0; i < s.widths.size(); ++i) {
    const Scope layer = scope / "downsample_layers" / int64_t(i);
    const int64_t out = s.widths[i], k = s.strides[i], area = s.dimensions == 1 ? k : k * k;
    const std::string norm_place = i == 0 ? "1" : "0", conv_place = i == 0 ? "0" : "1";
    down_weight.push_back(
        (layer / conv_place).parameter("weight", kernel_shape(out, in, k, s.dimensions), Init::xavier(area * in, out)));
    down_bias.push_back((layer / conv_place).parameter("bias", {out}, Init::zeros()));
    down_norm.emplace_back(layer / norm_place, i == 0 ? out : in, NormBias::learned, s.epsilon);
    in = out;
  }
  stages = make_stages(scope, s);
  norm = LayerNorm(scope / "norm", s.widths.back(), NormBias::learned, s.epsilon);
}

void ConvNextEncoder::vary_first_bias(uint64_t seed) {
  const at::NoGradGuard no_grad;
  auto& bias = down_bias.front();
  bias.copy_(initial_value(bias.sizes(), Init::normal(0.1), seed, "first bias"));
}

at::Tensor ConvNextEncoder::operator()(const at::Tensor& x_in) const {
  const bool one = settings.dimensions == 1;
  auto x = lay_flat(x_in);
  for (size_t i = 0; i < stages.size(); ++i) {
    std::optional<Autocast> exact;
    if (i == 0 && x.is_cpu() && !at::GradMode::is_enabled()) exact.emplace(Precision::fp32);
    if (i > 0) x = down_norm[i].channels_first(x);
    x = one && !x.is_cpu() ? patches(x, down_weight[i], down_bias[i])
                           : at::conv2d(x, flat(down_weight[i]), down_bias[i], along(settings.strides[i], one, 1));
    if (i == 0) x = down_norm[i].channels_first(x);
    for (const auto& block : stages[i]) x = block(x);
  }
  return lay_back(norm.channels_first(x), settings.dimensions);
}

ConvNextDecoder::ConvNextDecoder(const Scope& scope, const ConvNextSettings& s) : settings(s) {
  check(s);
  int64_t in = s.channels;
  for (size_t i = 0; i < s.widths.size(); ++i) {
    const Scope layer = scope / "upsample_layers" / int64_t(i);
    const int64_t out = s.widths[i], k = s.strides[i];
    const std::string norm_place = i == 0 ? "1" : "0", conv_place = i == 0 ? "0" : "1";
    up_weight.push_back(
        (layer / conv_place).parameter("weight", kernel_shape(in, out, k, s.dimensions), Init::xavier(in, out)));
    up_bias.push_back((layer / conv_place).parameter("bias", {out}, Init::zeros()));
    up_norm.emplace_back(layer / norm_place, i == 0 ? out : in, NormBias::learned, s.epsilon);
    in = out;
  }
  stages = make_stages(scope, s);
}

at::Tensor ConvNextDecoder::operator()(const at::Tensor& x_in) const {
  const bool one = settings.dimensions == 1;
  auto x = lay_flat(x_in);
  for (size_t i = 0; i < stages.size(); ++i) {
    if (i > 0) x = up_norm[i].channels_first(x);
    x = one && !x.is_cpu()
            ? spread(x, up_weight[i], up_bias[i])
            : at::conv_transpose2d(x, flat(up_weight[i]), up_bias[i], along(settings.strides[i], one, 1));
    if (i == 0) x = up_norm[i].channels_first(x);
    for (const auto& block : stages[i]) x = block(x);
  }
  return lay_back(x, settings.dimensions);
}

}  // namespace asterism::nn
