#include "sky/structure_rows.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "modalities/all.h"
#include "modalities/map.h"
#include "modalities/scalar.h"
#include "sky/structure_image.h"

namespace asterism::sky {
namespace {

const char* const kTruth[] = {"morphology_class",    "arm_count",   "einstein_radius", "neighbour_distance",
                              "neighbour_magnitude", "vote_smooth", "vote_spiral",     "vote_bar",
                              "vote_edge_on",        "vote_merger"};

// "image_legacy" -> "legacy"
std::string survey_of(const ImagingSurvey& survey) { return std::string(survey.image.substr(6)); }

void set_layer(modalities::MapBlock& block, int64_t row, size_t layer, std::span<const float> values) {
  const size_t pixels = size_t(block.height * block.width), at = (size_t(row) * block.layers.size() + layer) * pixels;
  ASTERISM_CHECK(values.size() == pixels && layer < block.layers.size(), "{} values, layer {}", values.size(), layer);
  std::copy(values.begin(), values.end(), block.value.begin() + int64_t(at));
  std::fill_n(block.mask.begin() + int64_t(at), pixels, uint8_t(0));
  std::fill_n(block.ivar.begin() + int64_t(at), pixels, 1.0f);  // as block.h asks of maps without a variance
}

}  // namespace

StructureRows::StructureRows(const SkySettings& settings, const std::vector<const ImagingSurvey*>& imaging, int64_t n,
                             bool full, modalities::Batch& batch)
    : imaging_(imaging) {
  for (const char* name : kTruth) {
    const modalities::Known* known = modalities::find(name);
    ASTERISM_CHECK(known, "{}", name);
    auto& block = batch.blocks[name] = modalities::make_scalars(n, std::string(known->unit), false);
    truth_.push_back(&std::get<modalities::ScalarBlock>(block));
  }
  if (!full) return;
  for (const ImagingSurvey* survey : imaging) {
    Maps maps;
    const auto add = [&](const std::string& name, std::vector<modalities::MapLayer> layers, bool integer) {
      auto& block = batch.blocks[name + survey_of(*survey)] = modalities::make_maps(
          n, std::move(layers), survey->size, survey->size, survey->pixel_scale_arcsec, integer, false);
      return &std::get<modalities::MapBlock>(block);
    };
    if (settings.spiral_share > 0 || settings.bar_share > 0)
      maps.structure = add("maps_structure_", {{"arms", ""}, {"bar", ""}}, true);
    if (settings.neighbour_share > 0 || settings.lens_share > 0) {
      std::vector<modalities::MapLayer> layers;
      for (const char* source : {"object ", "other "})
        for (const ImagingBand& band : imaged_bands(*survey))
          layers.push_back({source + std::string(band.name), "nanomaggy"});
      maps.sources = add("maps_sources_", std::move(layers), false);
    }
    maps_.push_back(maps);
  }
}

void StructureRows::fill_truth(const ObjectTruth& truth, const Structure& s, int64_t row) const {
  const size_t r = size_t(row);
  const auto set = [&](size_t column, double value) {
    truth_[column]->present[r] = 1;
    truth_[column]->value[r] = value;
  };
  set(0, double(morphology_of(truth, s)));
  if (s.has_neighbour) {
    set(3, std::hypot(s.neighbour_x_arcsec, s.neighbour_y_arcsec));
    set(4, s.other.r_magnitude);
  }
  if (truth.kind != ObjectClass::galaxy) return;
  set(1, s.arms.count);
  set(2, s.lens.einstein_radius_arcsec);
  const Votes votes = draw_votes(truth, s);
  const double shares[] = {votes.smooth, votes.spiral, votes.bar, votes.edge_on, votes.merger};
  for (size_t k = 0; k < std::size(shares); ++k) set(5 + k, shares[k]);
}

void StructureRows::fill(const ObjectTruth& truth, const ObjectLight& light, const Structure& structure,
                         const SkySettings& settings, const std::vector<modalities::ImageBlock*>& images,
                         int64_t row) const {
  fill_truth(truth, structure, row);
  for (size_t k = 0; k < maps_.size(); ++k) {
    const ImagingSurvey& survey = *imaging_[k];
    StructuredImage image = structured_image(truth, light, structure, survey);
    const size_t pixels = size_t(survey.size) * size_t(survey.size), bands = image.own.size() / pixels;
    if (maps_[k].structure && truth.kind == ObjectClass::galaxy) {
      const size_t at = std::min<size_t>(1, bands - 1) * pixels;
      const std::vector<float>* parts[] = {&image.arms, &image.bar};
      for (size_t layer = 0; layer < 2; ++layer)
        set_layer(*maps_[k].structure, row, layer, segment(parts[layer]->data() + at, image.own.data() + at, pixels));
      maps_[k].structure->present[size_t(row)] = 1;
    }
    if (maps_[k].sources && structure.has_other()) {
      for (size_t b = 0; b < bands; ++b) {
        set_layer(*maps_[k].sources, row, b, std::span(image.own).subspan(b * pixels, pixels));
        set_layer(*maps_[k].sources, row, bands + b, std::span(image.other).subspan(b * pixels, pixels));
      }
      maps_[k].sources->present[size_t(row)] = 1;
    }
    for (size_t i = 0; i < image.own.size(); ++i) image.own[i] += image.other[i];
    observe_clean_image(truth, survey, settings.defects, std::move(image.own), *images[k], row);
  }
}

}  // namespace asterism::sky
