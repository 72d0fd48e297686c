#include "nn/gpu_rows.h"

#include <c10/core/DeviceGuard.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "nn/autocast.h"
#include "nn/gpu_kernel_table.h"
#include "nn/norm.h"

namespace asterism::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t kRowsOfBlock = 8, kThreads = 128;  // as the kernels have them
constexpr int64_t kShort = 128;
constexpr int64_t kBlocks = 528;  // of a backward pass: they fill a GPU; twice as many where rows are short

int64_t parts(int64_t whole, int64_t part) { return (whole + part - 1) / part; }

bool fits_width(int64_t width) { return width % 64 == 0 && width >= 64 && width <= 2048; }

bool of_floats(const at::Tensor& x) { return !x.defined() || x.scalar_type() == at::kFloat; }

// What a layer may lack: autograd takes no undefined tensor, and wants none back for one that is not there.
using Maybe = std::optional<at::Tensor>;
Maybe maybe(const at::Tensor& x) { return x.defined() ? Maybe(x) : Maybe(); }
at::Tensor given(const Maybe& x) { return x.value_or(at::Tensor()); }

at::Tensor dense(const at::Tensor& x) { return x.defined() ? x.contiguous() : x; }

// Are products of x in bfloat16?
bool narrow(const at::Tensor& x) {
  return x.is_cuda() && x.numel() > 0 &&
         (x.scalar_type() == at::kBFloat16 || (x.scalar_type() == at::kFloat && type_on(x.device()) == at::kBFloat16));
}

bool fits(const at::Tensor& x, const LayerNorm& norm) {
  return narrow(x) && fits_width(x.size(-1)) && norm.weight.scalar_type() == at::kFloat && of_floats(norm.bias);
}

// How rows lie, as gpu_norm_source.h has it.
struct Rows {
  at::Tensor x;
  int64_t width = 0, rows = 0, heads = 1, stride = 0;
};

Rows rows_of(const at::Tensor& given) {
  Rows out{given, given.size(-1), given.numel() / given.size(-1), 1, given.size(-1)};
  const bool grouped = given.dim() == 3 && given.stride(2) == 1 && given.stride(1) == out.width &&
                       given.stride(0) % 2 == 0 && given.storage_offset() % 2 == 0;
  if (grouped) {
    out.heads = given.size(1);
    out.stride = given.stride(0);
  } else {
    out.x = given.contiguous();
  }
  return out;
}

std::vector<std::string> widths(const Rows& rows) {
  return {"WIDTH=" + std::to_string(rows.width), "IN=" + gpu_name(rows.x.scalar_type())};
}

// Room for mean and 1 / deviation of each row, where a gradient will want them.
at::Tensor room_for_stats(const at::Tensor& x, bool kept) {
  return kept ? at::empty({x.numel() / x.size(-1), 2}, x.options().dtype(at::kFloat).requires_grad(false))
              : at::Tensor();
}

at::Tensor norm_forward(const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& beta, double epsilon,
                        const at::Tensor& stats) {
  const auto from = rows_of(x);
  auto out = at::empty(x.sizes(), x.options().dtype(at::kBFloat16).requires_grad(false));
  launch(gpu_kernel("norm_rows", x.device(), widths(from)), {parts(from.rows, kRowsOfBlock), 1, 1}, 32 * kRowsOfBlock,
         gpu_address(from.x), gpu_address(gamma), gpu_address(beta), float(epsilon), int64_t(from.rows),
         int(from.heads), int64_t(from.stride), gpu_address(out), gpu_address(stats));
  return out;
}

// What a norm is of, besides x: the sum of a stream has a gradient of its own, and parts.
struct Stream {
  at::Tensor of_sum, y, gain;
  bool wants_y = false;
};

struct NormGradients {
  at::Tensor y, gamma, beta, gain;
};

// of_x is filled: laid out as x is, or dense.
NormGradients norm_backward(const at::Tensor& given, const at::Tensor& gradient, const at::Tensor& gamma,
                            const at::Tensor& stats, const Stream& stream, at::Tensor& of_x) {
  const auto from = rows_of(given);
  const auto g = gradient.to(at::kBFloat16).contiguous();
  const int64_t blocks = std::min(from.rows, from.width <= kShort ? 2 * kBlocks : kBlocks);
  const int64_t of_stride = from.heads > 1 ? of_x.stride(0) : from.width;
  auto definitions = widths(from);
  definitions.emplace_back(stream.gain.defined() ? "HAS_GAIN=1" : "HAS_GAIN=0");
  const auto partial = at::empty({blocks, 3, from.width}, gamma.options().requires_grad(false));
  NormGradients out;
  if (stream.wants_y) out.y = at::empty(given.sizes(), g.options());
  launch(gpu_kernel("norm_rows_backward", given.device(), definitions), {blocks, 1, 1}, 32 * kRowsOfBlock,
         gpu_address(from.x), gpu_address(stats), gpu_address(g), gpu_address(stream.of_sum), gpu_address(stream.y),
         gpu_address(stream.gain), gpu_address(gamma), int64_t(from.rows), int(from.heads), int64_t(from.stride),
         int64_t(of_stride), gpu_address(of_x), gpu_address(out.y), gpu_address(partial));
  const auto sums = partial.narrow(1, 0, stream.gain.defined() ? 3 : 2).sum(0).unbind(0);
  out.gamma = sums[0];
  out.beta = sums[1];
  if (stream.gain.defined()) out.gain = sums[2];
  return out;
}

