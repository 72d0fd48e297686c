#pragma once
// The vectors of an index: those of a mapped file first, then those appended since, in blocks that never move.

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <vector>

#include "base/aligned.h"
#include "search/index.h"
#include "search/index_file.h"

namespace asterism::search {

// Vectors with a number above this in magnitude are refused: their products would leave float32.
inline constexpr float kMaxMagnitude = 1e15F;

// out = x / |x|, the norm in float64; false, and zeros, where |x| = 0.
bool normalise(const float* x, size_t d, float* out);

class RowStore {
 public:
  RowStore(Metric metric, size_t dimension);  // empty; UserError unless 1 <= dimension <= kMaxDimension
  explicit RowStore(IndexFile file);

  Metric metric() const { return metric_; }
  size_t dimension() const { return dimension_; }
  uint64_t size() const { return size_; }
  const IndexFile& file() const { return file_; }

  void append(Rows rows);  // as Index::append; under cosine, rows are kept with length 1

  const float* row(uint64_t i) const {  // [dimension]
    if (i < file_.header().rows) return file_.row(i);
    const uint64_t later = i - file_.header().rows;
    return blocks_[later / kBlockRows].data() + later % kBlockRows * dimension_;
  }
  bool is_absent(uint64_t i) const {
    if (i < file_.header().rows) return file_.is_absent(i);
    const uint64_t later = i - file_.header().rows;
    return absent_[later / 64] >> (later % 64) & 1;
  }

  bool same(uint64_t a, uint64_t b) const {  // bit by bit
    return std::memcmp(row(a), row(b), dimension_ * sizeof(float)) == 0;
  }

  void copy_row(uint64_t i, float* out) const;  // [dimension]; CheckError when there is no such row

  // Writes rows and absent bits of an IndexFile whose header has this store's sizes.
  void write(IndexFileWriter& writer) const;

  // The file's checksums; that every number is finite, every length under cosine is 1, and that exactly the rows of
  // zeros are marked absent. DataError naming the row.
  void check() const;

 private:
  static constexpr uint64_t kBlockRows = 4096;  // a multiple of 64

  Metric metric_;
  size_t dimension_;
  uint64_t size_ = 0;
  IndexFile file_;
  std::vector<base::AlignedVector<float>> blocks_;
  std::vector<uint64_t> absent_;  // of the rows after the file's
};

}  // namespace asterism::search
