#pragma once
// One number as the index of a table of K values, as AION-1 quantises scalars: the first value that is not below it
// (so codes round up), after an optional squeeze of the range.

#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "nn/scope.h"

namespace asterism::tokenizers::aion {

// Element-wise functions by their names in Python's torch ("arcsinh", "sinh", "log1p", ...), applied one after the
// other. UserError naming the nearest for one that is not known.
void check_functions(const std::vector<std::string>& names);
at::Tensor apply_functions(const std::vector<std::string>& names, const at::Tensor& x);

// Values of the table at K evenly spread quantiles of a sample (any order, finite, not empty): equal-mass bins.
at::Tensor quantile_table(const at::Tensor& sample_R, int64_t K);

// How far each entry of a rising table [K] lies above the one before, [K]; the first, and entries that repeat, have the
// first step that there is. 1 where all entries are the same.
at::Tensor table_steps(const at::Tensor& table_K);

// [...] fp32 -> int64 [...]: the number of table entries below x, the last entry not counted. NaN: the last code.
at::Tensor table_codes(const at::Tensor& x, const at::Tensor& table_K);

// True where x lies within one rounding of an edge, so that another processor's log or asinh may give the code beside.
at::Tensor near_an_edge(const at::Tensor& x, const at::Tensor& table_K);

}  // namespace asterism::tokenizers::aion
