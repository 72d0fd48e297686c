#pragma once
// Light curves and lists of sources in a training cache.
//
//   light curve  time: list of double; band: list of int32, rows of <modality>.bands.arrow (name, wavelength, width);
//                value, error: lists of float; mask, upper_limit: lists of bool
//   catalog      value: list of float, mask: list of bool: all sources of the first column, then of the second, ...

#include <filesystem>
#include <memory>
#include <string>

#include "data/cache_column.h"

namespace asterism::data {

std::unique_ptr<CacheColumnWriter> write_light_curve_cache(const std::filesystem::path& folder,
                                                           const std::string& modality);
std::unique_ptr<CacheColumnWriter> write_catalog_cache(const std::filesystem::path& folder,
                                                       const std::string& modality);

// DataError naming the file where its lists disagree, or a band is none of the bands file.
std::unique_ptr<CacheColumn> open_light_curve_cache(const std::filesystem::path& folder, const ModalityColumn& column);
std::unique_ptr<CacheColumn> open_catalog_cache(const std::filesystem::path& folder, const ModalityColumn& column);

}  // namespace asterism::data
