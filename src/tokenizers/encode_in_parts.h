#pragma once
// Many objects encoded a few at a time, so that memory does not grow with their number.

#include <algorithm>
#include <numeric>
#include <vector>

#include "tokenizers/tokenizer.h"

namespace asterism::tokenizers {

// The tokens of all objects of the block, `at_once` (> 0) being given to `encode` together.
template <class Encode>
Tokens encode_in_parts(const modalities::Block& block, int64_t at_once, const Encode& encode) {
  const int64_t n = modalities::rows(block);
  if (n <= at_once) return encode(block);
  std::vector<at::Tensor> ids, present;
  for (int64_t start = 0; start < n; start += at_once) {
    std::vector<int64_t> rows(size_t(std::min(at_once, n - start)));
    std::iota(rows.begin(), rows.end(), start);
    const Tokens part = encode(modalities::select(block, rows));
    ids.push_back(part.ids);
    present.push_back(part.present);
  }
  return {at::cat(ids), at::cat(present)};
}

}  // namespace asterism::tokenizers
