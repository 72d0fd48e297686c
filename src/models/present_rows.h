#pragma once
// The observations that are there. Where surveys are joined most objects lack most of them, and rows of nothing need
// not be looked at.

#include <cstdint>
#include <memory>
#include <vector>

#include "models/input_embedding.h"

namespace asterism::models {

class PresentRows {
 public:
  PresentRows() = default;
  // The block must outlive this.
  explicit PresentRows(const modalities::Block& block);

  bool any() const { return block_ != nullptr; }
  bool all() const { return row_N_.empty(); }
  // The block itself, or one of the rows that are there (n of N).
  const modalities::Block& block() const { return *block_; }
  // Of objects (int64 [R], each one with an observation): their rows in block().
  at::Tensor rows_of(const at::Tensor& object_R) const;

  // What was found of the rows that are there, laid out for all N objects: nothing where there is none.
  std::vector<uint8_t> spread(const std::vector<uint8_t>& values_n) const;  // [n, each] -> [N, each]
  Places spread(Places places, int64_t columns) const;
  at::Tensor spread(const at::Tensor& values_n) const;  // [n, ...] -> [N, ...]

 private:
  std::shared_ptr<const modalities::Block> own_;
  const modalities::Block* block_ = nullptr;
  std::vector<int64_t> object_n_, row_N_;  // row_N: -1 where there is none
};

}  // namespace asterism::models
