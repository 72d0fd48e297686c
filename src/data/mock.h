#pragma once
// The mock sky as a dataset.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/hats_write.h"

namespace asterism::data {

struct MockOptions {
  std::vector<std::string> surveys;  // of sky::surveys()
  int64_t objects = 0;
  int64_t first = 0;  // index of the first object in the sky
  uint64_t seed = 0;
  bool scalars_only = false;            // fluxes and truth without images and spectra
  bool simulator = false;               // galaxies alone, with sky::add_pairs: parameters and observation as vectors
  std::vector<std::string> population;  // changes of sky::SkySettings, "star_weight=1": noted in the provenance
};

// Objects first .. first + objects - 1 of the sky `seed` as seen by the surveys: one row an object, truth columns
// included. Bounded memory whatever their number. Progress on stderr. UserError for surveys and settings that do not
// exist.
WrittenDataset write_mock(const MockOptions& options, const std::filesystem::path& out, const HatsOptions& hats = {});

}  // namespace asterism::data
