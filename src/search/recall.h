#pragma once
// How much of the exact answer an approximate one found.

#include "search/index.h"

namespace asterism::search {

// recall@k: the share of the exact first k that are among the found first k, averaged over queries (queries without any
// exact neighbour are left out; NaN when there are none). Both need at least k columns.
double recall_at(size_t k, const Neighbours& found, const Neighbours& exact);

}  // namespace asterism::search
