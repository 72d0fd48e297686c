#include "nn/gpu_rows.h"

#include <c10/core/DeviceGuard.h>
#include <torch/csrc/autograd/custom_function.h>

#include <optional>
#include <string>

#include "nn/gpu_kernel_table.h"
#include "nn/gpu_norm.h"
#include "nn/gpu_sums.h"
#include "nn/norm.h"

namespace asterism::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t kNormThreads = 256, kLanes = 32;  // as the kernels have them

int64_t parts(int64_t whole, int64_t part) { return (whole + part - 1) / part; }

bool of_floats(const at::Tensor& x) { return !x.defined() || x.scalar_type() == at::kFloat; }

// What a layer may lack: autograd takes no undefined tensor, and wants none back for one that is not there.
using Maybe = std::optional<at::Tensor>;
Maybe maybe(const at::Tensor& x) { return x.defined() ? Maybe(x) : Maybe(); }
at::Tensor given(const Maybe& x) { return x.value_or(at::Tensor()); }

struct NormRows : torch::autograd::Function<NormRows> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& gamma, const Maybe& beta,
                            double epsilon, bool learns) {
    const auto stats = room_for_stats(x, learns);
    if (learns) context->save_for_backward({x, gamma, stats});
    context->saved_data["has_beta"] = beta.has_value();
    return norm_forward(x, dense(gamma), dense(given(beta)), epsilon, stats);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const c10::DeviceGuard guard(saved[0].device());
    auto of_x = at::empty(saved[0].sizes(), saved[0].options().requires_grad(false));
    const auto of = norm_backward(saved[0], gradients[0], dense(saved[1]), saved[2], {}, of_x);
    return {of_x, of.gamma, context->saved_data["has_beta"].toBool() ? of.beta : at::Tensor(), {}, {}};
  }
};

GpuKernel add_norm_kernel(const at::Tensor& x) {
  return gpu_kernel("add_norm", x.device(), {"WIDTH=" + std::to_string(x.size(-1)), "IN=" + gpu_name(x.scalar_type())});
}

SumAndNorm add_norm_forward(const at::Tensor& x, const at::Tensor& y, const at::Tensor& gain, const at::Tensor& gamma,
                            const at::Tensor& beta, double epsilon, const at::Tensor& stats) {
  SumAndNorm out{at::empty(x.sizes(), x.options().requires_grad(false)),
                 at::empty(x.sizes(), y.options().requires_grad(false))};
  const int64_t rows = x.numel() / x.size(-1);
  const int64_t width = x.size(-1), lanes = width > 128 ? kLanes : width > 64 ? 16 : 8;
  launch(add_norm_kernel(x), {parts(rows * lanes, kNormThreads)}, kNormThreads, gpu_address(x), gpu_address(y),
         gpu_address(gain), gpu_address(gamma), gpu_address(beta), float(epsilon), int64_t(rows), gpu_address(out.sum),
         gpu_address(out.normed), gpu_address(stats));
  return out;
}

struct AddNorm : torch::autograd::Function<AddNorm> {
  static variable_list forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& y_given,
                               const Maybe& has_gain, const Maybe& bias, const at::Tensor& gamma, const Maybe& beta,
                               double epsilon, bool learns) {
    context->set_materialize_grads(false);
    const auto gain = given(has_gain);
    const auto y = dense(y_given);
    const auto stats = room_for_stats(x, learns);
    const auto out = add_norm_forward(dense(x), y, dense(gain), dense(gamma), dense(given(beta)), epsilon, stats);
    context->saved_data["has_beta"] = beta.has_value();
    context->saved_data["has_bias"] = bias.has_value();
    if (learns) context->save_for_backward({out.sum, gain.defined() ? y : at::Tensor(), gain, gamma, stats});
    return {out.sum, out.normed};
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const auto &sum = saved[0], &gamma = saved[3];
    const c10::DeviceGuard guard(sum.device());
    const StreamParts stream{dense(gradients[0]), saved[1], dense(saved[2]), true,
                             context->saved_data["has_bias"].toBool()};
    const auto of_norm = gradients[1].defined() ? gradients[1] : at::zeros(sum.sizes(), sum.options());
    auto of_x = at::empty(sum.sizes(), sum.options().requires_grad(false));
    const auto of = norm_backward(sum.flatten(0, -2), of_norm.flatten(0, -2), dense(gamma), saved[4], stream, of_x);
    return {of_x, of.y, of.gain, of.bias, of.gamma, context->saved_data["has_beta"].toBool() ? of.beta : at::Tensor(),
            {},   {}};
  }
};

struct Gate : torch::autograd::Function<Gate> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& given) {
    const auto x = dense(given);
    context->save_for_backward({x});
    return run("gate_rows", x, {});
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto x = context->get_saved_variables()[0];
    return {run("gate_rows_backward", x, dense(gradients[0]))};
  }
  // [R, C]; with a gradient of that, [R, 2 C].
  static at::Tensor run(const char* name, const at::Tensor& x, const at::Tensor& gradient) {
    const c10::DeviceGuard guard(x.device());
    const int64_t rows = x.size(0), columns = x.size(1) / 2;
    const auto blocks = slices_of(rows, columns);
    const auto kernel = gpu_kernel(name, x.device());
    auto out = at::empty({rows, gradient.defined() ? x.size(1) : columns}, x.options().requires_grad(false));
    if (gradient.defined())
      launch(kernel, blocks, kSliceThreads, gpu_address(x), gpu_address(gradient), gpu_address(out), rows,
             int(columns));
    else
      launch(kernel, blocks, kSliceThreads, gpu_address(x), gpu_address(out), rows, int(columns));
    return out;
  }
};

}  // namespace

at::Tensor norm_on_gpu(const at::Tensor& x, const LayerNorm& norm) {
  if (!fits_norm(x, norm)) return {};
  const c10::DeviceGuard guard(x.device());
  if (!have_norm(x)) return {};
  return NormRows::apply(x, norm.weight, maybe(norm.bias), norm.epsilon, at::GradMode::is_enabled());
}

SumAndNorm add_norm_on_gpu(const at::Tensor& x, const at::Tensor& y, const at::Tensor& gain, const LayerNorm& norm,
                           const at::Tensor& bias) {
  if (!fits_norm(x, norm) || y.scalar_type() != at::kBFloat16 || y.sizes() != x.sizes()) return {};
  if (!of_floats(gain) || !of_floats(bias)) return {};
  const c10::DeviceGuard guard(x.device());
  if (!have_norm(x, gain.defined(), bias.defined()) || !add_norm_kernel(x)) return {};
  const auto out = AddNorm::apply(x, y, maybe(gain), maybe(bias), norm.weight, maybe(norm.bias), norm.epsilon,
                                  at::GradMode::is_enabled());
  return {out[0], out[1]};
}

at::Tensor gate_on_gpu(const at::Tensor& x) {
  if (!x.is_cuda() || x.scalar_type() != at::kBFloat16 || x.numel() == 0 || x.size(1) % 16 != 0) return {};
  const c10::DeviceGuard guard(x.device());
  if (!gpu_kernel("gate_rows", x.device()) || !gpu_kernel("gate_rows_backward", x.device())) return {};
  return Gate::apply(x);
}

}  // namespace asterism::nn
