#include "tokenizers/all.h"

#include "base/error.h"
#include "nn/nothing_to_learn.h"
#include "tokenizers/aion/catalog.h"
#include "tokenizers/aion/image.h"
#include "tokenizers/aion/multi_scalar.h"
#include "tokenizers/aion/published_codec.h"
#include "tokenizers/aion/scalar.h"
#include "tokenizers/aion/segmentation_map.h"
#include "tokenizers/aion/spectrum.h"
#include "tokenizers/cube_templates.h"
#include "tokenizers/image_codec.h"
#include "tokenizers/image_scenes.h"
#include "tokenizers/image_templates.h"
#include "tokenizers/light_curve_codec.h"
#include "tokenizers/light_curve_process.h"
#include "tokenizers/scalar_bins.h"
#include "tokenizers/spectrum_codec.h"
#include "tokenizers/spectrum_templates.h"
#include "tokenizers/tokenizer_folder.h"
#include "tokenizers/weights_file.h"

namespace asterism::tokenizers {

namespace {

template <class Settings>
Settings read(const std::string& json, const std::string& source) {
  Settings settings;
  auto fields = config::fields_of(settings);
  config::read_json(fields, json, source);
  return settings;
}

std::unique_ptr<Tokenizer> make_scalar_bins(const std::string& json, const std::string& source, uint64_t) {
  return std::make_unique<ScalarBins>(read<ScalarBinsSettings>(json, source));
}

std::unique_ptr<Tokenizer> make_spectrum_codec(const std::string& json, const std::string& source, uint64_t seed) {
  return std::make_unique<SpectrumCodec>(read<SpectrumCodecSettings>(json, source), seed);
}

std::unique_ptr<Tokenizer> make_spectrum_templates(const std::string& json, const std::string& source, uint64_t seed) {
  return std::make_unique<SpectrumTemplates>(read<SpectrumTemplatesSettings>(json, source), seed);
}

std::unique_ptr<Tokenizer> make_image_codec(const std::string& json, const std::string& source, uint64_t seed) {
  return std::make_unique<ImageCodec>(read<ImageCodecSettings>(json, source), seed);
}

std::unique_ptr<Tokenizer> make_image_templates(const std::string& json, const std::string& source, uint64_t seed) {
  return std::make_unique<ImageTemplates>(read<ImageTemplatesSettings>(json, source), seed);
}

std::unique_ptr<Tokenizer> make_image_scenes(const std::string& json, const std::string& source, uint64_t seed) {
  return std::make_unique<ImageScenes>(read<ImageScenesSettings>(json, source), seed);
}

std::unique_ptr<Tokenizer> make_light_curve_codec(const std::string& json, const std::string& source, uint64_t seed) {
  return std::make_unique<LightCurveCodec>(read<LightCurveCodecSettings>(json, source), seed);
}

std::unique_ptr<Tokenizer> make_light_curve_process(const std::string& json, const std::string& source, uint64_t seed) {
  return std::make_unique<LightCurveProcess>(read<LightCurveProcessSettings>(json, source), seed);
}

std::unique_ptr<Tokenizer> make_cube_templates(const std::string& json, const std::string& source, uint64_t seed) {
  return std::make_unique<CubeTemplates>(read<CubeTemplatesSettings>(json, source), seed);
}

template <class Codec, class Settings>
std::unique_ptr<Tokenizer> make_aion(const std::string& json, const std::string& source, uint64_t seed) {
  return std::make_unique<Codec>(read<Settings>(json, source), seed);
}

std::unique_ptr<Tokenizer> make_aion_multi_scalar(const std::string& json, const std::string& source, uint64_t) {
  return std::make_unique<aion::AionMultiScalar>(read<aion::MultiScalarSettings>(json, source));
}

std::unique_ptr<Tokenizer> make_aion_catalog(const std::string& json, const std::string& source, uint64_t) {
  return std::make_unique<aion::AionCatalog>(read<aion::CatalogSettings>(json, source));
}

template <aion::ScalarForm form>
std::unique_ptr<Tokenizer> make_aion_scalar(const std::string& json, const std::string& source, uint64_t) {
  aion::ScalarSettings settings;
  settings.form = form;
  auto fields = config::fields_of(settings);
  config::read_json(fields, json, source);
  return std::make_unique<aion::AionScalar>(settings);
}

const Kind kAll[] = {
    {"scalar_bins", "a scalar as the number of its bin: equal mass, asinh, linear or as wide as its error", "scalar",
     make_scalar_bins},
    {"spectrum_conv", "a spectrum on any grid through a 1-D ConvNeXt V2 and FSQ or LFQ", "spectrum",
     make_spectrum_codec},
    {"spectrum_templates", "a spectrum as its redshift and coefficients of templates at rest, both found from it",
     "spectrum", make_spectrum_templates},
    {"image_conv", "an image of any bands through residual convolutions and FSQ", "image", make_image_codec},
    {"image_templates", "an image as a pose and coefficients of templates of stars and of galaxies, all found from it",
     "image", make_image_templates},
    {"image_scenes",
     "an image of any bands, PSF and pixels as brightness, shape and spectrum of the source in its middle", "image",
     make_image_scenes},
    {"light_curve_points", "a light curve of any cadence and bands through attention over its points and FSQ",
     "light_curve", make_light_curve_codec},
    {"light_curve_process",
     "a light curve that rises and falls as a few points of what processes learned from all objects expect of it",
     "light_curve", make_light_curve_process},
    {"cube_templates", "a spectral cube of any size and grid as its redshift and smooth maps of templates at rest",
     "cube", make_cube_templates},
    {"aion_image", "AION-1's image codec: nine named bands of two surveys, MAGVIT-v2 and FSQ", "image",
     make_aion<aion::AionImage, aion::ImageSettings>},
    {"aion_spectrum", "AION-1's spectrum codec: a level, then LFQ codes of a linear grid", "spectrum",
     make_aion<aion::AionSpectrum, aion::SpectrumSettings>},
    {"aion_scalar", "AION-1's scalar codec: equal-mass bins of a stored sample", "scalar",
     make_aion_scalar<aion::ScalarForm::table>},
    {"aion_log_scalar", "AION-1's codec of positive scalars: the same in the logarithm, with a floor", "scalar",
     make_aion_scalar<aion::ScalarForm::log_table>},
    {"aion_grid_scalar", "AION-1's redshift codec: a fixed grid", "scalar", make_aion_scalar<aion::ScalarForm::grid>},
    {"aion_multi_scalar", "AION-1's codec of Gaia XP coefficients: a table for each number", "vector",
     make_aion_multi_scalar},
    {aion::kCatalogKind, "AION-1's codec of the sources on a cutout: places and shapes, five codes each", "catalog",
     make_aion_catalog},
    {aion::kSegmentationMapKind, "AION-1's codec of a map of shares: a convolutional autoencoder and FSQ", "map",
     make_aion<aion::AionSegmentationMap, aion::SegmentationMapSettings>},
};

std::unique_ptr<Tokenizer> make(const std::string& kind, const std::string& json, const std::string& source,
                                uint64_t seed) {
  std::vector<std::string> names;
  for (const auto& entry : kAll) {
    if (kind == entry.name) return entry.make(json, source, seed);
    names.push_back(entry.name);
  }
  base::user_error("no tokenizer of kind '{}'; the nearest is '{}' of {}.", kind, base::nearest(kind, names),
                   base::quoted_list(names));
}

}  // namespace

std::span<const Kind> kinds() { return kAll; }

std::unique_ptr<Tokenizer> make_tokenizer(const std::string& kind, const std::string& settings_json, uint64_t seed) {
  return make(kind, settings_json, "settings of " + kind, seed);
}

nn::Outcome Tokenizer::learn(const Lesson& lesson) {
  ASTERISM_CHECK(!lesson.blocks.empty(), "nothing to learn from");
  nn::Outcome sum;
  sum.weight = 0;
  std::string why_nothing = kind() + ": no object has anything to learn from.";
  for (const auto* block : lesson.blocks) {
    nn::Outcome one;
    try {
      one = loss(*block);
    } catch (const nn::NothingToLearn& error) {
      why_nothing = error.what();  // another block may have
      continue;
    }
    if (one.weight <= 0) continue;
    sum.loss = sum.loss.defined() ? sum.loss + one.loss * one.weight : one.loss * one.weight;
    for (const auto& [name, value] : one.figures) {
      auto& total = sum.figures[name];
      total = total.defined() ? total + value * one.weight : value * one.weight;
    }
    sum.weight += one.weight;
  }
  if (sum.weight <= 0) nn::nothing_to_learn("{}", why_nothing);
  sum.loss = sum.loss / sum.weight;
  for (auto& entry : sum.figures) entry.second = entry.second / sum.weight;
  return sum;
}

void Tokenizer::fit_all(const Lesson& lesson) {
  for (const auto* block : lesson.blocks) fit(*block);
}

std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& folder) {
  if (aion::is_published(folder)) return aion::make_published(aion::read_published(folder));
  const auto config = read_folder_config(folder);
  auto tokenizer = make(config.kind, config.settings_json, (folder / "config.json").string(), 0);
  const auto weights = folder / "model.safetensors";
  tokenizer->parameters().load(read_weights(weights), weights.string());
  return tokenizer;
}

}  // namespace asterism::tokenizers
