#pragma once
// Exact search: every allowed row against every query.

#include "search/index.h"
#include "search/row_store.h"
#include "search/top_k.h"

namespace asterism::search {

// As Index::search, by comparing all. Work memory: at most about 64 MiB a thread beside the answer.
Neighbours scan(const RowStore& store, Rows queries, size_t k, const Filter* filter);

// The refusals that every kind of index shares: k, dimensions, numbers, the filter's size.
void check_search(const RowStore& store, Rows queries, size_t k, const Filter* filter);

// An answer of the right shape, with nothing found so far. UserError when queries * k is more than memory can hold.
Neighbours nothing_found(size_t queries, size_t k);

// Writes the answer to one query: at most k candidates, nearest first.
void put_answer(Neighbours& answer, size_t query, std::span<const Candidate> best, Metric metric);

}  // namespace asterism::search
