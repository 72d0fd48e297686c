#pragma once
// The approximate index: a few thousand comparisons a query instead of all rows. See hnsw_graph.h for the method.

#include "search/hnsw_graph.h"
#include "search/index.h"
#include "search/row_store.h"

namespace asterism::search {

class HnswIndex : public Index {
 public:
  // 16 links and an effort of 200: the usual choice for 100 to 1,000 dimensions (Malkov & Yashunin 2018, section 4.1).
  HnswIndex(Metric metric, size_t dimension, uint32_t links = 16, uint32_t build_effort = 200);
  explicit HnswIndex(const std::filesystem::path& path);

  // How many candidates a search keeps, at least k: more is slower and more exact. Not stored in the file.
  void set_effort(size_t effort);
  size_t effort() const { return effort_; }

  void append(Rows rows) override;
  // Where the filter allows few rows, or k is large, comparing all allowed rows is faster than walking the graph, and
  // that is what happens: the answer is then exact.
  Neighbours search(Rows queries, size_t k, const Filter* filter = nullptr) const override;
  void save(const std::filesystem::path& path) const override;
  void check() const override;
  std::string kind() const override { return "hnsw"; }
  Metric metric() const override { return store_.metric(); }
  size_t dimension() const override { return store_.dimension(); }
  uint64_t size() const override { return store_.size(); }
  void copy_row(uint64_t row, float* out) const override { store_.copy_row(row, out); }

 private:
  bool better_scanned(size_t effort, const Filter* filter) const;

  RowStore store_;
  HnswGraph graph_;
  size_t effort_ = 128;
};

}  // namespace asterism::search
