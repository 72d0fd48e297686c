// Building the graph: batches of rows find their links in parallel, then are linked.
#include <algorithm>
#include <cmath>
#include <string_view>
#include <unordered_map>

#include "base/error.h"
#include "base/random.h"
#include "base/threads.h"
#include "search/hnsw_graph.h"
#include "search/kernels.h"

namespace asterism::search {
namespace {

constexpr uint32_t kMaxBatch = 4096;
constexpr uint32_t kRowsPerNewRow = 32;  // a batch is at most 1/32 of the graph: it misses few neighbours within itself
constexpr uint32_t kMaxLevel = 32;

// Level l holds 1 / links^l of the rows. A function of the row alone, so that appending and building at once agree.
uint32_t draw_level(uint32_t row, uint32_t links) {
  base::Random random(0, 0, row, "hnsw level");
  return std::min(kMaxLevel, uint32_t(random.exponential() / std::log(double(links))));
}

}  // namespace

void HnswGraph::refresh_views() {
  upper_start_ = own_start_;
  ground_ = own_ground_;
  upper_ = own_upper_;
}

// Before the first change of a mapped graph: copy it.
void HnswGraph::own() {
  if (owned_) return;
  own_start_.assign(upper_start_.begin(), upper_start_.end());
  own_ground_.assign(ground_.begin(), ground_.end());
  own_upper_.assign(upper_.begin(), upper_.end());
  owned_ = true;
  refresh_views();
}

uint32_t* HnswGraph::mutable_links(uint32_t row, uint32_t level) {
  if (level == 0) return own_ground_.data() + size_t{row} * 2 * links_;
  return own_upper_.data() + size_t{own_start_[row] + level - 1} * links_;
}

void HnswGraph::grow(const RowStore& store, uint64_t rows) {
  own();
  own_start_.reserve(rows + 1);
  for (auto row = uint32_t(rows_); row < rows; ++row)
    own_start_.push_back(own_start_.back() + (store.is_absent(row) ? 0 : draw_level(row, links_)));
  own_ground_.resize(rows * 2 * links_, kNone);
  own_upper_.resize(size_t{own_start_.back()} * links_, kNone);
  rows_ = rows;
  refresh_views();
}

void HnswGraph::insert_from(const RowStore& store) {
  ASTERISM_CHECK(store.size() < kNone, "{} rows", store.size());
  const auto begin = uint32_t(rows_), end = uint32_t(store.size());
  grow(store, end);
  uint32_t linked = 0;
  for (uint32_t row = 0; row < begin; ++row) linked += store.is_absent(row) ? 0 : 1;
  for (uint32_t at = begin; at < end;) {
    const uint32_t batch = std::min(std::clamp<uint32_t>(linked / kRowsPerNewRow, 1, kMaxBatch), end - at);
    insert_batch(store, at, at + batch);
    for (uint32_t row = at; row < at + batch; ++row) linked += store.is_absent(row) ? 0 : 1;
    at += batch;
  }
}

// Algorithm 4: of the candidates, nearest first, keep one only where no row already kept is nearer to it than the query
// is. Links then point in different directions instead of into one crowd. Places left over go to the nearest passed
// over.
std::vector<uint32_t> HnswGraph::select(const RowStore& store, const std::vector<Candidate>& candidates,
                                        uint32_t most) const {
  std::vector<uint32_t> chosen, passed;
  for (const Candidate& candidate : candidates) {
    if (chosen.size() == most) break;
    const float* x = store.row(candidate.row);
    const bool crowded = std::any_of(chosen.begin(), chosen.end(),
                                     [&](uint32_t other) { return nearness(store, x, other) > candidate.nearness; });
    (crowded ? passed : chosen).push_back(uint32_t(candidate.row));
  }
  for (size_t i = 0; i < passed.size() && chosen.size() < most; ++i) chosen.push_back(passed[i]);
  return chosen;
}

HnswGraph::Picked HnswGraph::pick_links(const RowStore& store, uint32_t row, Visited& visited) const {
  const float* x = store.row(row);
  const uint32_t level = level_of(row);
  Picked picked;
  picked.links.resize(level + 1);
  if (entry_ == kNone) return picked;
  const uint32_t highest = std::min(level, top_level_);
  std::vector<Candidate> nearest = {descend(store, x, {nearness(store, x, entry_), entry_}, top_level_, highest)};
  for (uint32_t l = highest + 1; l-- > 0;) {
    nearest = search_level(store, x, nearest, effort_, l, nullptr, visited, Twins::passed_over);
    picked.links[l] = select(store, nearest, links_);
  }
  for (const Candidate& candidate : nearest)
    if (store.same(uint32_t(candidate.row), row)) picked.twin_of = uint32_t(candidate.row);
  return picked;
}

void HnswGraph::link(uint32_t row, const Picked& picked, std::vector<Edge>& back) {
  for (uint32_t level = 0; level < picked.links.size(); ++level) {
    std::copy(picked.links[level].begin(), picked.links[level].end(), mutable_links(row, level));
    for (const uint32_t to : picked.links[level]) back.push_back({level, to, row});
  }
}

size_t HnswGraph::twin_place(const RowStore& store, uint32_t first) const {
  const auto links = links_of(first, 0);
  const auto is_one = [&](uint32_t other) { return other > first && store.same(first, other); };
  return size_t(std::find_if(links.begin(), links.end(), is_one) - links.begin());
}

// Where the first has no place left its last link goes, the least of those that were chosen.
void HnswGraph::hang_on(const RowStore& store, uint32_t first, uint32_t twin) {
  const size_t count = links_of(first, 0).size(), at = twin_place(store, first);
  uint32_t* links = mutable_links(first, 0);
  uint32_t* own = mutable_links(twin, 0);
  own[0] = first;
  if (at < count) own[1] = links[at];
  links[std::min<size_t>(at, capacity(0) - 1)] = twin;
}

std::vector<HnswGraph::Picked> HnswGraph::twins_among(const RowStore& store, uint32_t begin, uint32_t end) {
  std::vector<Picked> out(end - begin);
  std::unordered_map<std::string_view, uint32_t> firsts;
  for (uint32_t row = begin; row < end; ++row) {
    if (store.is_absent(row)) continue;
    const std::string_view bytes(reinterpret_cast<const char*>(store.row(row)), store.dimension() * sizeof(float));
    const auto [first, fresh] = firsts.emplace(bytes, row);
    if (!fresh) out[row - begin].twin_of = first->second;
  }
  return out;
}

// All new links into one row on one level. Where they do not fit, the best of old and new are chosen again.
void HnswGraph::link_back(const RowStore& store, std::span<const Edge> edges) {
  const uint32_t row = edges[0].to, level = edges[0].level, most = capacity(level);
  const auto old = links_of(row, level);
  uint32_t* links = mutable_links(row, level);
  if (old.size() + edges.size() <= most) {
    size_t at = old.size();
    for (const Edge& edge : edges) links[at++] = edge.from;
    return;
  }
  const float* x = store.row(row);
  const size_t twin = level == 0 ? twin_place(store, row) : old.size();
  std::vector<Candidate> candidates;
  for (size_t i = 0; i < old.size(); ++i)
    if (i != twin) candidates.push_back({nearness(store, x, old[i]), old[i]});
  for (const Edge& edge : edges) candidates.push_back({nearness(store, x, edge.from), edge.from});
  std::sort(candidates.begin(), candidates.end(), nearer);
  auto chosen = select(store, candidates, twin < old.size() ? most - 1 : most);
  if (twin < old.size()) chosen.push_back(old[twin]);
  std::fill(std::copy(chosen.begin(), chosen.end(), links), links + most, kNone);
}

void HnswGraph::insert_batch(const RowStore& store, uint32_t begin, uint32_t end) {
  auto picked = twins_among(store, begin, end);
  const auto alone = [&](uint32_t row) { return !store.is_absent(row) && picked[row - begin].twin_of == kNone; };
  FreeList<Visited> visited_sets;
  base::parallel_for(end - begin, 4, [&](size_t first, size_t last) {
    auto visited = visited_sets.take([] { return std::make_unique<Visited>(); });
    for (size_t i = first; i < last; ++i)
      if (alone(uint32_t(begin + i))) picked[i] = pick_links(store, uint32_t(begin + i), *visited);
    visited_sets.give_back(std::move(visited));
  });
  std::vector<Edge> back;
  for (uint32_t row = begin; row < end; ++row)
    if (alone(row)) link(row, picked[row - begin], back);
  std::sort(back.begin(), back.end());
  std::vector<size_t> groups = {0};
  for (size_t i = 1; i <= back.size(); ++i)
    if (i == back.size() || back[i].to != back[i - 1].to || back[i].level != back[i - 1].level) groups.push_back(i);
  base::parallel_for(groups.size() - 1, 16, [&](size_t first, size_t last) {
    for (size_t g = first; g < last; ++g)
      link_back(store, std::span<const Edge>(back).subspan(groups[g], groups[g + 1] - groups[g]));
  });
  for (uint32_t row = begin; row < end; ++row) {
    if (store.is_absent(row)) continue;
    if (uint32_t first = picked[row - begin].twin_of; first != kNone) {
      if (first >= begin && picked[first - begin].twin_of != kNone) first = picked[first - begin].twin_of;
      hang_on(store, first, row);
    } else if (entry_ == kNone || level_of(row) > top_level_) {
      entry_ = row;
      top_level_ = level_of(row);
    }
  }
}

}  // namespace asterism::search
