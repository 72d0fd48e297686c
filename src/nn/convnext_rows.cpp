#include "nn/convnext_rows.h"

#include <algorithm>

#include "nn/in_threads.h"

namespace asterism::nn {
namespace {

constexpr int64_t kRows = 140;  // at once: with their hidden rows they fit a core's cache

// Equal parts of 0 .. L - 1.
struct Parts {
  int64_t L;
  int64_t count() const { return (L + kRows - 1) / kRows; }
  int64_t begin(int64_t part) const { return part * L / count(); }
};

// The second layer of hidden rows before their response.
PanelLayer folded(const ConvNextWeights& w, const at::Tensor& factor) {
  PanelLayer out;
  out.panels = at::empty_like(w.out.panels);
  out.bias = w.out.bias.clone();
  const int64_t D = out.panels.size(1), width = out.panels.size(2);
  const auto* from = w.out.panels.const_data_ptr<float>();
  auto *to = out.panels.mutable_data_ptr<float>(), *bias = out.bias.mutable_data_ptr<float>();
  const InputFold fold{factor.const_data_ptr<float>(), w.beta, D};
  in_threads(out.panels.size(0), 1, [&](int64_t first, int64_t last) {
    for (int64_t p = first; p < last; ++p)
      fold_into_panel(fold, from + p * D * width, to + p * D * width, bias + p * width);
  });
  return out;
}

// Rows of so many numbers lie this far apart: no power of two, or all would go for one place of the cache.
int64_t stride_of(int64_t numbers) { return numbers + 16; }

// One object; x and out are different.
void one_object(const ConvNextWeights& w, const float* x, int64_t L, float* out) {
  const int64_t C = w.front.C, D = 4 * C, padded = w.in.bias.size(0), apart = stride_of(D);
  const Parts parts{L};
  const auto hidden = at::empty({L, apart}), squares = at::zeros({parts.count(), padded});
  auto* h = hidden.mutable_data_ptr<float>();
  in_threads(parts.count(), 1, [&](int64_t first, int64_t last) {
    const auto mixed = at::empty({kRows, stride_of(C)});
    auto* rows = mixed.mutable_data_ptr<float>();
    for (int64_t part = first; part < last; ++part) {
      const int64_t begin = parts.begin(part), end = parts.begin(part + 1);
      depthwise_norm(w.front, {x, L, begin, end, rows, stride_of(C)});
      multiply_gelu({rows, stride_of(C), end - begin, C, D, w.in.panels.const_data_ptr<float>(),
                     w.in.bias.const_data_ptr<float>(), h + begin * apart, apart},
                    squares.mutable_data_ptr<float>() + part * padded);
    }
  });
  const auto factor = at::empty({D});
  response_factors(squares.const_data_ptr<float>(), parts.count(), padded, D, w.gamma,
                   factor.mutable_data_ptr<float>());
  const auto second = folded(w, factor);
  in_threads(parts.count(), 1, [&](int64_t first, int64_t last) {
    for (int64_t part = first; part < last; ++part) {
      const int64_t begin = parts.begin(part), end = parts.begin(part + 1);
      multiply_add({h + begin * apart, apart, end - begin, D, C, second.panels.const_data_ptr<float>(),
                    second.bias.const_data_ptr<float>(), out + begin * C, C},
                   x + begin * C);
    }
  });
}

}  // namespace

at::Tensor convnext_rows(const ConvNextWeights& w, const at::Tensor& x) {
  const int64_t B = x.size(0), L = x.size(1), C = x.size(2);
  const auto out = at::empty_like(x);
  const auto some = [&](int64_t first, int64_t last) {
    for (int64_t b = first; b < last; ++b)
      one_object(w, x.const_data_ptr<float>() + b * L * C, L, out.mutable_data_ptr<float>() + b * L * C);
  };
  if (B < threads_here())
    some(0, B);  // the threads share an object
  else
    in_threads(B, 1, some);
  return out;
}

}  // namespace asterism::nn
