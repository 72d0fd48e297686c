#include "models/repeated_rows.h"

#include <torch/csrc/autograd/custom_function.h>

namespace asterism::models {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t kShort = 1024;  // longer tables have few tokens a row

struct Repeated : torch::autograd::Function<Repeated> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& table, const at::Tensor& index) {
    context->save_for_backward({index});
    context->saved_data["sizes"] = table.sizes().vec();
    return table.index_select(0, index);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto index = context->get_saved_variables()[0];
    const auto sizes = context->saved_data["sizes"].toIntVector();
    const auto g = gradients[0].reshape({index.size(0), -1});
    const auto is_of_NR = at::arange(sizes[0], index.options()).unsqueeze(1).eq(index.unsqueeze(0));
    return {at::mm(is_of_NR.to(g.scalar_type()), g).view(sizes), {}};
  }
};

}  // namespace

at::Tensor repeated_rows(const at::Tensor& table, const at::Tensor& index) {
  const bool counts = !table.is_cpu() && table.numel() > 0 && index.numel() > 0 && table.size(0) <= kShort;
  return counts ? Repeated::apply(table, index) : table.index_select(0, index);
}

}  // namespace asterism::models
