#pragma once
// The finished tiles of a mapped dataset become a HATS collection.

#include <filesystem>
#include <functional>
#include <string>

#include "data/hats_read.h"
#include "infer/map_dataset.h"

namespace asterism::infer {

// Where the finished tile of a file of the input lies; a file without rows has none there.
using TileFile = std::function<std::filesystem::path(size_t file)>;

// Makes options.out of them, whole or not at all: properties that say what it was made of and by what, and the bins of
// posteriors. What belongs to no pixel lies in its folder unplaced. UserError where `out` exists or no tile has a row.
void assemble_catalogue(const MapOptions& options, const data::HatsReader& reader, const TileFile& part,
                        const std::string& identity);

}  // namespace asterism::infer
