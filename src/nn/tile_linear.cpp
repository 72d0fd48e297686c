#include "nn/tile_linear.h"

#include <torch/csrc/autograd/custom_function.h>

#include "base/error.h"
#include "nn/autocast.h"
#include "nn/kept_form.h"
#include "nn/tile_matrix.h"

namespace asterism::nn {
namespace {

// A matrix that tiles can read: floats, side by side along one of its dimensions.
at::Tensor readable(const at::Tensor& x) {
  const auto floats = x.to(at::kFloat);
  const bool rows = floats.stride(1) == 1 && floats.stride(0) >= floats.size(1),
             columns = floats.stride(0) == 1 && floats.stride(1) >= floats.size(0);
  return rows || columns ? floats : floats.contiguous();
}

MatrixView view(const at::Tensor& x) { return {x.const_data_ptr<float>(), x.stride(0), x.stride(1)}; }

at::Tensor multiplied(const at::Tensor& a_in, const at::Tensor& b_in, const at::Tensor& bias) {
  const auto a = readable(a_in), b = readable(b_in), shift = bias.defined() ? bias.to(at::kFloat).contiguous() : bias;
  const int64_t m = a.size(0), k = a.size(1), n = b.size(1);
  ASTERISM_CHECK(a.is_cpu() && b.is_cpu() && b.size(0) == k && (!bias.defined() || shift.numel() == n),
                 "[{}, {}] times [{}, {}]", m, k, b.size(0), n);
  if (k == 0 || m == 0 || n == 0) return bias.defined() ? shift.expand({m, n}).clone() : at::zeros({m, n});
  auto c = at::empty({m, n}, at::kFloat);
  TileMatrix(view(b), k, n)
      .multiply(m, view(a), shift.defined() ? shift.const_data_ptr<float>() : nullptr, c.mutable_data_ptr<float>(), n);
  return c;
}

// Without numbers in the bias there is none.
struct TileLinear : torch::autograd::Function<TileLinear> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x_RI,
                            const at::Tensor& weight_OI, const at::Tensor& bias_O) {
    context->save_for_backward({x_RI, weight_OI});
    return multiplied(x_RI, weight_OI.t(), bias_O.numel() > 0 ? bias_O : at::Tensor());
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    ASTERISM_CHECK(!at::GradMode::is_enabled(), "this has no second derivative");
    const auto saved = context->get_saved_variables();
    const auto& g = gradients[0];
    at::Tensor of_x, of_weight, of_bias;
    if (context->needs_input_grad(0)) of_x = multiplied(g, saved[1], {});
    if (context->needs_input_grad(1)) of_weight = multiplied(g.t(), saved[0], {});
    if (context->needs_input_grad(2)) of_bias = g.sum(0);
    return {of_x, of_weight, of_bias};
  }
};

}  // namespace

bool linear_by_tiles(const at::Tensor& x) {
  return x.is_cpu() && (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16) &&
         type_on(at::kCPU) == at::kBFloat16 && TileMatrix::available();
}

at::Tensor tile_linear(const at::Tensor& x, const at::Tensor& weight_OI, const at::Tensor& bias_O) {
  const auto rows = x.reshape({-1, x.size(-1)}).to(at::kFloat);
  auto shape = x.sizes().vec();
  shape.back() = weight_OI.size(0);
  return TileLinear::apply(rows, weight_OI, bias_O.defined() ? bias_O : at::empty({0})).view(shape);
}

at::Tensor linear_product(const at::Tensor& x, const at::Tensor& weight_OI, const at::Tensor& bias_O) {
  return linear_by_tiles(x) ? tile_linear(x, weight_OI, bias_O) : at::linear(x, weight_OI, bias_O);
}

at::Tensor layer_product(const at::Tensor& x, const at::Tensor& weight_OI, const at::Tensor& bias_O) {
  if (!linear_by_tiles(x) || at::GradMode::is_enabled()) return linear_product(x, weight_OI, bias_O);
  static KeptForms<TileMatrix> all;
  const auto tiles = all.of(weight_OI, {}, [&] {
    const auto w = readable(weight_OI.detach());
    return TileMatrix(view(w).transposed(), w.size(1), w.size(0));
  });
  const auto rows = x.reshape({-1, x.size(-1)}).to(at::kFloat).contiguous();
  ASTERISM_CHECK(rows.size(1) == weight_OI.size(1), "rows of {} for a weight of {}", rows.size(1), weight_OI.size(1));
  const auto bias = bias_O.defined() ? bias_O.detach().to(at::kFloat).contiguous() : bias_O;
  auto shape = x.sizes().vec();
  shape.back() = weight_OI.size(0);
  auto out = at::empty(shape, at::kFloat);
  tiles.multiply(rows.size(0), view(rows), bias.defined() ? bias.const_data_ptr<float>() : nullptr,
                 out.mutable_data_ptr<float>(), weight_OI.size(0));
  return out;
}

at::Tensor matrix_product(const at::Tensor& a_MK, const at::Tensor& b_KN) {
  return linear_by_tiles(a_MK) ? multiplied(a_MK, b_KN, {}) : at::matmul(a_MK, b_KN);
}

}  // namespace asterism::nn
