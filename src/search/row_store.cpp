#include "search/row_store.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.h"

namespace asterism::search {
namespace {

bool is_zero(const float* x, size_t d) {
  return std::all_of(x, x + d, [](float value) { return value == 0; });
}

}  // namespace

bool normalise(const float* x, size_t d, float* out) {
  double squares = 0;
  for (size_t i = 0; i < d; ++i) squares += double(x[i]) * double(x[i]);
  const double scale = squares > 0 ? 1 / std::sqrt(squares) : 0;
  for (size_t i = 0; i < d; ++i) out[i] = float(double(x[i]) * scale);
  return squares > 0;
}

RowStore::RowStore(Metric metric, size_t dimension) : metric_(metric), dimension_(dimension) {
  if (dimension < 1 || dimension > kMaxDimension)
    base::user_error("vectors of {} numbers; an index takes 1 to {}", dimension, kMaxDimension);
}

RowStore::RowStore(IndexFile file)
    : metric_(file.header().metric),
      dimension_(size_t(file.header().dimension)),
      size_(file.header().rows),
      file_(std::move(file)) {}

void RowStore::append(Rows rows) {
  if (rows.n == 0) return;
  if (rows.d != dimension_) base::user_error("vectors of {} numbers for an index of {}", rows.d, dimension_);
  for (size_t i = 0; i < rows.n; ++i)
    for (size_t j = 0; j < rows.d; ++j)
      if (const float value = rows.row(i)[j]; !(std::abs(value) <= kMaxMagnitude))
        base::data_error("vector {}, number {}: {}; allowed are finite numbers up to {}", i, j, value, kMaxMagnitude);
  // Room first, so that a failing allocation adds nothing.
  const uint64_t before = size_ - file_.header().rows, after = before + rows.n;
  blocks_.reserve((after + kBlockRows - 1) / kBlockRows);
  absent_.resize((after + 63) / 64);
  while (blocks_.size() * kBlockRows < after) blocks_.emplace_back(kBlockRows * dimension_);
  for (size_t i = 0; i < rows.n; ++i) {
    const uint64_t at = before + i;
    float* out = blocks_[at / kBlockRows].data() + at % kBlockRows * dimension_;
    if (metric_ == Metric::cosine) {
      normalise(rows.row(i), dimension_, out);
    } else {
      std::memcpy(out, rows.row(i), dimension_ * sizeof(float));
    }
    if (is_zero(out, dimension_)) absent_[at / 64] |= uint64_t{1} << (at % 64);
  }
  size_ += rows.n;
}

void RowStore::copy_row(uint64_t i, float* out) const {
  ASTERISM_CHECK(i < size_, "row {} of {}", i, size_);
  std::memcpy(out, row(i), dimension_ * sizeof(float));
}

void RowStore::write(IndexFileWriter& writer) const {
  for (uint64_t i = 0; i < file_.header().rows; i += kBlockRows)
    writer.write_rows(file_.row(i), std::min(kBlockRows, file_.header().rows - i));
  const uint64_t later = size_ - file_.header().rows;
  for (uint64_t i = 0; i < later; i += kBlockRows)
    writer.write_rows(blocks_[i / kBlockRows].data(), std::min(kBlockRows, later - i));
  std::vector<uint64_t> words((size_ + 63) / 64);
  for (uint64_t i = 0; i < size_; ++i) words[i / 64] |= uint64_t{is_absent(i)} << (i % 64);
  writer.write_absent(words);
}

void RowStore::check() const {
  if (file_.header().rows > 0) file_.check();
  const std::string name = file_.path().empty() ? "index in memory" : "'" + file_.path().string() + "'";
  for (uint64_t i = 0; i < size_; ++i) {
    const float* x = row(i);
    double squares = 0;
    for (size_t j = 0; j < dimension_; ++j) {
      if (!(std::abs(x[j]) <= kMaxMagnitude)) base::data_error("{}: vector {}, number {}: {}", name, i, j, x[j]);
      squares += double(x[j]) * double(x[j]);
    }
    if (is_absent(i) != is_zero(x, dimension_))
      base::data_error("{}: vector {} is {}marked as absent, against its numbers", name, i, is_absent(i) ? "" : "not ");
    if (metric_ == Metric::cosine && !is_absent(i) && std::abs(squares - 1) > 1e-3)
      base::data_error("{}: vector {} has length {}; under cosine all have 1", name, i, std::sqrt(squares));
  }
}

}  // namespace asterism::search
