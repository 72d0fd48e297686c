#pragma once
// Which rows of a tensor belong together: rows [starts[g], starts[g + 1]) are group g (an object, say, or the tokens of
// one modality of an object). Rows of objects of different lengths lie one after the other, without padding.

#include <cstdint>
#include <vector>

namespace asterism::nn {

struct Ranges {
  std::vector<int64_t> starts{0};  // one more than there are groups, ascending

  int64_t groups() const { return int64_t(starts.size()) - 1; }
  int64_t rows() const { return starts.back(); }
  int64_t length(int64_t g) const { return starts[size_t(g + 1)] - starts[size_t(g)]; }
  int64_t longest() const {
    int64_t most = 0;
    for (int64_t g = 0; g < groups(); ++g) most = length(g) > most ? length(g) : most;
    return most;
  }
  // Groups [first, end), their rows counted from 0.
  Ranges between(int64_t first, int64_t end) const {
    Ranges out;
    for (int64_t g = first; g < end; ++g) out.add(length(g));
    return out;
  }
  void add(int64_t length) { starts.push_back(starts.back() + length); }
};

}  // namespace asterism::nn
