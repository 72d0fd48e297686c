#include "models/picked_rows.h"

#include <torch/csrc/autograd/custom_function.h>

#include "base/error.h"
#include "models/wrap.h"
#include "nn/device.h"

namespace asterism::models {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

at::Tensor picked(const at::Tensor& x_LD, const at::Tensor& row_S) { return x_LD.index_select(0, row_S); }

at::Tensor spread_out(const at::Tensor& x_SD, const at::Tensor& place_L) {
  return at::cat({x_SD, at::zeros({1, x_SD.size(1)}, x_SD.options().requires_grad(false))}).index_select(0, place_L);
}

struct Pick : torch::autograd::Function<Pick> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& row,
                            const at::Tensor& place) {
    context->save_for_backward({place});
    return picked(x, row);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    return {spread_out(gradients[0], context->get_saved_variables()[0]), {}, {}};
  }
};

struct Spread : torch::autograd::Function<Spread> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& row,
                            const at::Tensor& place) {
    context->save_for_backward({row});
    return spread_out(x, place);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    return {picked(gradients[0], context->get_saved_variables()[0]), {}, {}};
  }
};

}  // namespace

PickedRows::PickedRows(const std::vector<int64_t>& rows, int64_t of, const at::Device& device) {
  const auto count = int64_t(rows.size());
  std::vector<int64_t> place(size_t(of), count);
  for (int64_t i = 0; i < count; ++i) {
    auto& free = place.at(size_t(rows[size_t(i)]));
    ASTERISM_CHECK(free == count, "row {} is picked twice", rows[size_t(i)]);
    free = i;
  }
  row_S_ = nn::onto(device, rows);
  place_L_ = nn::onto(device, place);
}

at::Tensor PickedRows::pick(const at::Tensor& x) const { return Pick::apply(x, row_S_, place_L_); }

at::Tensor PickedRows::spread(const at::Tensor& x) const { return Spread::apply(x, row_S_, place_L_); }

}  // namespace asterism::models
