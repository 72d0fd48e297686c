#pragma once
// What a frozen encoder made of each object, kept in a file, so that heads over it train without running it again.
// docs/formats/feature_cache.md says what is on disk. Letters: T tokens of one object, C numbers a token.

#include <ATen/ATen.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/folder_lock.h"
#include "models/observation_key.h"

namespace asterism::models {

class FeatureCache {
 public:
  // Opens or begins folder/<first 16 digits of the fingerprint>/features.bin. `fingerprint`: 64 hex digits that name
  // the encoder's weights and settings: features of other weights are in another file. width: C. A last record that was
  // not written whole is cut off. UserError: another process has it open, or it cannot be made; DataError: not such a
  // file, or of another width.
  FeatureCache(const std::filesystem::path& folder, const std::string& fingerprint, int64_t width);
  ~FeatureCache();
  FeatureCache(const FeatureCache&) = delete;
  FeatureCache& operator=(const FeatureCache&) = delete;

  // float32 [T, C], with the bits that were put; nothing where it is not there. A record whose checksum is wrong is
  // warned of and counts as not there.
  std::optional<at::Tensor> get(const ObservationKey& key);
  // Nothing happens where the key is there already. A full disk is a warning, once; nothing is kept from then on.
  void put(const ObservationKey& key, const at::Tensor& features_TC);

  int64_t size() const { return int64_t(places_.size()); }
  int64_t hits() const { return hits_; }
  int64_t misses() const { return misses_; }
  const std::filesystem::path& file() const { return file_; }

 private:
  struct Place {
    int64_t offset = 0, tokens = 0;  // of the numbers
    uint32_t checksum = 0;
  };
  void read_places(const std::string& fingerprint);

  std::filesystem::path file_;
  int64_t width_, end_ = 0, hits_ = 0, misses_ = 0;
  std::unique_ptr<base::FolderLock> lock_;
  int descriptor_ = -1;
  bool full_ = false;
  std::unordered_map<ObservationKey, Place, ObservationKey::Hash> places_;
};

}  // namespace asterism::models