// Every kernel of a layer, or none is used.
bool have_norm(const at::Tensor& x, bool has_gain = false) {
  const auto definitions = widths({x, x.size(-1)});
  auto backward = definitions;
  backward.emplace_back(has_gain ? "HAS_GAIN=1" : "HAS_GAIN=0");
  return gpu_kernel("norm_rows", x.device(), definitions) &&
         (!at::GradMode::is_enabled() || gpu_kernel("norm_rows_backward", x.device(), backward));
}

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

SumAndNorm add_norm_forward(const at::Tensor& x, const at::Tensor& y, const at::Tensor& gain, const at::Tensor& gamma,
                            const at::Tensor& beta, double epsilon, const at::Tensor& stats) {
  SumAndNorm out{at::empty(x.sizes(), x.options().requires_grad(false)),
                 at::empty(x.sizes(), y.options().requires_grad(false))};
  const int64_t rows = x.numel() / x.size(-1);
  launch(gpu_kernel("add_norm", x.device(), widths({x, x.size(-1)})), {parts(rows, kRowsOfBlock), 1, 1},
         32 * kRowsOfBlock, gpu_address(x), gpu_address(y), gpu_address(gain), gpu_address(gamma), gpu_address(beta),
         float(epsilon), int64_t(rows), gpu_address(out.sum), gpu_address(out.normed), gpu_address(stats));
  return out;
}

struct AddNorm : torch::autograd::Function<AddNorm> {
  static variable_list forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& y_given,
                               const Maybe& has_gain, const at::Tensor& gamma, const Maybe& beta, double epsilon,
                               bool learns) {
    context->set_materialize_grads(false);
    const auto gain = given(has_gain);
    const auto y = y_given.contiguous();
    const auto stats = room_for_stats(x, learns);
    const auto out = add_norm_forward(x.contiguous(), y, dense(gain), dense(gamma), dense(given(beta)), epsilon, stats);
    context->saved_data["has_beta"] = beta.has_value();
    if (learns) context->save_for_backward({out.sum, gain.defined() ? y : at::Tensor(), gain, gamma, stats});
    return {out.sum, out.normed};
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const auto &sum = saved[0], &gamma = saved[3];
    const c10::DeviceGuard guard(sum.device());
    const Stream stream{dense(gradients[0]), saved[1], dense(saved[2]), true};
    const auto of_norm = gradients[1].defined() ? gradients[1] : at::zeros(sum.sizes(), sum.options());
    auto of_x = at::empty(sum.sizes(), sum.options().requires_grad(false));
    const auto of = norm_backward(sum.flatten(0, -2), of_norm.flatten(0, -2), dense(gamma), saved[4], stream, of_x);
    return {of_x,
            of.y.view(sum.sizes()),
            of.gain,
            of.gamma,
            context->saved_data["has_beta"].toBool() ? of.beta : at::Tensor(),
            {},
            {}};
  }
};

struct Gate : torch::autograd::Function<Gate> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& given) {
    const auto x = given.contiguous();
    context->save_for_backward({x});
    return run("gate_rows", x, {});
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto x = context->get_saved_variables()[0];
    return {run("gate_rows_backward", x, gradients[0].contiguous())};
  }
  // [R, C]; with a gradient of that, [R, 2 C].
  static at::Tensor run(const char* name, const at::Tensor& x, const at::Tensor& gradient) {
    const c10::DeviceGuard guard(x.device());
    const int64_t rows = x.size(0), words = x.size(1) / 4;
    const GpuGrid blocks{parts(rows, kRowsOfBlock), parts(words, kThreads), 1};
    const auto kernel = gpu_kernel(name, x.device());
    auto out = at::empty({rows, gradient.defined() ? x.size(1) : x.size(1) / 2}, x.options().requires_grad(false));
    if (gradient.defined())
      launch(kernel, blocks, kThreads, gpu_address(x), gpu_address(gradient), gpu_address(out), rows, int(words));
    else
      launch(kernel, blocks, kThreads, gpu_address(x), gpu_address(out), rows, int(words));
    return out;
  }
};

