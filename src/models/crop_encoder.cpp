#include "models/crop_encoder.h"

#include <algorithm>

#include "base/error.h"
#include "models/vision_transformer.h"
#include "models/wrap.h"
#include "nn/device.h"
#include "nn/fourier.h"
#include "nn/row_spans.h"

namespace asterism::models {
namespace {

constexpr double kPlace = 0.1;  // size with which positions start, beside the patches

VisionBlockSettings block_settings(const CropEncoderSettings& s) {
  VisionBlockSettings b;
  b.width = s.width;
  b.heads = s.heads;
  // of a gated one two thirds, rounded up to eight, so that it has as many weights (DINOv2)
  const auto hidden = int64_t(s.mlp_ratio * double(s.width));
  b.hidden = s.gated_mlp ? (hidden * 2 / 3 + 7) / 8 * 8 : hidden;
  b.gated = s.gated_mlp;
  b.layer_scale_start = s.layer_scale;
  b.drop_path = s.drop_path;
  return b;
}

}  // namespace

CropEncoder::CropEncoder(const nn::Scope& scope, CropEncoderSettings settings) : settings_(std::move(settings)) {
  const auto& s = settings_;
  if (s.width % s.heads != 0 || s.width % 4 != 0)
    base::user_error("width {} is not a multiple of 4 and of its {} heads: choose one that is", s.width, s.heads);
  if (s.size < s.patch || s.size % s.patch != 0)
    base::user_error("size {} is not a multiple of patch {}: choose one that is", s.size, s.patch);
  const int64_t side = s.size / s.patch;
  cls_token_ = scope.parameter("cls_token", {1, 1, s.width}, nn::Init::normal(0.02));
  mask_token_ = scope.parameter("mask_token", {1, s.width}, nn::Init::normal(0.02));
  pos_embed_ = scope.parameter("pos_embed", {1, side * side + 1, s.width}, nn::Init::zeros());
  if (s.registers > 0)
    register_tokens_ = scope.parameter("register_tokens", {1, s.registers, s.width}, nn::Init::normal(0.02));
  {
    // learned from here on; from noise, as published, neighbours would first have to be learned
    const at::NoGradGuard no_grad;
    pos_embed_.narrow(1, 1, side * side).copy_((kPlace * nn::sincos_grid(side, side, s.width)).unsqueeze(0));
  }
  if (s.input == "picture")
    picture_ = std::make_shared<PictureEmbedding>(scope / "patch_embed", s.picture, s.patch, s.size, s.width);
  else
    bands_ = std::make_shared<ValueEmbeddingImage>(scope / "patch_embed", "images", s.patch, s.size, s.bands, s.width);
  for (int64_t i = 0; i < s.layers; ++i) blocks_.emplace_back(scope / "blocks" / i, block_settings(s));
  norm_ = nn::LayerNorm(scope / "norm", s.width);
  expect(s.units);
}

void CropEncoder::expect(const std::vector<std::string>& units) {
  if (bands_) bands_->expect(units);
}

CropEncoder::Crops CropEncoder::look(const modalities::Block& images, bool any_instrument) const {
  return {picture_ ? picture_->view(images, any_instrument) : bands_->view(images), {}};
}

CropEncoder::Crops CropEncoder::look(const modalities::ImageBlock& frame, const ImagePixels& pixels) const {
  return {picture_ ? picture_->view(frame, pixels, false) : bands_->view(frame, pixels), {}};
}

void CropEncoder::read_usable(std::vector<Crops>& sets) {
  std::vector<at::Tensor> all;
  all.reserve(sets.size());
  for (const auto& crops : sets) all.push_back(crops.view.tensors.at("usable").flatten().to(at::kByte));
  if (all.empty()) return;
  const auto here = at::cat(all).to(at::kCPU);
  const uint8_t* next = here.const_data_ptr<uint8_t>();
  for (auto& crops : sets) {
    const int64_t count = crops.view.tensors.at("usable").numel();
    crops.view.usable_NP.assign(next, next + count);
    next += count;
  }
}

at::Tensor CropEncoder::patches(const Crops& crops, const at::Tensor& object_R, const at::Tensor& position_R,
                                const at::Tensor& hidden_R) const {
  auto x = picture_ ? picture_->patches(crops.view, object_R, position_R)
                    : bands_->patches(crops.view, object_R, position_R);
  if (hidden_R.defined()) x = at::where(hidden_R.gt(0).unsqueeze(1), mask_token_.to(x.scalar_type()), x);
  return x + place(crops.view.grid.rows, crops.view.grid.columns, position_R).to(x.scalar_type());
}

at::Tensor CropEncoder::place(int64_t rows, int64_t columns, const at::Tensor& position_R) const {
  const auto all = stretched_positions(pos_embed_, settings_.size / settings_.patch, rows, columns, 0, false);
  return all.squeeze(0).index_select(0, position_R + 1);
}

at::Tensor CropEncoder::hidden_rows(int64_t rows, int64_t columns, const at::Tensor& position_R) const {
  return mask_token_ + place(rows, columns, position_R);
}

CropEncoder::Layout CropEncoder::lay_out(const std::vector<Crops>& sets, Encoded& out) const {
  Layout layout;
  int64_t next = out.before;
  for (const auto& crops : sets) {
    const int64_t P = crops.view.grid.positions(), n = crops.images();
    auto& rows = layout.rows.emplace_back();
    auto& where = out.patch_row.emplace_back(size_t(n * P), -1);
    for (int64_t i = 0; i < n; ++i) {
      const auto from = crops.view.usable_NP.begin() + i * P;
      if (std::find(from, from + P, uint8_t{1}) == from + P) {
        out.images.add(0);
        out.cls_row.push_back(-1);
        continue;
      }
      const auto before = int64_t(layout.order.size());
      out.cls_row.push_back(before);
      for (int64_t k = 0; k < out.before; ++k) layout.order.push_back(k);
      for (int64_t p = 0; p < P; ++p) {
        if (from[p] == 0) continue;
        where[size_t(i * P + p)] = int64_t(layout.order.size());
        layout.order.push_back(next + int64_t(rows.object.size()));
        rows.object.push_back(i), rows.position.push_back(p);
        if (!crops.hidden_NP.empty()) rows.hidden.push_back(crops.hidden_NP[size_t(i * P + p)]);
      }
      out.images.add(int64_t(layout.order.size()) - before);
    }
    next += int64_t(rows.object.size());
  }
  return layout;
}

at::Tensor CropEncoder::first_rows(const std::vector<Crops>& sets, Encoded& out) const {
  out.before = 1 + settings_.registers;
  const auto layout = lay_out(sets, out);
  if (layout.order.empty()) return {};
  std::vector<at::Tensor> indices{copied(layout.order)};
  for (const auto& rows : layout.rows)
    for (const auto* part : {&rows.object, &rows.position, &rows.hidden}) indices.push_back(copied(*part));
  const auto there = nn::onto(norm_.weight.device(), indices);
  // rows as they are made: CLS, registers, then the patches of all sets
  std::vector<at::Tensor> made{(cls_token_ + pos_embed_.narrow(1, 0, 1)).squeeze(0)};
  if (register_tokens_.defined()) made.push_back(register_tokens_.squeeze(0));
  for (size_t k = 0; k < sets.size(); ++k) {
    const auto &object = there[3 * k + 1], &position = there[3 * k + 2], &hidden = there[3 * k + 3];
    if (object.numel() > 0)
      made.push_back(patches(sets[k], object, position, hidden.numel() > 0 ? hidden : at::Tensor()));
  }
  for (auto& part : made) part = part.to(norm_.weight.scalar_type());
  return at::cat(made).index_select(0, there[0]);
}

CropEncoder::Encoded CropEncoder::operator()(const std::vector<Crops>& sets, const nn::DropKey& drop,
                                             int64_t layer) const {
  Encoded out;
  auto x = first_rows(sets, out);
  if (!x.defined()) {
    out.rows_RD = at::zeros({0, settings_.width}, norm_.weight.options().requires_grad(false));
    return out;
  }
  const size_t end = layer < 0 ? blocks_.size() : size_t(layer + 1);
  if (as_a_stream(blocks_, x, drop) && end == blocks_.size())
    x = advanced(blocks_, x, &out.images);
  else
    x = through_blocks(x, out.images, end, drop);
  out.rows_RD = layer < 0 ? norm_(x) : x;
  return out;
}

at::Tensor CropEncoder::cls_attention(const std::vector<Crops>& sets, int64_t layer) const {
  const int64_t block = layer < 0 ? int64_t(blocks_.size()) - 1 : layer;
  ASTERISM_CHECK(block >= 0 && block < int64_t(blocks_.size()), "block {} of {}", block, blocks_.size());
  Encoded out;
  auto x = first_rows(sets, out);
  if (!x.defined()) return at::zeros({0, settings_.heads}, norm_.weight.options().requires_grad(false));
  if (block > 0) x = through_blocks(x, out.images, size_t(block), {});
  std::vector<at::Tensor> each;
  for (int64_t i = 0; i < out.images.groups(); ++i) {
    const int64_t rows = out.images.length(i);
    if (rows == 0) continue;
    const auto image = x.narrow(0, out.images.starts[size_t(i)], rows).unsqueeze(0);
    each.push_back(blocks_[size_t(block)].attention(image, 0, 1).view({settings_.heads, rows}).t());
  }
  return at::cat(each);
}

PreparedGeometry CropEncoder::geometry(const modalities::ImageBlock& images) const {
  return picture_ ? picture_->geometry(images) : bands_->geometry(images);
}

at::Tensor CropEncoder::through_blocks(const at::Tensor& x_RD, const nn::Ranges& images, size_t end,
                                       const nn::DropKey& drop) const {
  std::vector<at::Tensor> weights;
  for (size_t i = 0; i < end; ++i)
    for (auto& weight : blocks_[i].weights()) weights.push_back(std::move(weight));
  return nn::through_spans(x_RD, images, weights, [&](const at::Tensor& rows, const nn::Ranges& span, int64_t first) {
    auto x = rows;
    for (size_t i = 0; i < end; ++i) x = blocks_[i].rows(x, span, (drop / i).from_group(first));
    return x;
  });
}

std::vector<int64_t> CropEncoder::Encoded::patch_rows_of(int64_t image) const {
  std::vector<int64_t> out;
  for (int64_t r = images.starts[size_t(image)] + before; r < images.starts[size_t(image + 1)]; ++r) out.push_back(r);
  return out;
}

int64_t CropEncoder::block_of(const std::string& name) const {
  const std::string blocks = "blocks.";
  if (name.starts_with(blocks)) return std::stoll(name.substr(blocks.size()));
  if (name.starts_with("norm.")) return settings_.layers;
  return name == "mask_token" ? -2 : -1;
}

}  // namespace asterism::models
