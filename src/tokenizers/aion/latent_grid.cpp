#include "tokenizers/aion/latent_grid.h"

#include <algorithm>

#include "base/error.h"
#include "nn/in_threads.h"

namespace asterism::tokenizers::aion {

namespace {

// One row: `from` of n wavelengths, C series of them `stride` apart.
struct Row {
  const float *x, *values, *onto;
  float* out;
  int64_t n, m, series, stride;
};

void interpolate_row(const Row& row) {
  int64_t below = 0;  // pixels of x below the last wavelength asked for; these mostly increase
  for (int64_t j = 0; j < row.m; ++j) {
    const float at = row.onto[j];
    if (at < row.x[0] || at > row.x[row.n - 1]) {
      for (int64_t c = 0; c < row.series; ++c) row.out[c * row.m + j] = 0;
      continue;
    }
    if (below > 0 && !(row.x[below - 1] < at)) below = std::lower_bound(row.x, row.x + row.n, at) - row.x;
    while (below < row.n && row.x[below] < at) ++below;
    const int64_t i = std::clamp<int64_t>(below - 1, 0, row.n - 2);
    const float offset = at - row.x[i], width = row.x[i] - row.x[i + 1];
    for (int64_t c = 0; c < row.series; ++c) {
      const float* y = row.values + c * row.stride;
      const float slope = (y[i] - y[i + 1]) / width;
      row.out[c * row.m + j] = y[i] + offset * slope;
    }
  }
}

}  // namespace

at::Tensor interpolate(const at::Tensor& x_in, const at::Tensor& values_in, const at::Tensor& onto_in,
                       const std::vector<int64_t>& lengths) {
  const auto x = x_in.to(at::kFloat).contiguous(), values = values_in.to(at::kFloat).contiguous(),
             onto = onto_in.to(at::kFloat).contiguous();
  const int64_t B = x.size(0), N = x.size(1), C = values.size(1), M = onto.size(-1);
  ASTERISM_CHECK(values.size(0) == B && values.size(2) == N, "{} x {} values for {} x {} wavelengths", values.size(0),
                 values.size(2), B, N);
  ASTERISM_CHECK(lengths.empty() || int64_t(lengths.size()) == B, "{} lengths for {} rows", lengths.size(), B);
  for (int64_t b = 0; b < B; ++b)
    if ((lengths.empty() ? N : lengths[size_t(b)]) < 2)
      base::user_error("spectrum {} has fewer than two pixels with a wavelength.", b);
  auto out = at::empty({B, C, M});
  const bool shared = onto.dim() == 1;
  nn::in_threads(B, 1, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; ++b)
      interpolate_row({x.const_data_ptr<float>() + b * N, values.const_data_ptr<float>() + b * C * N,
                       onto.const_data_ptr<float>() + (shared ? 0 : b * M), out.mutable_data_ptr<float>() + b * C * M,
                       lengths.empty() ? N : lengths[size_t(b)], M, C, N});
  });
  return out;
}

}  // namespace asterism::tokenizers::aion
