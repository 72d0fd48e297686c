#pragma once
// AION-1's codec of a catalogue: the objects in an image, each as five codes (place X and Y, ellipticity E1 and E2,
// size R), one block of codes after the other. Here tokens are what the published transformer reads: 204 places for its
// special tokens first, 0 for what is missing. With `reference_behaviour` they are as the package makes them: without
// that offset, and `mask_value` where missing.
//
// Of a dataset's catalogues (blocks of kind catalog with the columns X, Y, SHAPE_E1, SHAPE_E2 and SHAPE_R) the ten
// sources nearest to the middle that have all five are read, from the middle outwards: as many as the published model
// has places for. X and Y are pixels of its 96 x 96 cutout; sources outside of it are left out. Several may get the
// same tokens. Letters: B images, L objects at most in one.

#include <map>
#include <string>
#include <vector>

#include "config/settings.h"
#include "nn/parameters.h"
#include "tokenizers/aion/published_folder.h"
#include "tokenizers/tokenizer.h"

namespace asterism::tokenizers::aion {

struct CatalogSettings {
  int64_t mask_value = 9999;  // stands in the fields of an object that is not there
  bool reference_behaviour = false;
  int64_t places = 96, codebook_size = 1024, reservoir_size = 100000;  // of a new codec; weights imply them
  void describe(config::Fields& fields);                               // of a new codec
  void describe_published(config::Fields& fields);                     // what a published config.json holds
};

// Codes before those of the fields in the published transformer's vocabulary: padding, unknown, start, end, and 200
// sentinels.
inline constexpr int64_t kCatalogOffset = 204;

inline constexpr int64_t kCatalogObjects = 10;

class AionCatalog : public Tokenizer {
 public:
  explicit AionCatalog(CatalogSettings settings);
  explicit AionCatalog(const PublishedFolder& folder);

  static const std::vector<std::string>& fields();  // X, Y, SHAPE_E1, SHAPE_E2, SHAPE_R
  std::string kind() const override { return kCatalogKind; }
  int64_t vocabulary() const override;
  int64_t num_tokens() const override { return kCatalogObjects * int64_t(fields().size()); }
  // Rows without a source that can be read are not present.
  Tokens encode(const modalities::Block& block) const override;
  modalities::Block decode(const Tokens& tokens, const DecodeRequest& request = {}) const override;
  // Mean square of (value - decoded) of the shapes. No gradient.
  nn::Outcome loss(const modalities::Block& block) override;
  void fit(const modalities::Block& block) override { fit_all({{&block}, {}}); }
  void fit_all(const Lesson& lesson) override;  // the tables of the shapes

  using Columns = std::map<std::string, at::Tensor>;  // by field: [B, L]; X and Y int64, the others fp32
  // int64 [B, 5 L]. UserError: a field is missing or of another shape, X or Y out of range. An object counts as missing
  // where any of its fields is (reference: where SHAPE_R is).
  at::Tensor ids(const Columns& columns) const;
  // Tokens of L objects (a remainder below five is left out). Missing objects hold mask_value in every field; a code
  // of another field's range gives -1.
  Columns values(const at::Tensor& ids_BT) const;

  nn::Parameters& parameters() override { return parameters_; }
  void save(const std::filesystem::path& folder) const override;
  const CatalogSettings& settings() const { return settings_; }

 private:
  void count_codes(const std::string& source);
  Columns columns_of(const modalities::CatalogBlock& block) const;  // [n, kCatalogObjects]

  CatalogSettings settings_;
  nn::Parameters parameters_;
  std::vector<int64_t> sizes_, offsets_;      // of the five code blocks
  std::map<std::string, at::Tensor> places_;  // X, Y: the number of codes
  std::map<std::string, at::Tensor> tables_, reservoirs_;
};

}  // namespace asterism::tokenizers::aion
