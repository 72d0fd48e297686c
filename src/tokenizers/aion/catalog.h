#pragma once
// AION-1's codec of a catalogue: the objects in an image, each as five codes (place X and Y, ellipticity E1 and E2,
// size R), one block of codes after the other. Here tokens are what the published transformer reads: 204 places for its
// special tokens first, 0 for what is missing. With `reference_behaviour` they are as the package makes them: without
// that offset, and `mask_value` where missing.
// Letters: B images, L objects at most in one.

#include <map>
#include <string>
#include <vector>

#include "config/settings.h"
#include "nn/parameters.h"
#include "tokenizers/aion/published_folder.h"

namespace asterism::tokenizers::aion {

struct CatalogSettings {
  int64_t mask_value = 9999;  // stands in the fields of an object that is not there
  bool reference_behaviour = false;
  void describe(config::Fields& fields);
};

// Codes before those of the fields in the published transformer's vocabulary: padding, unknown, start, end, and 200
// sentinels.
inline constexpr int64_t kCatalogOffset = 204;

class AionCatalog {
 public:
  explicit AionCatalog(const PublishedFolder& folder);

  static const std::vector<std::string>& fields();  // X, Y, SHAPE_E1, SHAPE_E2, SHAPE_R
  int64_t vocabulary() const;

  using Columns = std::map<std::string, at::Tensor>;  // by field: [B, L]; X and Y int64, the others fp32
  // int64 [B, 5 L]. UserError: a field is missing or of another shape, X or Y out of range. An object counts as missing
  // where any of its fields is (reference: where SHAPE_R is).
  at::Tensor ids(const Columns& columns) const;
  // Tokens of L objects (a remainder below five is left out). Missing objects hold mask_value in every field; a code
  // of another field's range gives -1.
  Columns values(const at::Tensor& ids_BT) const;

  nn::Parameters& parameters() { return parameters_; }
  void save(const std::filesystem::path& folder) const;
  const CatalogSettings& settings() const { return settings_; }

 private:
  CatalogSettings settings_;
  nn::Parameters parameters_;
  std::vector<int64_t> sizes_, offsets_;  // of the five code blocks
  std::map<std::string, at::Tensor> tables_;
};

}  // namespace asterism::tokenizers::aion
