#pragma once
// What a learned tokenizer must beat with the same number of bits: principal components, each rounded to a fixed number
// of levels.

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "eval/methods/pca.h"

namespace asterism::eval {

struct PcaCodec {
  Pca pca;
  std::vector<int64_t> bits;  // of each component; components with 0 bits decode to their mean
  std::vector<double> low,
      high;  // range that is divided into 2^bits equal steps: the central 99.8% of the training rows
  // What each code of a component with few bits decodes to: the mean of the training rows with that code (with one bit,
  // the middle of a step would be worse than no bit at all). Undefined for many bits: the middle of the step.
  std::vector<at::Tensor> means;

  // `total_bits` are dealt one at a time to the component with the largest remaining squared error, variance / 4^bits
  // (reverse water-filling, Cover & Thomas 2006, section 10.3.3). At most `max_components` components are computed.
  // `weight_M`: as Pca::fit.
  static PcaCodec fit(const at::Tensor& x_MD, int64_t total_bits, int64_t max_components = 64,
                      const at::Tensor& weight_M = {});
  at::Tensor codes(const at::Tensor& x_ND) const;       // int64 [N, K], 0 <= code < 2^bits
  at::Tensor decode(const at::Tensor& codes_NK) const;  // float64 [N, D]
  int64_t total_bits() const;
};

}  // namespace asterism::eval