// out[:, part] = from
void place(const at::Tensor& from, const at::Tensor& out) {
  if (!from.defined()) {
    out.zero_();
    return;
  }
  const auto rows = from.contiguous();
  const int64_t fours = rows.numel() / rows.size(0) / 8, all = rows.size(0) * fours;
  launch(gpu_kernel("place_rows", out.device()), {std::min<int64_t>(parts(all, 256), 1 << 16), 1, 1}, 256,
         gpu_address(rows), gpu_address(out), int64_t(rows.size(0)), int(fours), int64_t(out.stride(0) / 8));
}

// Which parts have a norm, and its numbers.
struct PartNorm {
  at::Tensor gamma, beta;
};

struct Heads : torch::autograd::Function<Heads> {
  static variable_list forward(AutogradContext* context, const at::Tensor& x, const Maybe& gamma0, const Maybe& beta0,
                               const Maybe& gamma1, const Maybe& beta1, const Maybe& gamma2, const Maybe& beta2,
                               const std::vector<double>& epsilons, bool learns) {
    context->set_materialize_grads(false);
    const std::array<PartNorm, 3> norms{
        {{given(gamma0), given(beta0)}, {given(gamma1), given(beta1)}, {given(gamma2), given(beta2)}}};
    std::array<at::Tensor, 3> stats;
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
    variable_list out(9);
    out[0] = of_x;
    for (int64_t p = 0; p < x.size(1); ++p) {
      auto part = of_x.select(1, p);
      const auto& gradient = gradients[size_t(p)];
      const auto& gamma = saved[size_t(p + 1)];
      if (!gamma.defined() || !gradient.defined()) {
        place(gradient, part);
        continue;
      }
      const auto of = norm_backward(x.select(1, p), gradient, dense(gamma), saved[size_t(p + 4)], {}, part);
      out[size_t(2 * p + 1)] = of.gamma;
      if (has_beta[size_t(p)]) out[size_t(2 * p + 2)] = of.beta;
    }
    return out;
  }
};

bool learns(const at::Tensor& x) { return x.defined() && x.requires_grad(); }

}  // namespace

at::Tensor norm_on_gpu(const at::Tensor& x, const LayerNorm& norm) {
  if (!fits(x, norm)) return {};
  const c10::DeviceGuard guard(x.device());
  if (!have_norm(x)) return {};
  return NormRows::apply(x, norm.weight, maybe(norm.bias), norm.epsilon, at::GradMode::is_enabled());
}

SumAndNorm add_norm_on_gpu(const at::Tensor& x, const at::Tensor& y, const at::Tensor& gain, const LayerNorm& norm) {
  if (!fits(x, norm) || y.scalar_type() != at::kBFloat16 || y.sizes() != x.sizes() || !of_floats(gain)) return {};
  const c10::DeviceGuard guard(x.device());
  if (!have_norm(x, gain.defined()) || !gpu_kernel("add_norm", x.device(), widths({x, x.size(-1)}))) return {};
  const auto out =
      AddNorm::apply(x, y, maybe(gain), norm.weight, maybe(norm.bias), norm.epsilon, at::GradMode::is_enabled());
  return {out[0], out[1]};
}

at::Tensor gate_on_gpu(const at::Tensor& x) {
  if (!x.is_cuda() || x.scalar_type() != at::kBFloat16 || x.numel() == 0 || x.size(1) % 4 != 0) return {};
  const c10::DeviceGuard guard(x.device());
  if (!gpu_kernel("gate_rows", x.device()) || !gpu_kernel("gate_rows_backward", x.device())) return {};
  return Gate::apply(x);
}

std::array<at::Tensor, 3> heads_on_gpu(const at::Tensor& x, const std::array<const LayerNorm*, 3>& norms) {
  const bool takes = x.is_cuda() && x.scalar_type() == at::kBFloat16 && x.numel() > 0 && x.is_contiguous() &&
                     x.dim() == 4 && x.size(1) <= 3 && x.size(2) * x.size(3) % 8 == 0;
  if (!takes) return {};
  const c10::DeviceGuard guard(x.device());
  bool any = learns(x);
  for (const auto* norm : norms) {
    if (norm == nullptr) continue;
    if (!fits(x, *norm) || !have_norm(x.select(1, 0))) return {};
    any = true;
  }
  if (!any || !gpu_kernel("place_rows", x.device())) return {};
  std::array<Maybe, 3> gamma, beta;
  std::array<at::Tensor, 3> out;
  std::vector<double> epsilons(3, 0);
  for (size_t p = 0; p < 3; ++p) {
    if (norms[p] == nullptr) continue;
    gamma[p] = norms[p]->weight;
    beta[p] = maybe(norms[p]->bias);
    epsilons[p] = norms[p]->epsilon;
  }
  const auto made =
      Heads::apply(x, gamma[0], beta[0], gamma[1], beta[1], gamma[2], beta[2], epsilons, at::GradMode::is_enabled());
  std::copy(made.begin(), made.end(), out.begin());
  return out;
}

}  // namespace asterism::nn
