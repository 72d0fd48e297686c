#include "models/vision_transformer.h"

#include <fmt/ranges.h>

#include <cmath>

#include "base/error.h"

namespace asterism::models {

void VisionTransformerSettings::describe(config::Fields& f) {
  f.add("image_size", image_size, "side in pixels for which positions are learned").between(1, 65536);
  f.add("patch", patch, "side of a patch in pixels").between(1, 1024);
  f.add("channels", channels, "planes of an image").between(1, 1024);
  f.add("width", width, "numbers a token; a multiple of heads").between(1, 65536);
  f.add("depth", depth, "blocks").between(0, 1000);
  f.add("heads", heads, "attention heads").between(1, 1024);
  f.add("hidden", hidden, "hidden width of the MLP; of a gated one: of each half").between(1, 1 << 20);
  f.add("registers", registers, "tokens between CLS and patches that stand for nothing").between(0, 1024);
  f.add("gated_mlp", gated_mlp, "SwiGLU instead of GELU");
  f.add("qkv_bias", qkv_bias, "queries, keys and values have a bias");
  f.add("proj_bias", proj_bias, "the attention's output has a bias");
  f.add("mlp_bias", mlp_bias, "the MLP has biases");
  f.add("layer_scale", layer_scale, "each branch is scaled by learned numbers");
  f.add("mask_token", mask_token, "there is a token for masked patches");
  f.add("layer_scale_start", layer_scale_start, "with which those begin").between(0, 10);
  f.add("drop_path", drop_path, "probability that a branch is skipped for an image, in training").between(0, 0.95);
  f.add("epsilon", epsilon, "of the norms").between(1e-12, 1e-2);
  f.add("interpolate_offset", interpolate_offset, "added to the number of patches when positions are stretched")
      .between(0, 0.5);
  f.add("interpolate_antialias", interpolate_antialias, "smooth positions that are shrunk");
}

namespace {

VisionBlockSettings block_of(const VisionTransformerSettings& s) {
  VisionBlockSettings b;
  b.width = s.width;
  b.heads = s.heads;
  b.hidden = s.hidden;
  b.gated = s.gated_mlp;
  b.qkv_bias = s.qkv_bias;
  b.proj_bias = s.proj_bias;
  b.mlp_bias = s.mlp_bias;
  b.layer_scale = s.layer_scale;
  b.layer_scale_start = s.layer_scale_start;
  b.drop_path = s.drop_path;
  b.epsilon = s.epsilon;
  return b;
}

}  // namespace

VisionTransformer::VisionTransformer(const nn::Scope& scope, VisionTransformerSettings settings) : settings_(settings) {
  const auto& s = settings_;
  if (s.width % s.heads != 0)
    base::user_error("image width {} is not a multiple of its {} heads: choose one that is", s.width, s.heads);
  if (s.image_size % s.patch != 0)
    base::user_error("image_size {} is not a multiple of patch {}: choose one that is", s.image_size, s.patch);
  const int64_t side = s.image_size / s.patch, inputs = s.channels * s.patch * s.patch;
  cls_token_ = scope.parameter("cls_token", {1, 1, s.width}, nn::Init::normal(1e-6));
  pos_embed_ = scope.parameter("pos_embed", {1, side * side + 1, s.width}, nn::Init::truncated_normal(0.02));
  if (s.mask_token) mask_token_ = scope.parameter("mask_token", {1, s.width}, nn::Init::zeros());
  if (s.registers > 0)
    register_tokens_ = scope.parameter("register_tokens", {1, s.registers, s.width}, nn::Init::normal(1e-6));
  const auto proj = scope / "patch_embed" / "proj";
  patch_weight_ = proj.parameter("weight", {s.width, s.channels, s.patch, s.patch}, nn::Init::kaiming(inputs));
  patch_bias_ = proj.parameter("bias", {s.width}, nn::Init::kaiming(inputs));
  for (int64_t i = 0; i < s.depth; ++i) blocks_.emplace_back(scope / "blocks" / i, block_of(s));
  norm_ = nn::LayerNorm(scope / "norm", s.width, nn::NormBias::learned, s.epsilon);
}

at::Tensor stretched_positions(const at::Tensor& learned, int64_t side, int64_t rows, int64_t columns, double offset,
                               bool antialias) {
  if (rows == side && columns == side) return learned;
  // in fp32 (or more) whatever the rest runs in; [1, side * side, D] -> [1, D, side, side]
  const auto all = learned.scalar_type() == at::kDouble ? learned : learned.to(at::kFloat);
  const auto grid = all.narrow(1, 1, side * side).transpose(1, 2).reshape({1, -1, side, side});
  at::Tensor stretched;
  // With an offset the *scale* is given, and the kernel samples by it; without, the size is given and the scale
  // follows.
  c10::optional<double> by_row, by_column;
  if (offset > 0) {
    by_row = (double(rows) + offset) / double(side);
    by_column = (double(columns) + offset) / double(side);
  }
  if (antialias)
    stretched = at::_upsample_bicubic2d_aa(grid, {rows, columns}, false, by_row, by_column);
  else
    stretched = at::upsample_bicubic2d(grid, {rows, columns}, false, by_row, by_column);
  return at::cat({all.narrow(1, 0, 1), stretched.flatten(2).transpose(1, 2)}, 1);
}

VisionTransformer VisionTransformer::stretched(double offset, bool antialias) const {
  auto out = *this;
  out.settings_.interpolate_offset = offset;
  out.settings_.interpolate_antialias = antialias;
  return out;
}

at::Tensor VisionTransformer::positions(int64_t rows, int64_t columns) const {
  return stretched_positions(pos_embed_, settings_.image_size / settings_.patch, rows, columns,
                             settings_.interpolate_offset, settings_.interpolate_antialias);
}

// A convolution whose kernel is its stride is one product of matrices: [B, C, H, W] -> [B, P, C p p] -> [B, P, D].
at::Tensor VisionTransformer::embed_patches(const at::Tensor& images) const {
  const auto& s = settings_;
  if (images.dim() != 4 || images.size(1) != s.channels)
    base::user_error("images of shape {} for a model of [images, {} channels, height, width]",
                     fmt::format("{}", fmt::join(images.sizes(), " x ")), s.channels);
  const int64_t B = images.size(0), height = images.size(2), width = images.size(3), p = s.patch;
  if (height < p || width < p || height % p != 0 || width % p != 0)
    base::user_error("images of {} x {} pixels: both must be multiples of the patch, {}; crop or pad them", height,
                     width, p);
  const auto patches = images.reshape({B, s.channels, height / p, p, width / p, p})
                           .permute({0, 2, 4, 1, 3, 5})
                           .reshape({B, (height / p) * (width / p), s.channels * p * p});
  return at::linear(patches, patch_weight_.flatten(1), patch_bias_);
}

at::Tensor VisionTransformer::prepare(const at::Tensor& images, const at::Tensor& mask_BP) const {
  auto x = embed_patches(images);
  const int64_t B = x.size(0), rows = images.size(2) / settings_.patch, columns = images.size(3) / settings_.patch;
  if (mask_BP.defined()) {
    if (mask_BP.sizes() != at::IntArrayRef({B, x.size(1)}))
      base::user_error("a mask of shape {} for {} images of {} patches",
                       fmt::format("{}", fmt::join(mask_BP.sizes(), " x ")), B, x.size(1));
    if (!mask_token_.defined()) base::user_error("this model has no mask token: leave out the mask");
    x = at::where(mask_BP.unsqueeze(-1), mask_token_.to(x.scalar_type()).unsqueeze(0), x);
  }
  const auto all = positions(rows, columns).to(x.scalar_type());
  std::vector<at::Tensor> parts{(cls_token_.to(x.scalar_type()) + all.narrow(1, 0, 1)).expand({B, 1, -1})};
  if (register_tokens_.defined()) parts.push_back(register_tokens_.to(x.scalar_type()).expand({B, -1, -1}));
  parts.push_back(x + all.narrow(1, 1, x.size(1)));
  return at::cat(parts, 1);
}

VisionTransformer::Features VisionTransformer::operator()(const at::Tensor& images, const at::Tensor& mask,
                                                          const nn::DropKey& drop) const {
  auto x = prepare(images, mask);
  if (as_a_stream(blocks_, x, drop))
    x = advanced(blocks_, x, nullptr);
  else
    for (size_t i = 0; i < blocks_.size(); ++i) x = blocks_[i](x, drop / i);
  const auto normed = norm_(x);
  const int64_t before = 1 + settings_.registers;
  Features out;
  out.cls_BD = normed.select(1, 0);
  out.registers_BRD = normed.narrow(1, 1, settings_.registers);
  out.patches_BPD = normed.narrow(1, before, x.size(1) - before);
  out.prenorm_BTD = x;
  out.rows = images.size(2) / settings_.patch;
  out.columns = images.size(3) / settings_.patch;
  return out;
}

void VisionTransformer::check_layer(int64_t layer) const {
  if (layer < 0 || layer >= settings_.depth)
    base::user_error("no block {}: this model has 0 to {}", layer, settings_.depth - 1);
}

std::vector<at::Tensor> VisionTransformer::layers(const at::Tensor& images, const std::vector<int64_t>& which,
                                                  bool normed) const {
  for (const int64_t layer : which) check_layer(layer);
  std::vector<at::Tensor> out(which.size());
  auto x = prepare(images, {});
  for (size_t i = 0; i < blocks_.size(); ++i) {
    x = blocks_[i](x);
    for (size_t k = 0; k < which.size(); ++k)
      if (which[k] == int64_t(i)) out[k] = normed ? norm_(x) : x;
  }
  return out;
}

at::Tensor VisionTransformer::attention(const at::Tensor& images, int64_t layer, int64_t count) const {
  check_layer(layer);
  auto x = prepare(images, {});
  for (int64_t i = 0; i < layer; ++i) x = blocks_[size_t(i)](x);
  if (count < 0 || count > x.size(1)) base::user_error("attention of {} tokens: there are {}", count, x.size(1));
  return blocks_[size_t(layer)].attention(x, 0, count == 0 ? x.size(1) : count);
}

at::Tensor VisionTransformer::bag_of_patches(const at::Tensor& images, int64_t layer) const {
  if (layer >= 0) check_layer(layer);
  auto x = embed_patches(images);
  if (layer < 0 && as_a_stream(blocks_, x, {})) return norm_(advanced(blocks_, x, nullptr));
  const size_t end = layer < 0 ? blocks_.size() : size_t(layer + 1);
  for (size_t i = 0; i < end; ++i) x = blocks_[i](x);
  return norm_(x);
}

}  // namespace asterism::models
