#include "nn/gpu_norm.h"

#include <algorithm>
#include <string>
#include <vector>

#include "nn/autocast.h"
#include "nn/gpu_kernel_table.h"
#include "nn/gpu_sums.h"
#include "nn/norm.h"

namespace asterism::nn {
namespace {

constexpr int64_t kLanes = 32, kThreads = 256, kAtOnce = 8;  // as the kernels have them
constexpr int64_t kAtOnceOnGpu = 132 * 768;                  // threads of a backward pass: as many as a GPU has at once

int64_t parts(int64_t whole, int64_t part) { return (whole + part - 1) / part; }

// Threads for a row: a power of two within a warp (forward always), or whole warps.
int64_t span(int64_t width, bool backward) {
  if (backward && width > kAtOnce * kLanes) return parts(width, kAtOnce * kLanes) * kLanes;
  return width > 128 ? kLanes : width > 64 ? 16 : 8;
}

// Are products of x in bfloat16?
bool narrow(const at::Tensor& x) {
  return x.is_cuda() && x.numel() > 0 &&
         (x.scalar_type() == at::kBFloat16 || (x.scalar_type() == at::kFloat && type_on(x.device()) == at::kBFloat16));
}

// How rows lie, as gpu_norm_source.h has it.
struct Rows {
  at::Tensor x;
  int64_t width = 0, rows = 0, heads = 1, stride = 0;
};

Rows rows_of(const at::Tensor& given) {
  Rows out{given, given.size(-1), given.numel() / given.size(-1), 1, given.size(-1)};
  const bool grouped = given.dim() == 3 && given.stride(2) == 1 && given.stride(1) == out.width &&
                       given.stride(0) % kAtOnce == 0 && given.storage_offset() % kAtOnce == 0;
  if (grouped) {
    out.heads = given.size(1);
    out.stride = given.stride(0);
  } else {
    out.x = dense(given);
  }
  return out;
}

std::vector<std::string> definitions(const at::Tensor& x) {
  return {"WIDTH=" + std::to_string(x.size(-1)), "IN=" + gpu_name(x.scalar_type())};
}

std::vector<std::string> definitions(const at::Tensor& x, bool has_gain, bool has_bias) {
  auto out = definitions(x);
  out.emplace_back(has_gain ? "HAS_GAIN=1" : "HAS_GAIN=0");
  out.emplace_back(has_bias ? "HAS_BIAS=1" : "HAS_BIAS=0");
  return out;
}

}  // namespace

bool fits_norm(const at::Tensor& x, const LayerNorm& norm) {
  const auto of_floats = [](const at::Tensor& t) { return !t.defined() || t.scalar_type() == at::kFloat; };
  if (!narrow(x)) return false;
  const int64_t width = x.size(-1);
  return width % 64 == 0 && width >= 64 && width <= 2048 && of_floats(norm.weight) && of_floats(norm.bias);
}

bool have_norm(const at::Tensor& x, bool has_gain, bool has_bias) {
  if (!gpu_kernel("norm_rows", x.device(), definitions(x))) return false;
  return !at::GradMode::is_enabled() ||
         (gpu_kernel("norm_rows_backward", x.device(), definitions(x, has_gain, has_bias)) &&
          gpu_kernel("sum_of_rows", x.device()));
}

at::Tensor room_for_stats(const at::Tensor& x, bool kept) {
  return kept ? at::empty({x.numel() / x.size(-1), 2}, x.options().dtype(at::kFloat).requires_grad(false))
              : at::Tensor();
}

at::Tensor norm_forward(const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& beta, double epsilon,
                        const at::Tensor& stats) {
  const auto from = rows_of(x);
  auto out = at::empty(x.sizes(), x.options().dtype(at::kBFloat16).requires_grad(false));
  launch(gpu_kernel("norm_rows", x.device(), definitions(x)), {parts(from.rows * span(from.width, false), kThreads)},
         kThreads, gpu_address(from.x), gpu_address(gamma), gpu_address(beta), float(epsilon), int64_t(from.rows),
         int(from.heads), int64_t(from.stride), gpu_address(out), gpu_address(stats));
  return out;
}

NormGradients norm_backward(const at::Tensor& given, const at::Tensor& gradient, const at::Tensor& gamma,
                            const at::Tensor& stats, const StreamParts& stream, at::Tensor& of_x) {
  const auto from = rows_of(given);
  const auto g = dense(gradient.to(at::kBFloat16));
  const bool has_gain = stream.gain.defined();
  const int64_t lanes = span(from.width, true), at_once = kThreads / lanes;
  const int64_t blocks = std::min(parts(from.rows, at_once), kAtOnceOnGpu / (lanes * at_once));
  const int64_t of_stride = from.heads > 1 ? of_x.stride(0) : from.width;
  const int64_t sums = 2 + int64_t(has_gain) + int64_t(stream.has_bias);
  const auto partial = at::empty({blocks, sums * from.width}, gamma.options().requires_grad(false));
  NormGradients out;
  // without a gain, and in one type, what is added has the gradient of what it is added to
  const bool same = stream.wants_y && !has_gain && of_x.scalar_type() == at::kBFloat16;
  if (stream.wants_y) out.y = same ? of_x : at::empty(of_x.sizes(), g.options());
  launch(gpu_kernel("norm_rows_backward", given.device(), definitions(given, has_gain, stream.has_bias)), {blocks},
         lanes * at_once, gpu_address(from.x), gpu_address(stats), gpu_address(g), gpu_address(stream.of_sum),
         gpu_address(stream.y), gpu_address(stream.gain), gpu_address(gamma), int64_t(from.rows), int(from.heads),
         int64_t(from.stride), int64_t(of_stride), gpu_address(of_x), same ? nullptr : gpu_address(out.y),
         gpu_address(partial));
  const auto made = sum_of_rows(partial).view({sums, from.width}).unbind(0);
  out.gamma = made[0];
  out.beta = made[1];
  if (has_gain) out.gain = made[2];
  if (stream.has_bias) out.bias = made.back();
  return out;
}

}  // namespace asterism::nn
