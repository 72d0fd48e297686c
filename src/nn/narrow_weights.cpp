#include "nn/narrow_weights.h"

#include <torch/csrc/autograd/custom_function.h>

#include <vector>

#include "nn/autocast.h"

namespace asterism::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

thread_local const NarrowWeights* innermost = nullptr;

std::vector<at::Tensor> cast(at::TensorList all, at::ScalarType type) {
  std::vector<at::Tensor> out;
  out.reserve(all.size());
  for (const auto& x : all) out.push_back(at::empty_like(x, x.options().dtype(type).requires_grad(false)));
  if (!out.empty()) at::_foreach_copy_(out, all);
  return out;
}

struct Narrow : torch::autograd::Function<Narrow> {
  static variable_list forward(AutogradContext* context, at::TensorList weights) {
    context->set_materialize_grads(false);
    return cast(weights, at::kBFloat16);
  }
  static variable_list backward(AutogradContext*, const variable_list& gradients) {
    std::vector<at::Tensor> there;
    for (const auto& g : gradients)
      if (g.defined()) there.push_back(g);
    const auto made = cast(there, at::kFloat);
    variable_list out(gradients.size());
    size_t next = 0;
    for (size_t i = 0; i < gradients.size(); ++i)
      if (gradients[i].defined()) out[i] = made[next++];
    return out;
  }
};

}  // namespace

NarrowWeights::NarrowWeights(const Parameters& parameters) : outer_(innermost) {
  std::vector<at::Tensor> weights;
  for (const auto& weight : parameters.trainable()) {
    const bool takes = weight.is_cuda() && weight.scalar_type() == at::kFloat && weight.is_non_overlapping_and_dense();
    if (takes && type_on(weight.device()) == at::kBFloat16 && at::GradMode::is_enabled()) weights.push_back(weight);
  }
  if (!weights.empty()) {
    const auto narrow = Narrow::apply(at::TensorList(weights));  // of a vector it would see no tensor
    for (size_t i = 0; i < weights.size(); ++i) made_[weights[i].unsafeGetTensorImpl()] = narrow[i];
  }
  innermost = this;
}

NarrowWeights::~NarrowWeights() { innermost = outer_; }

at::Tensor for_product(const at::Tensor& weight) {
  if (innermost == nullptr || !weight.defined()) return weight;
  const auto found = innermost->made_.find(weight.unsafeGetTensorImpl());
  return found == innermost->made_.end() ? weight : found->second;
}

}  // namespace asterism::nn
