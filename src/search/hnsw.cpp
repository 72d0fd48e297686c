#include "search/hnsw.h"

#include <algorithm>

#include "base/error.h"
#include "base/threads.h"
#include "search/scan.h"

namespace asterism::search {
namespace {

// A row met in the graph costs about as much as this many rows of a scan, which go by in order and in tiles.
constexpr double kScansPerVisit = 16;

}  // namespace

HnswIndex::HnswIndex(Metric metric, size_t dimension, uint32_t links, uint32_t build_effort)
    : store_(metric, dimension), graph_(links, build_effort) {}

HnswIndex::HnswIndex(const std::filesystem::path& path)
    : store_(IndexFile(path)), graph_(store_.file().extra(), store_.size(), "'" + path.string() + "'") {
  const std::string& found = store_.file().header().kind;
  if (found != kind()) base::data_error("'{}' is an index of kind '{}', not '{}'", path.string(), found, kind());
}

void HnswIndex::set_effort(size_t effort) {
  if (effort < 1) base::user_error("a search effort of 0; it must be at least 1");
  effort_ = effort;
}

void HnswIndex::append(Rows rows) {
  if (rows.n >= HnswGraph::kNone - size())
    base::user_error("{} rows; one graph takes fewer than {}; split the index", size() + rows.n, HnswGraph::kNone);
  store_.append(rows);
  graph_.insert_from(store_);
}

// A walk meets about effort / share rows, share being that of the allowed among all; a scan compares the allowed ones.
bool HnswIndex::better_scanned(size_t effort, const Filter* filter) const {
  const auto rows = double(size());
  double allowed = rows;
  if (filter != nullptr) allowed = double(filter->count());
  return allowed * allowed <= kScansPerVisit * double(effort) * rows;
}

Neighbours HnswIndex::search(Rows queries, size_t k, const Filter* filter) const {
  const size_t effort = std::max(effort_, k);
  if (better_scanned(effort, filter)) return scan(store_, queries, k, filter);
  check_search(store_, queries, k, filter);
  Neighbours answer = nothing_found(queries.n, k);
  FreeList<Visited> visited_sets;
  base::parallel_for(queries.n, 8, [&](size_t begin, size_t end) {
    auto visited = visited_sets.take([] { return std::make_unique<Visited>(); });
    std::vector<float> unit(dimension());
    for (size_t q = begin; q < end; ++q) {
      const float* query = queries.row(q);
      if (metric() == Metric::cosine) {
        normalise(query, dimension(), unit.data());
        query = unit.data();
      }
      const auto best = graph_.search(store_, query, effort, filter, *visited);
      put_answer(answer, q, std::span<const Candidate>(best).first(std::min(k, best.size())), metric());
    }
    visited_sets.give_back(std::move(visited));
  });
  return answer;
}

void HnswIndex::save(const std::filesystem::path& path) const {
  IndexFileWriter writer(path, {kind(), metric(), size(), dimension(), graph_.bytes()});
  store_.write(writer);
  graph_.write(writer);
  writer.commit();
}

void HnswIndex::check() const {
  store_.check();
  graph_.check(store_);
}

}  // namespace asterism::search
