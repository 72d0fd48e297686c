#include "tokenizers/all.h"

#include "base/error.h"
#include "tokenizers/image_codec.h"
#include "tokenizers/scalar_bins.h"
#include "tokenizers/spectrum_codec.h"
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

std::unique_ptr<Tokenizer> make_image_codec(const std::string& json, const std::string& source, uint64_t seed) {
  return std::make_unique<ImageCodec>(read<ImageCodecSettings>(json, source), seed);
}

const Kind kAll[] = {
    {"scalar_bins", "a scalar as the number of its bin: equal mass, asinh or linear", "scalar", make_scalar_bins},
    {"spectrum_conv", "a spectrum on any grid through a 1-D ConvNeXt V2 and FSQ or LFQ", "spectrum",
     make_spectrum_codec},
    {"image_conv", "an image of any bands through residual convolutions and FSQ", "image", make_image_codec},
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

std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& folder) {
  const auto config = read_folder_config(folder);
  auto tokenizer = make(config.kind, config.settings_json, (folder / "config.json").string(), 0);
  const auto weights = folder / "model.safetensors";
  tokenizer->parameters().load(read_weights(weights), weights.string());
  return tokenizer;
}

}  // namespace asterism::tokenizers
