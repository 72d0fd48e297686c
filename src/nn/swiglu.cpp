#include "nn/swiglu.h"

#include <torch/csrc/autograd/custom_function.h>

#include "nn/gpu_rows.h"
#include "nn/in_threads.h"
#include "nn/row_math.h"

namespace asterism::nn {
namespace {

constexpr int64_t kGrain = 16;  // rows that are worth a thread

struct Swiglu : torch::autograd::Function<Swiglu> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& given) {
    const auto x = given.contiguous();
    const int64_t h = x.size(1) / 2;
    auto out = at::empty({x.size(0), h}, x.options());
    const float* from = x.const_data_ptr<float>();
    float* to = out.data_ptr<float>();
    in_threads(x.size(0), kGrain, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) swiglu_row(from + 2 * r * h, from + (2 * r + 1) * h, to + r * h, h);
    });
    context->save_for_backward({x});
    return out;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const auto x = context->get_saved_variables()[0], g = gradients[0].contiguous();
    const int64_t h = x.size(1) / 2;
    auto out = at::empty_like(x);
    const float* from = x.const_data_ptr<float>();
    const float* of = g.const_data_ptr<float>();
    float* to = out.data_ptr<float>();
    in_threads(x.size(0), kGrain, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r)
        swiglu_backward_row(of + r * h, from + 2 * r * h, from + (2 * r + 1) * h, to + 2 * r * h, to + (2 * r + 1) * h,
                            h);
    });
    return {out};
  }
};

}  // namespace

at::Tensor swiglu(const at::Tensor& x_R2H) {
  if (x_R2H.device().is_cpu() && x_R2H.scalar_type() == at::kFloat) return Swiglu::apply(x_R2H);
  if (auto made = gate_on_gpu(x_R2H); made.defined()) return made;
  const auto halves = x_R2H.chunk(2, 1);
  return at::silu(halves[0]) * halves[1];
}

}  // namespace asterism::nn
