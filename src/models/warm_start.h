#pragma once
// Starting a model from the weights of another: what has the same name and shape is taken, the rest keeps its first
// value. Adding a modality to a trained model is this, with the rows of stacked tensors (all scalars in one) matched by
// the modality they belong to.

#include <ATen/ATen.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "nn/parameters.h"

namespace asterism::models {

// What became of the tensors.
struct WarmStart {
  std::vector<std::string> taken;              // every number is the other model's
  std::map<std::string, at::Tensor> fresh;     // parameters that hold new numbers: bool of their shape, true where new
  std::map<std::string, std::string> missing;  // here, not (or in another shape) there -> the nearest name there
  std::map<std::string, std::string> unused;   // there, without a place here -> the nearest name here

  // "12 tensors taken; new here: ...; not used: ..." with at most `most` names of each kind.
  std::string text(size_t most = 8) const;
};

// Where the first dimension of a tensor is a list of things: row i here is row rows[i] there; -1: new.
using StackedRows = std::map<std::string, std::vector<int64_t>>;

// Copies values into `mine`. Shapes that differ by dimensions of 1 alone are the same. A tensor of `stacked` takes row
// by row; where its second dimension is longer here, the rest is new. Buffers are taken in the same way. DataError,
// naming `source`, for values that are not finite; UserError where nothing at all fits.
WarmStart start_from(nn::Parameters& mine, const std::map<std::string, at::Tensor>& theirs, const StackedRows& stacked,
                     const std::string& source);

}  // namespace asterism::models
