#include "search/scan.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

#include "base/aligned.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/threads.h"
#include "search/free_list.h"
#include "search/kernels.h"
#include "search/top_k.h"

namespace asterism::search {
namespace {

constexpr size_t kPackedQueryFloats = size_t{64} << 10;  // 256 KiB: half of a usual second-level cache
constexpr size_t kHeldCandidates = size_t{2} << 20;      // 32 MiB a thread, or one query's
constexpr size_t kRowsPerChunk = 8192;

// Queries [begin, end) side by side in panels of mr: panel p is [d, mr] (the last one narrower) at packed + p * mr * d.
struct QueryBatch {
  size_t begin, end;
  base::AlignedVector<float> packed;
  size_t size() const { return end - begin; }
};

QueryBatch pack_queries(const RowStore& store, Rows queries, size_t begin, size_t end, const Kernels& kernels) {
  const size_t d = store.dimension();
  QueryBatch batch{begin, end, base::AlignedVector<float>((end - begin) * d)};
  std::vector<float> unit(d);
  for (size_t first = begin; first < end; first += kernels.mr) {
    const size_t m = std::min(kernels.mr, end - first);
    float* panel = batch.packed.data() + (first - begin) * d;
    for (size_t q = 0; q < m; ++q) {
      const float* query = queries.row(first + q);
      if (store.metric() == Metric::cosine) {
        normalise(query, d, unit.data());
        query = unit.data();
      }
      for (size_t i = 0; i < d; ++i) panel[i * m + q] = query[i];
    }
  }
  return batch;
}

// What one thread holds while it goes through rows: one panel of them, one tile of results, and the best so far.
class Scanner {
 public:
  Scanner(const RowStore& store, const Filter* filter, size_t k, const Kernels& kernels, size_t queries)
      : store_(store),
        filter_(filter),
        kernels_(kernels),
        best_(queries, TopK(k)),
        packed_(store.dimension() * kernels.nr) {
    rows_.reserve(kernels.nr);
    ids_.reserve(kernels.nr);
  }

  // Absent and forbidden rows never enter a panel, so a filter that allows few rows also costs little.
  void scan_rows(const QueryBatch& batch, uint64_t begin, uint64_t end) {
    for (uint64_t row = begin; row < end; ++row) {
      if (store_.is_absent(row) || (filter_ != nullptr && !filter_->allows(row))) continue;
      rows_.push_back(store_.row(row));
      ids_.push_back(row);
      if (rows_.size() == kernels_.nr) compare_panel(batch);
    }
    if (!rows_.empty()) compare_panel(batch);
  }

  TopK& best(size_t query_in_batch) { return best_[query_in_batch]; }

 private:
  void compare_panel(const QueryBatch& batch) {
    const size_t d = store_.dimension(), nr = kernels_.nr;
    const auto tile_of = store_.metric() == Metric::l2 ? kernels_.minus_distances : kernels_.inner_products;
    kernels_.pack_rows(rows_.data(), rows_.size(), d, packed_.data());
    alignas(64) float tile[kMaxTile];
    for (size_t first = 0; first < batch.size(); first += kernels_.mr) {
      const size_t m = std::min(kernels_.mr, batch.size() - first);
      tile_of(m, d, batch.packed.data() + first * d, packed_.data(), tile);
      for (size_t q = 0; q < m; ++q) keep_best(tile + q * nr, best_[first + q]);
    }
    rows_.clear();
    ids_.clear();
  }

  // Nearly always no result of the panel is good enough: find that out without a branch for each.
  void keep_best(const float* nearness, TopK& best) {
    const float threshold = best.threshold();
    const size_t n = rows_.size();
    int good = 0;
    for (size_t j = 0; j < n; ++j) good += nearness[j] >= threshold ? 1 : 0;
    if (good == 0) return;
    for (size_t j = 0; j < n; ++j)
      if (nearness[j] >= best.threshold()) best.offer(nearness[j], ids_[j]);
  }

