#pragma once
// Cubes in a training cache: cache_column.h for one kind.

#include <filesystem>
#include <memory>

#include "data/cache_column.h"

namespace asterism::data {

std::unique_ptr<CacheColumnWriter> write_cache_cubes(const std::filesystem::path& path);
std::unique_ptr<CacheColumn> open_cache_cubes(const std::filesystem::path& path, const ModalityColumn& column);

}  // namespace asterism::data
