#pragma once
// Two datasets that observed the same objects become one, by position: what a model of both learns from.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/hats_write.h"

namespace asterism::data {

struct JoinOptions {
  double radius_arcsec = 1;
  bool all = false;                     // objects of a without a match too; b's modalities are absent there
  std::vector<std::string> modalities;  // of b; {}: those that a has not
};

struct Joined {
  WrittenDataset dataset;
  int64_t matched = 0;                // objects of a with what b observed
  std::vector<std::string> of_a;      // modalities that both have, and a's were taken of
  std::vector<std::string> left_out;  // columns without a modality, of posteriors say: they were not taken
};

// Writes to `out` the objects of a (their ids, positions and sides of the split) with what a and b observed of them. A
// pair are objects each of which is the nearest of the other, within the radius. b is held in memory or in its training
// cache (row_store.h); positions of both, 16 bytes a row, are in memory. UserError: no such dataset or modality, one
// that both have, or not one pair.
Joined join_datasets(const std::filesystem::path& a, const std::filesystem::path& b, const std::filesystem::path& out,
                     const JoinOptions& options = {}, const HatsOptions& hats = {});

}  // namespace asterism::data
