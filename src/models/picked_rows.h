#pragma once
// Some rows of a tensor, each at most once, and what they add to it. Both ways are gathers, forward and backward: what
// autograd makes of index_select is a sum into zeros, row by row and in turn, which a GPU is slow at.
// Letters: L rows, S of them picked, D width.

#include <ATen/ATen.h>

#include <vector>

namespace asterism::models {

class PickedRows {
 public:
  PickedRows(const std::vector<int64_t>& rows, int64_t of, const at::Device& device);
  at::Tensor pick(const at::Tensor& x_LD) const;    // -> [S, D]
  at::Tensor spread(const at::Tensor& x_SD) const;  // -> [L, D], zeros elsewhere

 private:
  at::Tensor row_S_, place_L_;  // place: among the picked; S for rows that are not
};

}  // namespace asterism::models
