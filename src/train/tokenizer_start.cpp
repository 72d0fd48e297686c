#include "train/tokenizer_start.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "io/json.h"
#include "tokenizers/weights_file.h"

namespace asterism::train {
namespace {

namespace fs = std::filesystem;

constexpr double kSameScale = 0.05;            // ratios of pixel scales this close to 1 are, as to image_templates
constexpr const char* kNoise = "bands.noise";  // fitted, and in the settings too
// What a pixel of a weight stands for.
constexpr const char* kKeys[] = {
    "unit",       "wavelength_low", "wavelength_high", "pixels",         "spacing",
    "finer",      "redshift_low",   "redshift_high",   "frames",         "band_embedding",
    "lambda_min", "resolution",     "num_pixels",      "knots_angstrom", "normalization_range",
};

// {"kind", "settings"}; of a published layout its own keys, and no kind.
struct Config {
  std::string kind;
  nlohmann::json settings;
};

Config config_in(const fs::path& folder) {
  const auto file = folder / "config.json";
  if (!fs::exists(file)) base::user_error("train.init: no tokenizer in '{}': it holds no config.json", folder.string());
  const auto json = io::read_json(file);
  if (!json.is_object()) base::data_error("{}: no table of settings", file.string());
  if (!json.contains("kind")) return {"published", json};
  Config out{json["kind"].is_string() ? json["kind"].get<std::string>() : "",
             json.value("settings", nlohmann::json::object())};
  if (out.settings.value("band_embedding", "") == "table") out.settings["band_embedding"] = "name";  // its older word
  return out;
}

// As a fitted tokenizer saves itself: with what it learned of its bands.
Config config_of(const tokenizers::Tokenizer& tokenizer) {
  const base::TemporaryFolder aside;
  tokenizer.save(aside / "tokenizer");
  return config_in(aside / "tokenizer");
}

// Where templates hold bands by their place.
bool bands_by_place(const Config& config) {
  return config.kind == "image_templates" ||
         (config.kind == "image_scenes" && config.settings.value("band_embedding", "") == "name");
}

void check_alike(const Config& mine, const Config& theirs, const fs::path& folder) {
  if (mine.kind != theirs.kind)
    base::user_error("train.init: '{}' is of kind '{}', this tokenizer is of kind '{}'", folder.string(), theirs.kind,
                     mine.kind);
  std::vector<std::string> keys(std::begin(kKeys), std::end(kKeys));
  if (bands_by_place(mine)) keys.emplace_back("bands");
  const auto refuse = [&](const std::string& key) {
    base::user_error(
        "train.init: {} = {} in '{}' and {} here: its weights stand for something else; set tokenizer.{} as there, or "
        "leave train.init out",
        key, theirs.settings[key].dump(), folder.string(), mine.settings[key].dump(), key);
  };
  for (const auto& key : keys)
    if (mine.settings.contains(key) && theirs.settings.contains(key) && mine.settings[key] != theirs.settings[key])
      refuse(key);
  const double scale = mine.settings.value("pixel_scale_arcsec", 0.0),
               other = theirs.settings.value("pixel_scale_arcsec", 0.0);
  if (scale > 0 && other > 0 && std::abs(other / scale - 1) > kSameScale) refuse("pixel_scale_arcsec");
}

// Which row of their tables of bands is each of mine; -1: they have none.
models::StackedRows rows_of_bands(const Config& mine, const Config& theirs) {
  if (mine.kind != "image_conv" || !mine.settings.contains("bands") || !theirs.settings.contains("bands")) return {};
  const auto here = mine.settings["bands"].get<std::vector<std::string>>(),
             there = theirs.settings["bands"].get<std::vector<std::string>>();
  std::vector<int64_t> rows;
  for (const auto& band : here) {
    const auto found = std::find(there.begin(), there.end(), band);
    rows.push_back(found == there.end() ? -1 : found - there.begin());
  }
  models::StackedRows out;
  for (const char* table : {"in", "out", "field", "named_in", "named_out"}) out[std::string("bands.") + table] = rows;
  return out;
}

}  // namespace

models::WarmStart start_tokenizer_from(tokenizers::Tokenizer& mine, const fs::path& folder) {
  const auto file = folder / "model.safetensors";
  if (!fs::exists(file)) base::user_error("{} is no model folder: it has no model.safetensors", folder.string());
  const auto here = config_of(mine), there = config_in(folder);
  check_alike(here, there, folder);
  auto weights = tokenizers::read_weights(file);
  weights.erase(kNoise);
  return models::start_from(mine.parameters(), weights, rows_of_bands(here, there), file.string());
}

}  // namespace asterism::train
