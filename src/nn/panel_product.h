#pragma once
// Products of matrices in float32 on one thread, with what follows a layer done while its rows are still in registers.
// Weights lie in panels of outputs, a row of a panel for each input. In vectors of sixteen where the processor has
// AVX-512, of eight elsewhere; a sum is taken in the order of its inputs, however many rows there are.

#include <ATen/ATen.h>

#include <cstdint>

namespace asterism::nn {

int64_t panel_width();  // outputs of a panel, here

struct PanelLayer {
  PanelLayer() = default;
  PanelLayer(const at::Tensor& weight_NK, const at::Tensor& bias_N);
  at::Tensor panels;  // [panels, K, panel_width()], zeros beyond N
  at::Tensor bias;    // [panels panel_width()], zeros beyond N
};

struct PanelProduct {
  const float* x;  // [M, K], rows so far apart; a power of two apart they would take each other's place in a cache
  int64_t x_stride;
  int64_t M, K, N;
  const float *panels, *bias;  // of a PanelLayer
  float* out;                  // [M, N]
  int64_t out_stride;
};

// out = GELU(x W^T + bias), and squares += the sums over rows of out^2 (as long as the bias).
void multiply_gelu(const PanelProduct& p, float* squares);

// out = base + x W^T + bias; base lies as out does, and may be it.
void multiply_add(const PanelProduct& p, const float* base);

// Of inputs that become factor x + shift: weights and bias that give of x what those gave of it. One panel.
struct InputFold {
  const float *factor, *shift;
  int64_t K;
};
void fold_into_panel(const InputFold& f, const float* panel, float* out_panel, float* bias_of_panel);

}  // namespace asterism::nn
