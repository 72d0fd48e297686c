#include "tokenizers/all.h"

#include <type_traits>

#include "base/error.h"
#include "nn/nothing_to_learn.h"
#include "nn/scope.h"
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

template <class Codec, class Settings>
class SettingsOf : public KindSettings {
 public:
  explicit SettingsOf(Settings settings) : settings_(std::move(settings)) {}
  void describe(config::Fields& fields) override { settings_.describe(fields); }
  std::unique_ptr<Tokenizer> make([[maybe_unused]] uint64_t seed) const override {
    if constexpr (std::is_constructible_v<Codec, Settings, uint64_t>)
      return std::make_unique<Codec>(settings_, seed);
    else
      return std::make_unique<Codec>(settings_);  // nothing of it is drawn
  }
  std::string* published_as() override {
    if constexpr (requires { settings_.modality; })
      return &settings_.modality;
    else
      return nullptr;
  }

 private:
  Settings settings_;
};

template <class Codec, class Settings>
std::unique_ptr<KindSettings> of() {
  return std::make_unique<SettingsOf<Codec, Settings>>(Settings{});
}

template <aion::ScalarForm form>
std::unique_ptr<KindSettings> of_form() {
  return std::make_unique<SettingsOf<aion::AionScalar, aion::ScalarSettings>>(aion::ScalarSettings{.form = form});
}

const Kind kAll[] = {
    {"scalar_bins", "a scalar as the number of its bin: equal mass, asinh, linear or as wide as its error", "scalar",
     of<ScalarBins, ScalarBinsSettings>},
    {"spectrum_conv", "a spectrum on any grid through a 1-D ConvNeXt V2 and FSQ or LFQ", "spectrum",
     of<SpectrumCodec, SpectrumCodecSettings>},
    {"spectrum_templates", "a spectrum as its redshift and coefficients of templates at rest, both found from it",
     "spectrum", of<SpectrumTemplates, SpectrumTemplatesSettings>, Beside::kRedshifts},
    {"image_conv", "an image of any bands through residual convolutions and FSQ", "image",
     of<ImageCodec, ImageCodecSettings>},
    {"image_templates", "an image as a pose and coefficients of templates of stars and of galaxies, all found from it",
     "image", of<ImageTemplates, ImageTemplatesSettings>},
    {"image_scenes",
     "an image of any bands, PSF and pixels as brightness, shape and spectrum of the source in its middle", "image",
     of<ImageScenes, ImageScenesSettings>},
    {"light_curve_points", "a light curve of any cadence and bands through attention over its points and FSQ",
     "light_curve", of<LightCurveCodec, LightCurveCodecSettings>},
    {"light_curve_process",
     "a light curve that rises and falls as a few points of what processes learned from all objects expect of it",
     "light_curve", of<LightCurveProcess, LightCurveProcessSettings>},
    {"cube_templates", "a spectral cube of any size and grid as its redshift and smooth maps of templates at rest",
     "cube", of<CubeTemplates, CubeTemplatesSettings>, Beside::kRedshifts},
    {"aion_image", "AION-1's image codec: nine named bands of two surveys, MAGVIT-v2 and FSQ", "image",
     of<aion::AionImage, aion::ImageSettings>},
    {"aion_spectrum", "AION-1's spectrum codec: a level, then LFQ codes of a linear grid", "spectrum",
     of<aion::AionSpectrum, aion::SpectrumSettings>},
    {"aion_scalar", "AION-1's scalar codec: equal-mass bins of a stored sample", "scalar",
     of_form<aion::ScalarForm::table>},
    {"aion_log_scalar", "AION-1's codec of positive scalars: the same in the logarithm, with a floor", "scalar",
     of_form<aion::ScalarForm::log_table>},
    {"aion_grid_scalar", "AION-1's redshift codec: a fixed grid", "scalar", of_form<aion::ScalarForm::grid>},
    {"aion_multi_scalar", "AION-1's codec of Gaia XP coefficients: a table for each number", "vector",
     of<aion::AionMultiScalar, aion::MultiScalarSettings>, Beside::kErrors},
    {aion::kCatalogKind, "AION-1's codec of the sources on a cutout: places and shapes, five codes each", "catalog",
     of<aion::AionCatalog, aion::CatalogSettings>},
    {aion::kSegmentationMapKind, "AION-1's codec of a map of shares: a convolutional autoencoder and FSQ", "map",
     of<aion::AionSegmentationMap, aion::SegmentationMapSettings>},
};

std::unique_ptr<Tokenizer> make(const std::string& kind, const std::string& json, const std::string& source,
                                uint64_t seed) {
  const auto settings = kind_of(kind).settings();
  auto fields = config::fields_of(*settings);
  config::read_json(fields, json, source);
  return settings->make(seed);
}

}  // namespace

std::span<const Kind> kinds() { return kAll; }

const Kind& kind_of(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& entry : kAll) {
    if (name == entry.name) return entry;
    names.push_back(entry.name);
  }
  base::user_error("no tokenizer of kind '{}'; the nearest is '{}' of {}.", name, base::nearest(name, names),
                   base::quoted_list(names));
}

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
  const auto weights = folder / "model.safetensors";
  const auto values = read_weights(weights);
  const nn::ValuesFollow follow(weights);
  auto tokenizer = make(config.kind, config.settings_json, (folder / "config.json").string(), 0);
  tokenizer->parameters().load(values, weights.string());
  return tokenizer;
}

}  // namespace asterism::tokenizers
