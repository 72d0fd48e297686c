#pragma once
// A dataset as one self-contained HTML page.

#include <filesystem>

#include "data/hats_read.h"
#include "data/inspect.h"

namespace asterism::data {

// Facts, table of columns, sky map, a histogram of each scalar, and a gallery of images and spectra.
void write_inspect_page(const HatsReader& dataset, const DatasetReport& report, const std::filesystem::path& path);

}  // namespace asterism::data
