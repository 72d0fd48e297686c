#pragma once
// Codecs as AION-1 publishes them: <folder>/config.json holds the arguments of a Python constructor and no "kind",
// model.safetensors the weights under the names of its modules. What kind it is follows from its content.
// What we save loads into the Python package, and back, bit by bit.

#include <ATen/ATen.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "config/settings.h"
#include "nn/parameters.h"

namespace asterism::tokenizers::aion {

struct PublishedFolder {
  std::string kind;                           // "aion_image" ...: an entry of tokenizers/all.cpp
  std::string config_json, source;            // as it stands in config.json; its path, for messages
  std::map<std::string, at::Tensor> weights;  // `quantizer.` of old files renamed to `_quantizer.`
  std::map<std::string, at::Tensor> extras;   // `ema.module.*`: kept to be saved again, used by nothing
  std::string weights_source;                 // path of model.safetensors
};

inline constexpr const char* kCatalogKind = "aion_catalog";
inline constexpr const char* kSegmentationMapKind = "aion_segmentation_map";

// Of "published_as", what config.json calls "modality": a recipe's `modality` is that of a dataset.
inline constexpr const char* kPublishedAsHelp =
    "the Python package's name of the quantity; empty: that of the modality (flux_g is FLUX_G)";

// True where config.json is there and has no "kind". UserError: no such folder or file.
bool is_published(const std::filesystem::path& folder);

// DataError: damaged files, or a content that is none of the published codecs.
PublishedFolder read_published(const std::filesystem::path& folder);

// Settings out of a published config. null is read as 0 (each field says what that means); keys that no field has are
// left out with a warning, as the package does. UserError: wrong type or out of range. `limits`: fields of which null
// is no limit; DataError where one of them is 0 itself, to which the package clips: nothing would be left.
void read_config(config::Fields& fields, const std::string& config_json, const std::string& source,
                 const std::vector<std::string>& limits = {});

// Copies the weights into a codec's parameters. DataError naming the tensor that is missing, unknown or of another
// shape.
void load_weights(nn::Parameters& parameters, const PublishedFolder& folder);

// Written aside and renamed as a whole. `nullable`: number fields of which 0 is written as null. `reference_behaviour`
// appears in config.json only where it is on, and a `unit` only where it is asked for: the package has neither.
enum class Unit { left_out, written };
void write_published(const std::filesystem::path& folder, const config::Fields& fields,
                     const std::vector<std::string>& nullable, const nn::Parameters& parameters,
                     const std::map<std::string, at::Tensor>& extras = {}, Unit unit = Unit::left_out);

// DataError where what the file says (levels, sizes) is not what the config says.
void check_same(const at::Tensor& in_file, const std::vector<int64_t>& in_config, const std::string& name,
                const std::string& source);

}  // namespace asterism::tokenizers::aion
