#include "eval/dense/patch_maps.h"

#include "base/error.h"
#include "base/signals.h"
#include "eval/dense/window_pictures.h"

namespace asterism::eval {
namespace {

constexpr int64_t kObjectsRead = 16;

void check_like(const models::PreparedGeometry& first, const models::PreparedGeometry& other,
                const std::string& where) {
  if (first.out_height != other.out_height || first.out_width != other.out_width ||
      first.pixel_scale_arcsec != other.pixel_scale_arcsec)
    base::data_error("{}: images of {} x {} pixels of {} arcsec after ones of {} x {} of {}: maps want one size", where,
                     other.out_height, other.out_width, other.pixel_scale_arcsec, first.out_height, first.out_width,
                     first.pixel_scale_arcsec);
}

// Rows of the batch that have an image, at most so many.
std::vector<int64_t> rows_of_images(const modalities::Block& block, int64_t most) {
  const auto& present = modalities::present(block);
  std::vector<int64_t> out;
  for (size_t i = 0; i < present.size() && int64_t(out.size()) < most; ++i)
    if (present[i] != 0) out.push_back(int64_t(i));
  return out;
}

PatchGrid joined(const std::vector<PatchGrid>& parts) {
  auto out = parts[0];
  std::vector<at::Tensor> features, tokens, attention;
  for (const auto& part : parts) {
    features.push_back(part.features_NhwD);
    tokens.push_back(part.is_token_Nhw);
    if (part.attention_NHrc.defined()) attention.push_back(part.attention_NHrc);
  }
  out.features_NhwD = at::cat(features);
  out.is_token_Nhw = at::cat(tokens);
  if (!attention.empty()) out.attention_NHrc = at::cat(attention);
  return out;
}

}  // namespace

PatchMaps patch_maps(const models::PatchEncoder& encoder, const data::HatsReader& reader, const std::string& modality,
                     int64_t most, const PatchGridRequest& request) {
  PatchMaps out;
  std::vector<PatchGrid> grids;
  std::vector<at::Tensor> pictures;
  const auto where = reader.path().string();
  reader.for_each({modality}, kObjectsRead, [&](modalities::Batch&& batch, int64_t) {
    const auto& block = batch.blocks.at(modality);
    if (!std::holds_alternative<modalities::ImageBlock>(block))
      base::user_error("'{}' of {} is a {}, and maps are made of images: name another with --modality", modality, where,
                       modalities::kind(block));
    const auto rows = rows_of_images(block, most - int64_t(out.objects.size()));
    if (!rows.empty()) {
      const auto some = modalities::select(batch, rows);
      const auto& images = std::get<modalities::ImageBlock>(some.blocks.at(modality));
      const auto geometry = encoder.geometry(images);
      if (grids.empty()) out.geometry = geometry, out.upwards = images.unit != "display";
      check_like(out.geometry, geometry, where);
      grids.push_back(patch_grid(encoder, images, request));
      pictures.push_back(window_pictures(images, geometry));
      out.objects.insert(out.objects.end(), some.objects.begin(), some.objects.end());
    }
    base::stop_if_requested(fmt::format("Stopped after {} images; nothing was kept.", out.objects.size()));
    return int64_t(out.objects.size()) < most;
  });
  if (out.objects.empty()) base::user_error("no object of {} has '{}'", where, modality);
  out.grid = joined(grids);
  out.pictures_NHW3 = at::cat(pictures);
  return out;
}

}  // namespace asterism::eval
