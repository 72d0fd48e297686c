#pragma once
// Rows of many objects laid out one object after the other, without padding; within an object in the order of the
// candidates. Letters: R rows as they were chosen (candidate after candidate), L rows as they are laid out, D width.

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "models/budget.h"
#include "nn/ranges.h"

namespace asterism::models {

struct Packing {
  nn::Ranges objects;                        // of L: one range for each object of the batch
  std::vector<std::vector<int64_t>> placed;  // where each row lies, by candidate

  at::Tensor places_R() const;  // all candidates, one after the other
  // x [R, D] (in that order) -> [L, D], zero where there is no row. places_R: as above, where x is.
  at::Tensor scatter(const at::Tensor& x_RD, const at::Tensor& places_R) const;
  at::Tensor scatter(const at::Tensor& x_RD) const;
  // Mean over the rows of each object, differentiable -> [objects, D]; objects without rows: zeros.
  at::Tensor mean(const at::Tensor& x_LD) const;
};

// Each object's rows; one with keep[i] has at least `least` of them, filled up with rows of zeros.
Packing pack(const std::vector<Rows>& rows, const std::vector<uint8_t>& keep, int64_t least);

// Groups of rows that belong to no object, after the others and the same number in both, until both have as many rows
// as a GPU has met before (nn::rows_at_once): what they become is nobody's. No group is longer than `longest`.
void fill_up(Packing& in, Packing& out, int64_t longest = 256);

// Rows of each object over all candidates.
std::vector<int64_t> row_counts(const std::vector<Rows>& rows, int64_t objects);

}  // namespace asterism::models