  const RowStore& store_;
  const Filter* filter_;
  const Kernels& kernels_;
  std::vector<TopK> best_;
  base::AlignedVector<float> packed_;
  std::vector<const float*> rows_;
  std::vector<uint64_t> ids_;
};

// The k best are one definite set whatever the order of rows, so scanners need no order either.
void scan_batch(const RowStore& store, Rows queries, size_t begin, size_t end, size_t k, const Filter* filter,
                Neighbours& out) {
  const Kernels& kernel = kernels();
  const QueryBatch batch = pack_queries(store, queries, begin, end, kernel);
  const size_t kept = size_t(std::min<uint64_t>(k, std::max<uint64_t>(store.size(), 1)));
  FreeList<Scanner> pool;  // at most one scanner a thread
  base::parallel_for(size_t(store.size()), kRowsPerChunk, [&](size_t row_begin, size_t row_end) {
    auto scanner = pool.take([&] { return std::make_unique<Scanner>(store, filter, kept, kernel, batch.size()); });
    scanner->scan_rows(batch, row_begin, row_end);
    pool.give_back(std::move(scanner));
  });
  auto& scanners = pool.all();
  if (scanners.empty()) return;
  for (size_t q = 0; q < batch.size(); ++q) {
    TopK& best = scanners[0]->best(q);
    for (size_t s = 1; s < scanners.size(); ++s) best.offer_all(scanners[s]->best(q));
    put_answer(out, begin + q, best.sorted(), store.metric());
  }
}

}  // namespace

void check_search(const RowStore& store, Rows queries, size_t k, const Filter* filter) {
  if (k < 1) base::user_error("k is 0; ask for at least one neighbour");
  if (queries.d != store.dimension())
    base::user_error("queries of {} numbers for an index of {}", queries.d, store.dimension());
  if (filter != nullptr && filter->rows() != store.size())
    base::user_error("a filter of {} rows for an index of {}", filter->rows(), store.size());
  for (size_t i = 0; i < queries.n; ++i) {
    bool is_zero = true;
    for (size_t j = 0; j < queries.d; ++j) {
      const float value = queries.row(i)[j];
      if (!(std::abs(value) <= kMaxMagnitude))
        base::user_error("query {}, number {}: {}; allowed are finite numbers up to {}", i, j, value, kMaxMagnitude);
      is_zero = is_zero && value == 0;
    }
    if (is_zero && store.metric() == Metric::cosine)
      base::user_error("query {} is all zeros: it has no direction, and under cosine no neighbours", i);
  }
}

Neighbours nothing_found(size_t queries, size_t k) {
  size_t cells = 0, bytes = 0;
  if (!base::checked_multiply(queries, k, cells) || !base::checked_multiply(cells, sizeof(uint64_t), bytes) ||
      bytes >> 46 != 0)
    base::user_error("{} neighbours for each of {} queries are more than memory can hold", k, queries);
  return {queries, k, std::vector<uint64_t>(cells, kNoRow),
          std::vector<float>(cells, std::numeric_limits<float>::quiet_NaN())};
}

void put_answer(Neighbours& answer, size_t query, std::span<const Candidate> best, Metric metric) {
  for (size_t i = 0; i < best.size(); ++i) {
    const float nearness = best[i].nearness;
    answer.rows[query * answer.k + i] = best[i].row;
    answer.scores[query * answer.k + i] = metric == Metric::l2       ? -nearness
                                          : metric == Metric::cosine ? std::clamp(nearness, -1.0F, 1.0F)
                                                                     : nearness;
  }
}

Neighbours scan(const RowStore& store, Rows queries, size_t k, const Filter* filter) {
  check_search(store, queries, k, filter);
  Neighbours answer = nothing_found(queries.n, k);
  if (store.size() == 0) return answer;
  const size_t kept = size_t(std::min<uint64_t>(k, store.size()));
  const size_t batch =
      std::clamp<size_t>(std::min(kPackedQueryFloats / store.dimension(), kHeldCandidates / (2 * kept)), 1, 1024);
  const size_t batches = (queries.n + batch - 1) / batch;
  const auto one = [&](size_t begin, size_t end) { scan_batch(store, queries, begin, end, k, filter, answer); };
  if (batches >= 2 * size_t(base::threads())) {
    base::parallel_for(queries.n, batch, one);  // threads share out the queries; inside, rows go by one after the other
  } else {
    for (size_t begin = 0; begin < queries.n; begin += batch) one(begin, std::min(queries.n, begin + batch));
  }
  return answer;
}

}  // namespace asterism::search
