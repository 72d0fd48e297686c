#pragma once
// The exact index: compares every row. The yardstick of all others, and fast enough for most catalogues.

#include "search/index.h"
#include "search/row_store.h"

namespace asterism::search {

class ExactIndex : public Index {
 public:
  ExactIndex(Metric metric, size_t dimension) : store_(metric, dimension) {}
  explicit ExactIndex(const std::filesystem::path& path);

  void append(Rows rows) override { store_.append(rows); }
  Neighbours search(Rows queries, size_t k, const Filter* filter = nullptr) const override;
  void save(const std::filesystem::path& path) const override;
  void check() const override { store_.check(); }
  std::string kind() const override { return "exact"; }
  Metric metric() const override { return store_.metric(); }
  size_t dimension() const override { return store_.dimension(); }
  uint64_t size() const override { return store_.size(); }
  void copy_row(uint64_t row, float* out) const override { store_.copy_row(row, out); }

 private:
  RowStore store_;
};

}  // namespace asterism::search
