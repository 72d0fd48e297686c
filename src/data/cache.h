#pragma once
// The training cache: a dataset as uncompressed Arrow files that are mapped into memory, one a modality, from which any
// rows are gathered at the speed of memory. Made once by make_cache() (`asterism data cache`), used by the loader.
//
// Folder: cache.json (format, hash of the dataset, modalities), rows.arrow (object_id, survey, ra, dec, split, and the
// place of each row in each modality's file), and <modality>.arrow with the present rows alone.
// docs/formats/dataset.md.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "data/hats_read.h"
#include "data/row_store.h"

namespace asterism::data {

// Where the cache of a dataset lies unless it is told otherwise: `<dataset>.cache` beside it; where that folder cannot
// be written, ${ASTERISM_CACHE:-$HOME/.cache/asterism}/<hash>.
std::filesystem::path default_cache(const HatsReader& dataset);

// Writes the modalities named ({}: all) of a dataset into `folder`, which appears when it is complete. An existing
// cache is replaced; what it held of the same dataset is kept. Returns the bytes written. Progress on stderr.
int64_t make_cache(const HatsReader& dataset, const std::vector<std::string>& modalities,
                   const std::filesystem::path& folder);

// Is `folder` a cache of exactly this dataset that holds these modalities ({}: all of the dataset's)?
bool cache_serves(const std::filesystem::path& folder, const HatsReader& dataset,
                  const std::vector<std::string>& modalities);

// Opens a cache. DataError naming the file when it is damaged.
std::unique_ptr<RowStore> open_cache(const std::filesystem::path& folder, const std::vector<std::string>& modalities);

}  // namespace asterism::data
