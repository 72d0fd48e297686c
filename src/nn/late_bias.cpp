#include "nn/late_bias.h"

#include <c10/core/DeviceGuard.h>
#include <torch/csrc/autograd/custom_function.h>

#include "nn/autocast.h"
#include "nn/gpu_kernel_table.h"
#include "nn/gpu_sums.h"
#include "nn/narrow_weights.h"

namespace asterism::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t kMultiple = 64;  // of what the kernels take

bool applies(const Linear& layer, const at::Tensor& x) {
  const auto& bias = layer.bias;
  return x.is_cuda() && x.numel() > 0 && at::GradMode::is_enabled() && type_on(x.device()) == at::kBFloat16 &&
         bias.defined() && bias.requires_grad() && bias.scalar_type() == at::kFloat && bias.size(0) % kMultiple == 0;
}

at::Tensor product(const Linear& layer, const at::Tensor& x) {
  return at::linear(x, for_product(layer.weight), for_product(layer.bias).detach());
}

struct Gelu : torch::autograd::Function<Gelu> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& given, const at::Tensor& bias) {
    (void)bias;  // x has it; only its gradient is wanted
    const auto x = dense(given);
    context->save_for_backward({x});
    return at::gelu(x);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto x = context->get_saved_variables()[0], g = dense(gradients[0].to(x.scalar_type()));
    const c10::DeviceGuard guard(x.device());
    const int64_t columns = x.size(-1), rows = x.numel() / columns;
    const auto blocks = slices_of(rows, columns);
    auto out = at::empty(x.sizes(), x.options().requires_grad(false));
    const auto partial = at::empty({blocks.y, columns}, out.options().dtype(at::kFloat));
    launch(gpu_kernel("gelu_rows_backward", x.device()), blocks, kSliceThreads, gpu_address(x), gpu_address(g),
           gpu_address(out), int64_t(rows), int(columns), gpu_address(partial));
    return {out, sum_of_rows(partial)};
  }
};

}  // namespace

LateBias late_bias(const Linear& layer, const PackedLinear& fast, const at::Tensor& x) {
  if (!applies(layer, x)) return {fast(layer, x), {}};
  return {product(layer, x), layer.bias};
}

at::Tensor settled(const LateBias& late) {
  if (!late.bias.defined()) return late.y;
  return late.y + (late.bias - late.bias.detach()).to(late.y.scalar_type());
}

at::Tensor gelu_product(const Linear& layer, const PackedLinear& fast, const at::Tensor& x) {
  const auto has = [&](const char* name) { return bool(gpu_kernel(name, x.device())); };
  if (!applies(layer, x) || !has("gelu_rows_backward") || !has("sum_of_rows")) return fast(layer, x, true);
  return Gelu::apply(product(layer, x), layer.bias);
}

}  // namespace asterism::nn
