#pragma once
// The socket of search: which stored rows are nearest to a query.
//
// Rows are float32 vectors of one dimension, numbered from 0 in the order they were added; the caller keeps the table
// from row number to object. Two metrics are similarities (larger is nearer), one is a distance (smaller is nearer):
//   cosine         x.y / (|x| |y|), in [-1, 1]
//   inner_product  x.y
//   l2             |x - y|^2, the squared Euclidean distance
// A row of zeros means "this object has no vector": it is kept, so that numbers stay in step, and never returned.
// NaN and infinities are DataErrors.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace asterism::search {

enum class Metric : uint32_t { cosine = 0, inner_product = 1, l2 = 2 };
std::string_view name_of(Metric metric);
Metric metric_named(std::string_view name);  // UserError with the nearest name

// A view of n vectors of d numbers, row by row.
struct Rows {
  const float* values = nullptr;  // [n, d]
  size_t n = 0;
  size_t d = 0;
  const float* row(size_t i) const { return values + i * d; }
};

// Which rows may be returned: one bit a row.
class Filter {
 public:
  explicit Filter(uint64_t rows, bool allowed = false)
      : rows_(rows), words_((rows + 63) / 64, allowed ? ~uint64_t{0} : 0) {}
  void allow(uint64_t row) { words_[row / 64] |= uint64_t{1} << (row % 64); }
  void forbid(uint64_t row) { words_[row / 64] &= ~(uint64_t{1} << (row % 64)); }
  bool allows(uint64_t row) const { return words_[row / 64] >> (row % 64) & 1; }
  uint64_t rows() const { return rows_; }
  uint64_t count() const;  // how many are allowed

 private:
  uint64_t rows_;
  std::vector<uint64_t> words_;
};

inline constexpr uint64_t kNoRow = ~uint64_t{0};

// k answers a query, nearest first, equal scores by lower row. Where fewer than k rows qualify, the rest is kNoRow with
// score NaN.
struct Neighbours {
  size_t queries = 0;
  size_t k = 0;
  std::vector<uint64_t> rows;  // [queries, k]
  std::vector<float> scores;   // [queries, k]: the metric's value
  std::span<const uint64_t> rows_of(size_t query) const { return {rows.data() + query * k, k}; }
  std::span<const float> scores_of(size_t query) const { return {scores.data() + query * k, k}; }
};

class Index {
 public:
  virtual ~Index() = default;

  // Adds rows after those already there. UserError when d differs, DataError (with row and column) on NaN or infinity.
  // On an error nothing was added.
  virtual void append(Rows rows) = 0;

  // The k nearest allowed rows of each query. A query of zeros has no neighbours under cosine and is a UserError there;
  // so is one that is not finite. filter: one bit for each row of the index, or none for all rows.
  virtual Neighbours search(Rows queries, size_t k, const Filter* filter = nullptr) const = 0;

  virtual void save(const std::filesystem::path& path) const = 0;  // atomically

  // Reads everything once and compares it with its checksums. DataError with the first block that differs.
  virtual void check() const = 0;

  virtual std::string kind() const = 0;  // its name in the table
  virtual Metric metric() const = 0;
  virtual size_t dimension() const = 0;
  virtual uint64_t size() const = 0;
  virtual void copy_row(uint64_t row, float* out) const = 0;  // [d]; as given to append() (cosine: up to a factor)
};

// The table of kinds, in search/all.cpp.
struct IndexKind {
  std::string_view name;
  std::unique_ptr<Index> (*make)(Metric metric, size_t dimension);
  std::unique_ptr<Index> (*open)(const std::filesystem::path& path);
  std::string_view sentence;
};
std::span<const IndexKind> all();

// An empty index of the kind; UserError with the nearest name.
std::unique_ptr<Index> make(std::string_view kind, Metric metric, size_t dimension);

// All rows at once.
std::unique_ptr<Index> build(std::string_view kind, Metric metric, Rows rows);

// Opens any saved index; the file says of which kind it is. Headers and sizes are verified here, contents by check().
std::unique_ptr<Index> open(const std::filesystem::path& path);

}  // namespace asterism::search
