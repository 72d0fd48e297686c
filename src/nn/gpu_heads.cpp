#include "nn/gpu_heads.h"

#include <c10/core/DeviceGuard.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "nn/gpu_kernel_table.h"
#include "nn/gpu_norm.h"
#include "nn/gpu_sums.h"
#include "nn/norm.h"

namespace asterism::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// What a part may lack: autograd takes no undefined tensor, and wants none back for one that is not there.
using Maybe = std::optional<at::Tensor>;
Maybe maybe(const at::Tensor& x) { return x.defined() ? Maybe(x) : Maybe(); }
at::Tensor given(const Maybe& x) { return x.value_or(at::Tensor()); }

// out[:, part] = from; of each slice of its rows the sums, from partial's column `first` on.
void place(const at::Tensor& from, const at::Tensor& out, const at::Tensor& partial, int64_t first) {
  if (!from.defined()) {
    out.zero_();
    return;
  }
  const auto rows = dense(from);
  const int64_t R = rows.size(0), columns = rows.numel() / R, apart = partial.defined() ? partial.size(1) : 0;
  launch(gpu_kernel("place_rows", out.device()), slices_of(R, columns), kSliceThreads, gpu_address(rows),
         gpu_address(out), int64_t(R), int(columns), int64_t(out.stride(0)),
         partial.defined() ? partial.data_ptr<float>() + first : nullptr, int(apart));
}

// Of the sums that parts without norms make of their gradients.
at::Tensor room_for_sums(const at::Tensor& x, bool wanted) {
  if (!wanted) return {};
  const int64_t columns = x.size(2) * x.size(3);
  return at::zeros({slices_of(x.size(0), columns).y, x.size(1) * columns},
                   x.options().dtype(at::kFloat).requires_grad(false));
}

// Which parts have a norm, and its numbers.
struct PartNorm {
  at::Tensor gamma, beta;
};

struct Heads : torch::autograd::Function<Heads> {
  static variable_list forward(AutogradContext* context, const at::Tensor& x, const Maybe& gamma0, const Maybe& beta0,
                               const Maybe& gamma1, const Maybe& beta1, const Maybe& gamma2, const Maybe& beta2,
                               const Maybe& bias, const std::vector<double>& epsilons, bool learns) {
    context->set_materialize_grads(false);
    const std::array<PartNorm, 3> norms{
        {{given(gamma0), given(beta0)}, {given(gamma1), given(beta1)}, {given(gamma2), given(beta2)}}};
    std::array<at::Tensor, 3> stats;
    context->saved_data["has_bias"] = bias.has_value();
    context->saved_data["has_beta"] = std::vector<int64_t>{beta0.has_value(), beta1.has_value(), beta2.has_value()};
    variable_list out;
    for (int64_t p = 0; p < x.size(1); ++p) {
      const auto& norm = norms[size_t(p)];
      const auto part = x.select(1, p);
      if (!norm.gamma.defined()) {
        out.push_back(part);
        continue;
      }
      stats[size_t(p)] = room_for_stats(part, learns);
      out.push_back(norm_forward(part, dense(norm.gamma), dense(norm.beta), epsilons[size_t(p)], stats[size_t(p)]));
    }
    if (learns)
      context->save_for_backward({x, norms[0].gamma, norms[1].gamma, norms[2].gamma, stats[0], stats[1], stats[2]});
    return out;
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const auto has_beta = context->saved_data["has_beta"].toIntVector();
    const auto& x = saved[0];
    const c10::DeviceGuard guard(x.device());
    auto of_x = at::empty(x.sizes(), x.options().requires_grad(false));
    const auto partial = room_for_sums(x, context->saved_data["has_bias"].toBool());
    variable_list out(10);
    out[0] = of_x;
    for (int64_t p = 0; p < x.size(1); ++p) {
      auto part = of_x.select(1, p);
      const auto& gradient = gradients[size_t(p)];
      const auto& gamma = saved[size_t(p + 1)];
      if (!gamma.defined() || !gradient.defined()) {
        place(gradient, part, partial, p * part.size(1) * part.size(2));
        continue;
      }
      const auto of = norm_backward(x.select(1, p), gradient, dense(gamma), saved[size_t(p + 4)], {}, part);
      out[size_t(2 * p + 1)] = of.gamma;
      if (has_beta[size_t(p)]) out[size_t(2 * p + 2)] = of.beta;
    }
    if (partial.defined()) out[7] = sum_of_rows(partial);
    return out;
  }
};

}  // namespace

std::array<at::Tensor, 3> heads_on_gpu(const at::Tensor& x, const std::array<const LayerNorm*, 3>& norms,
                                       const at::Tensor& bias) {
  const bool takes = x.is_cuda() && x.scalar_type() == at::kBFloat16 && x.numel() > 0 && x.is_contiguous() &&
                     x.dim() == 4 && x.size(1) <= 3 && x.size(2) * x.size(3) % 8 == 0;
  if (!takes) return {};
  const c10::DeviceGuard guard(x.device());
  bool any = x.requires_grad() || bias.defined(), normed = false;
  for (const auto* norm : norms) {
    if (norm == nullptr) continue;
    if (!fits_norm(x, *norm) || !have_norm(x.select(1, 0))) return {};
    any = normed = true;
  }
  if (!any || (normed && bias.defined())) return {};
  if (!gpu_kernel("place_rows", x.device()) || !gpu_kernel("sum_of_rows", x.device())) return {};
  std::array<Maybe, 3> gamma, beta;
  std::array<at::Tensor, 3> out;
  std::vector<double> epsilons(3, 0);
  for (size_t p = 0; p < 3; ++p) {
    if (norms[p] == nullptr) continue;
    gamma[p] = norms[p]->weight;
    beta[p] = maybe(norms[p]->bias);
    epsilons[p] = norms[p]->epsilon;
  }
  const auto made = Heads::apply(x, gamma[0], beta[0], gamma[1], beta[1], gamma[2], beta[2], maybe(bias), epsilons,
                                 at::GradMode::is_enabled());
  std::copy(made.begin(), made.end(), out.begin());
  return out;
}

}  // namespace asterism::nn
