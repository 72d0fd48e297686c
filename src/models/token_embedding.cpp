#include "models/token_embedding.h"

#include <cmath>

#include "models/code_table.h"
#include "models/grid_positions.h"
#include "nn/device.h"
#include "tokenizers/aion/fsq_grid.h"
#include "tokenizers/aion/image.h"
#include "tokenizers/aion/spectrum.h"
#include "tokenizers/image_codec.h"
#include "tokenizers/spectrum_codec.h"

namespace asterism::models {

TokenEmbedding::TokenEmbedding(const nn::Scope& scope, std::shared_ptr<const tokenizers::Tokenizer> codec, Grid grid,
                               int64_t width)
    : codec_(std::move(codec)),
      grid_(grid),
      places_(token_places(*codec_, grid)),
      codes_(code_table(scope / "codes", *codec_, grid, width)),
      positions_PD_(scope.constant(grid_positions(grid, width).to(scope.dtype()))),
      modality_D_(scope.parameter("modality", {width}, nn::Init::normal(0.5))) {}

InputEmbedding::View TokenEmbedding::view(const modalities::Block& block) const {
  at::NoGradGuard no_grad;
  const auto tokens = codec_->encode(block);
  View out;
  out.grid = grid_;
  out.places = places_;
  out.tensors["ids"] = tokens.ids;
  const auto usable =
      tokens.present.unsqueeze(1).expand({tokens.ids.size(0), grid_.positions()}).to(at::kByte).contiguous();
  out.usable_NP.assign(usable.const_data_ptr<uint8_t>(), usable.const_data_ptr<uint8_t>() + usable.numel());
  return out;
}

at::Tensor TokenEmbedding::embed(const View& view, const at::Tensor& object_R, const at::Tensor& position_R) const {
  const auto there = nn::onto(modality_D_.device(), {view.tensors.at("ids").index({object_R, position_R}), position_R});
  const auto x = codes_(there[0]) + modality_D_;
  return grid_.positions() > 1 ? x + positions_PD_.index_select(0, there[1]) : x;
}

namespace {

// Those before the ones that have a place, each with codes of its own: a spectrum's level, an image's brightness.
int64_t special_tokens(const tokenizers::Tokenizer& codec) {
  if (const auto* image = dynamic_cast<const tokenizers::ImageCodec*>(&codec)) return image->settings().norm_bins > 0;
  return codec.kind() == "spectrum_conv" || codec.kind() == "aion_spectrum";
}

}  // namespace

Grid token_grid(const tokenizers::Tokenizer& codec, const std::string& modality_kind) {
  const int64_t special = special_tokens(codec), n = codec.num_tokens() - special;
  if (codec.of_whole()) return {special, 1, n, true};
  if (modality_kind == "image") {
    const auto side = int64_t(std::lround(std::sqrt(double(n))));
    if (side * side == n) return {special, side, side};
  }
  return {special, 1, n};
}

Places token_places(const tokenizers::Tokenizer& codec, const Grid& grid) {
  Places out;
  if (const auto* image = dynamic_cast<const tokenizers::ImageCodec*>(&codec)) {
    const int64_t size = image->settings().size, side = image->grid();
    if (grid.rows == side && grid.columns == side)
      out.rows = out.columns = pixel_stretches(-(size / 2), side, size / side);
  } else if (const auto* spectrum = dynamic_cast<const tokenizers::SpectrumCodec*>(&codec)) {
    const auto& edges = spectrum->latent_edges();
    const auto step = spectrum->settings().pixels / spectrum->code_tokens();
    for (int64_t i = 0; i < grid.columns; ++i)
      out.columns.push_back({edges[size_t(i * step)], edges[size_t((i + 1) * step)]});
  } else if (const auto* pixels = dynamic_cast<const tokenizers::aion::AionImage*>(&codec)) {
    constexpr int64_t kSize = tokenizers::aion::kPublishedSize;
    out.rows = out.columns = pixel_stretches(-(kSize / 2), pixels->grid(), kSize / pixels->grid());
  } else if (const auto* linear = dynamic_cast<const tokenizers::aion::AionSpectrum*>(&codec)) {
    const auto& s = linear->settings();
    const double step = s.resolution * double(s.num_pixels) / double(grid.columns),
                 first = s.lambda_min - s.resolution / 2;
    for (int64_t i = 0; i < grid.columns; ++i)
      out.columns.push_back({first + double(i) * step, first + double(i + 1) * step});
  }
  return out;
}

}  // namespace asterism::models
