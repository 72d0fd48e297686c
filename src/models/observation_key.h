#pragma once
// Whose observation: the object, and what was measured of it. An object that was observed again, or augmented, is
// another. What a frozen network or codec makes of an observation is kept under this key.

#include <cstdint>
#include <string>
#include <vector>

#include "modalities/block.h"

namespace asterism::models {

struct ObservationKey {
  uint64_t object = 0;  // ObjectKey::hash
  // CRC-32C of every measured number, values, errors, masks, grids, line spread, PSF, without padding; and of what they
  // stand for: unit, pixel scale, bands of an image.
  uint32_t content = 0;
  bool operator==(const ObservationKey&) const = default;

  struct Hash {
    size_t operator()(const ObservationKey& key) const {
      return size_t(key.object ^ (uint64_t(key.content) * 0x9e3779b97f4a7c15ULL));
    }
  };
};

// Of one modality. What lies around the row does not count.
ObservationKey observation_key(const modalities::Block& block, int64_t row, uint64_t object);

// Of an object in these modalities; those that the batch lacks and those that the object lacks are alike.
ObservationKey observation_key(const modalities::Batch& batch, const std::vector<std::string>& names, int64_t row);

}  // namespace asterism::models
