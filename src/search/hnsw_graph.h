#pragma once
// The graph of hierarchical navigable small worlds (Malkov & Yashunin 2018, arXiv:1603.09320): every row is linked to
// some of its nearest, and some rows, ever fewer, also on levels above, where a search takes its long steps.
//
// Where we differ from the paper and from hnswlib: rows enter in batches. All of a batch search the graph as it stood
// before, in parallel, and are linked afterwards, links into one row by one thread in the order of rows (as ParlayANN
// does; Dobson et al. 2024, arXiv:2305.04359). So the graph does not depend on the number of threads.
//
// Rows of one and the same vector would fill each other's links and be cut off from the rest. The first of them alone
// is linked as above; each later one, its twin, hangs on it in a chain on the ground: first -> latest twin -> the one
// before ..., and every twin's first link leads back to the first.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "search/free_list.h"
#include "search/index_file.h"
#include "search/row_store.h"
#include "search/top_k.h"

namespace asterism::search {

// The rows a search has seen. Clearing is a new stamp, not a pass over memory.
class Visited {
 public:
  void clear(uint64_t rows);
  bool insert(uint32_t row) {  // false when it was there
    if (stamps_[row] == now_) return false;
    stamps_[row] = now_;
    return true;
  }

 private:
  std::vector<uint32_t> stamps_;
  uint32_t now_ = 0;
};

class HnswGraph {
 public:
  static constexpr uint32_t kNone = ~uint32_t{0};

  // links: of a row on each level above the ground, 2 to 256; twice as many on the ground.
  // effort: how many candidates an insertion keeps.
  HnswGraph(uint32_t links, uint32_t effort);

  // The graph that write() wrote, used where it lies; `bytes` must outlive it. `source` names the file in errors.
  HnswGraph(std::span<const std::byte> bytes, uint64_t rows, const std::string& source);

  HnswGraph(const HnswGraph&) = delete;  // its views point into itself
  HnswGraph& operator=(const HnswGraph&) = delete;

  // Links rows [rows(), store.size()), which must be fewer than kNone. Absent rows stay outside.
  void insert_from(const RowStore& store);

  // The nearest `effort` rows of a query (prepared as the store's rows are) that the filter allows, nearest first:
  // nearly.
  std::vector<Candidate> search(const RowStore& store, const float* query, size_t effort, const Filter* filter,
                                Visited& visited) const;

  uint64_t rows() const { return rows_; }
  uint64_t bytes() const;  // that write() writes
  void write(IndexFileWriter& writer) const;
  void check(const RowStore& store) const;  // every link leads to another present row on that level; DataError

 private:
  struct Edge {
    uint32_t level, to, from;
    // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 sees a null pointer in <=>
    auto operator<=>(const Edge&) const = default;
  };
  struct Picked {
    std::vector<std::vector<uint32_t>> links;  // [level] -> rows to link to
    uint32_t twin_of = kNone;                  // the first row of the same vector: then it gets no other link
  };

  uint32_t level_of(uint32_t row) const { return upper_start_[row + 1] - upper_start_[row]; }
  std::span<const uint32_t> links_of(uint32_t row, uint32_t level) const;
  uint32_t* mutable_links(uint32_t row, uint32_t level);
  uint32_t capacity(uint32_t level) const { return level == 0 ? 2 * links_ : links_; }
  float nearness(const RowStore& store, const float* query, uint32_t row) const;
  [[noreturn]] void damaged(uint32_t row) const;

  Candidate descend(const RowStore& store, const float* query, Candidate from, uint32_t from_level,
                    uint32_t to_level) const;
  enum class Twins { shown, passed_over };
  std::vector<Candidate> search_level(const RowStore& store, const float* query, const std::vector<Candidate>& starts,
                                      size_t effort, uint32_t level, const Filter* filter, Visited& visited,
                                      Twins twins) const;
  bool is_twin(const RowStore& store, uint32_t row) const;
  // The place in its links on the ground of a first row's latest twin; as many as it has links where it has none.
  size_t twin_place(const RowStore& store, uint32_t first) const;
  void hang_on(const RowStore& store, uint32_t first, uint32_t twin);
  // Of rows [begin, end) those that repeat one before them there: twin_of is that one.
  static std::vector<Picked> twins_among(const RowStore& store, uint32_t begin, uint32_t end);
  std::vector<uint32_t> select(const RowStore& store, const std::vector<Candidate>& candidates, uint32_t most) const;

  void own();
  void grow(const RowStore& store, uint64_t rows);
  void insert_batch(const RowStore& store, uint32_t begin, uint32_t end);
  Picked pick_links(const RowStore& store, uint32_t row, Visited& visited) const;
  void link(uint32_t row, const Picked& picked, std::vector<Edge>& back);
  void link_back(const RowStore& store, std::span<const Edge> edges);
  void refresh_views();

  uint32_t links_, effort_;
  uint32_t entry_ = kNone, top_level_ = 0;
  uint64_t rows_ = 0;
  std::string source_ = "index in memory";
  // Views of the mapped file, or of what this graph owns once it has been changed.
  std::span<const uint32_t> upper_start_;  // [rows + 1]: where a row's levels above the ground begin in upper_
  std::span<const uint32_t> ground_;       // [rows, 2 links], unused places kNone
  std::span<const uint32_t> upper_;        // [levels of all rows, links]
  bool owned_ = true;
  std::vector<uint32_t> own_start_{0}, own_ground_, own_upper_;
};

}  // namespace asterism::search
