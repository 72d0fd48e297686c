// HnswGraph: searching it, and its form on disk. Building it is in hnsw_build.cpp.
#include "search/hnsw_graph.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <queue>

#include "base/bytes.h"
#include "base/error.h"
#include "search/kernels.h"

namespace asterism::search {
namespace {

constexpr size_t kHeadBytes = 32;  // links, effort, entry, top level (uint32); blocks of upper (uint64); 8 spare

// The start array is padded to an even number of entries, so that what follows stays aligned.
uint64_t start_entries(uint64_t rows) { return (rows + 2) / 2 * 2; }

struct FurtherFirst {  // a heap with the furthest on top
  bool operator()(const Candidate& a, const Candidate& b) const { return nearer(a, b); }
};
struct NearerFirst {
  bool operator()(const Candidate& a, const Candidate& b) const { return nearer(b, a); }
};

}  // namespace

void Visited::clear(uint64_t rows) {
  if (stamps_.size() < rows) stamps_.resize(rows);
  if (++now_ == 0) {
    std::fill(stamps_.begin(), stamps_.end(), 0);
    now_ = 1;
  }
}

HnswGraph::HnswGraph(uint32_t links, uint32_t effort) : links_(links), effort_(effort) {
  ASTERISM_CHECK(links >= 2 && links <= 256 && effort >= 1, "{} links, effort {}", links, effort);
  refresh_views();
}

HnswGraph::HnswGraph(std::span<const std::byte> bytes, uint64_t rows, const std::string& source)
    : rows_(rows), source_(source), owned_(false) {
  const auto refuse = [&](const char* what) { base::data_error("{}: {}; build the index again", source, what); };
  if (bytes.size() < kHeadBytes || rows >= kNone) refuse("the graph is cut short or too large");
  links_ = base::load_le<uint32_t>(bytes.data());
  effort_ = base::load_le<uint32_t>(bytes.data() + 4);
  entry_ = base::load_le<uint32_t>(bytes.data() + 8);
  top_level_ = base::load_le<uint32_t>(bytes.data() + 12);
  const auto blocks = base::load_le<uint64_t>(bytes.data() + 16);
  if (links_ < 2 || links_ > 256 || effort_ < 1 || blocks > uint64_t{kNone})
    refuse("the graph's head holds impossible numbers");
  // rows and blocks are below 2^32 and links at most 256: no product here can wrap around.
  const uint64_t words = start_entries(rows) + rows * 2 * links_ + blocks * links_;
  if (bytes.size() != kHeadBytes + words * sizeof(uint32_t)) refuse("the graph has the wrong size");
  const auto* at = reinterpret_cast<const uint32_t*>(bytes.data() + kHeadBytes);
  upper_start_ = {at, size_t(rows + 1)};
  ground_ = {at + start_entries(rows), size_t(rows * 2 * links_)};
  upper_ = {ground_.data() + ground_.size(), size_t(blocks * links_)};
  if (upper_start_.front() != 0 || upper_start_.back() != blocks ||
      !std::is_sorted(upper_start_.begin(), upper_start_.end()))
    refuse("the graph's levels are out of order");
  if (entry_ != kNone && (entry_ >= rows || level_of(entry_) != top_level_)) refuse("the graph begins nowhere");
}

// The links in use come first. A link out of range can only come from a damaged file.
std::span<const uint32_t> HnswGraph::links_of(uint32_t row, uint32_t level) const {
  if (level > level_of(row)) return {};
  const size_t most = capacity(level);
  const auto all =
      level == 0 ? ground_.subspan(row * most, most) : upper_.subspan((upper_start_[row] + level - 1) * most, most);
  return all.first(size_t(std::find(all.begin(), all.end(), kNone) - all.begin()));
}

void HnswGraph::damaged(uint32_t row) const {
  base::data_error("{}: a link leads to row {} of {}; build the index again", source_, row, rows_);
}

float HnswGraph::nearness(const RowStore& store, const float* query, uint32_t row) const {
  const auto pair = store.metric() == Metric::l2 ? kernels().minus_distance : kernels().inner_product;
  return pair(query, store.row(row), store.dimension());
}

// From level to level, always on to the best neighbour while there is a better one. Ends at `to_level`, not searched
// itself.
Candidate HnswGraph::descend(const RowStore& store, const float* query, Candidate from, uint32_t from_level,
                             uint32_t to_level) const {
  for (uint32_t level = from_level; level > to_level; --level) {
    bool moved = true;
    while (moved) {
      moved = false;
      for (const uint32_t next : links_of(uint32_t(from.row), level)) {
        if (next >= rows_) damaged(next);
        const Candidate candidate{nearness(store, query, next), next};
        if (candidate.nearness > from.nearness) {
          from = candidate;
          moved = true;
        }
      }
    }
  }
  return from;
}

// Algorithm 2 of the paper: widen from the starts until the nearest unexplored row is further than the furthest kept.
// Rows that the filter forbids are walked through and not kept.
std::vector<Candidate> HnswGraph::search_level(const RowStore& store, const float* query,
                                               const std::vector<Candidate>& starts, size_t effort, uint32_t level,
                                               const Filter* filter, Visited& visited, Twins twins) const {
  std::priority_queue<Candidate, std::vector<Candidate>, NearerFirst> open;
  std::priority_queue<Candidate, std::vector<Candidate>, FurtherFirst> kept;
  const auto consider = [&](const Candidate& candidate) {
    if (kept.size() == effort && !nearer(candidate, kept.top())) return;
    open.push(candidate);
    if (filter != nullptr && !filter->allows(candidate.row)) return;
    kept.push(candidate);
    if (kept.size() > effort) kept.pop();
  };
  visited.clear(rows_);
  for (const Candidate& start : starts) {
    visited.insert(uint32_t(start.row));
    consider(start);
  }
  while (!open.empty()) {
    const Candidate here = open.top();
    open.pop();
    if (kept.size() == effort && nearer(kept.top(), here)) break;
    const auto links = links_of(uint32_t(here.row), level);
    for (const uint32_t next : links) {
      if (next >= rows_) damaged(next);
      __builtin_prefetch(store.row(next));
    }
    for (const uint32_t next : links) {
      if (!visited.insert(next)) continue;
      const Candidate candidate{nearness(store, query, next), next};
      if (twins == Twins::passed_over && candidate.nearness == here.nearness && is_twin(store, next)) continue;
      consider(candidate);
    }
  }
  std::vector<Candidate> found(kept.size());
  for (size_t i = found.size(); i-- > 0; kept.pop()) found[i] = kept.top();
  return found;
}

std::vector<Candidate> HnswGraph::search(const RowStore& store, const float* query, size_t effort, const Filter* filter,
                                         Visited& visited) const {
  if (entry_ == kNone) return {};
  const Candidate start = descend(store, query, {nearness(store, query, entry_), entry_}, top_level_, 0);
  return search_level(store, query, {start}, effort, 0, filter, visited, Twins::shown);
}

bool HnswGraph::is_twin(const RowStore& store, uint32_t row) const {
  const auto links = links_of(row, 0);
  return !links.empty() && links[0] < row && store.same(links[0], row);
}

uint64_t HnswGraph::bytes() const {
  return kHeadBytes + (start_entries(rows_) + ground_.size() + upper_.size()) * sizeof(uint32_t);
}

void HnswGraph::write(IndexFileWriter& writer) const {
  std::array<std::byte, kHeadBytes> head{};
  base::store_le(head.data(), links_);
  base::store_le(head.data() + 4, effort_);
  base::store_le(head.data() + 8, entry_);
  base::store_le(head.data() + 12, top_level_);
  base::store_le(head.data() + 16, uint64_t{upper_.size() / links_});
  writer.write_extra(head.data(), head.size());
  writer.write_extra(upper_start_.data(), upper_start_.size_bytes());
  const uint32_t padding = 0;
  if (start_entries(rows_) != upper_start_.size()) writer.write_extra(&padding, sizeof padding);
  writer.write_extra(ground_.data(), ground_.size_bytes());
  writer.write_extra(upper_.data(), upper_.size_bytes());
}

void HnswGraph::check(const RowStore& store) const {
  bool any_present = false;
  for (uint32_t row = 0; row < rows_; ++row) {
    any_present = any_present || !store.is_absent(row);
    for (uint32_t level = 0; level <= level_of(row); ++level)
      for (const uint32_t next : links_of(row, level))
        if (next >= rows_ || next == row || store.is_absent(next) || store.is_absent(row) || level_of(next) < level)
          base::data_error("{}: row {} has a link to row {} on level {}, which cannot be; build the index again",
                           source_, row, next, level);
  }
  if (any_present != (entry_ != kNone) || (entry_ != kNone && store.is_absent(entry_)))
    base::data_error("{}: the graph begins at an absent row; build the index again", source_);
}

}  // namespace asterism::search
