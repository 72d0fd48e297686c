#pragma once
// The promises of CatalogBlock: see block.h, which calls these for its kind.

#include <cstdint>
#include <string>
#include <vector>

#include "modalities/block.h"

namespace asterism::modalities {

void check(const std::string& name, const CatalogBlock& block);
CatalogBlock select(const CatalogBlock& block, const std::vector<int64_t>& rows);
// DataError where the columns differ.
CatalogBlock concatenate(const std::vector<const CatalogBlock*>& blocks);
CatalogBlock absent_like(const CatalogBlock& block, int64_t n);
// n lists with room for `length` sources, all padding, absent: to be filled.
CatalogBlock make_catalogs(int64_t n, int64_t length, std::vector<CatalogColumn> columns);

}  // namespace asterism::modalities
