#pragma once
// Products of eight-bit integers by the processor's tiles (matrix_tiles.h). Sums leave a piece of a row at a time,
// while they are in the cache: written out whole and read again they would take longer than the products.

#include <ATen/ATen.h>

#include <cstdint>
#include <functional>
#include <memory>

namespace asterism::nn {

class ByteTiles {
 public:
  static bool available();  // on this processor

  ByteTiles() = default;
  // Of a weight [O, I] in kChar, kept in the order in which it is read.
  explicit ByteTiles(const at::Tensor& bytes_OI);
  bool defined() const { return tiles_ != nullptr; }

  // Takes `count` sums of row `row` from output `first` on. Called once for every piece of every row, from several
  // threads.
  using Take = std::function<void(int64_t row, int64_t first, int64_t count, const int32_t* sums)>;
  // x W^T of x [R, I] in kChar, contiguous.
  void multiply(const at::Tensor& bytes_RI, const Take& take) const;

  // Whether outputs come in halves of whole tiles.
  bool halves() const { return outputs_ % 32 == 0; }
  // Outputs o and O / 2 + o together, for a first and a second half that belong to each other.
  using TakePairs = std::function<void(int64_t row, int64_t first, int64_t count, const int32_t* sums,
                                       const int32_t* sums_of_second)>;
  void multiply_halves(const at::Tensor& bytes_RI, const TakePairs& take) const;

 private:
  int64_t outputs_ = 0, inputs_ = 0;
  std::shared_ptr<const int8_t> tiles_;  // copies share it
};

}  // namespace asterism::nn
