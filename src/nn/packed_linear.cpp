#include "nn/packed_linear.h"

#include <ATen/autocast_mode.h>
#include <ATen/core/dispatch/Dispatcher.h>

#include <mutex>

#include "nn/mlp.h"

namespace asterism::nn {
namespace {

constexpr int64_t kLeastRows = 64;  // below, packing wins nothing

// Operators that have no function in ATen's headers, called by name; found once.
at::Tensor call(const c10::OperatorHandle& operation, c10::Stack stack) {
  operation.callBoxed(stack);
  return stack.at(0).toTensor();
}

at::Tensor packed(const at::Tensor& weight, int64_t rows) {
  static const auto operation = c10::Dispatcher::singleton().findSchemaOrThrow("mkldnn::_reorder_linear_weight", "");
  return call(operation, {weight.detach(), rows});
}

at::Tensor multiply(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, bool gelu) {
  static const auto operation = c10::Dispatcher::singleton().findSchemaOrThrow("mkldnn::_linear_pointwise", "");
  const c10::IValue scalars = c10::List<std::optional<at::Scalar>>();
  return call(operation, {x, weight, bias.defined() ? c10::IValue(bias.detach()) : c10::IValue(),
                          gelu ? "gelu" : "none", scalars, c10::IValue("none")});
}

bool can_pack(const Linear& layer, const at::Tensor& x) {
  return !at::GradMode::is_enabled() && x.is_cpu() && x.scalar_type() == at::kFloat &&
         layer.weight.scalar_type() == at::kFloat && x.numel() >= kLeastRows * x.size(-1) && at::hasMKLDNN() &&
         at::globalContext().userEnabledMkldnn() && !at::autocast::is_autocast_enabled(at::kCPU);
}

}  // namespace

struct PackedLinear::Kept {
  std::mutex mutex;
  at::Tensor weight;  // packed
  int64_t version = -1;
};

PackedLinear::PackedLinear() : kept_(std::make_shared<Kept>()) {}
PackedLinear::~PackedLinear() = default;
PackedLinear::PackedLinear(const PackedLinear&) = default;
PackedLinear::PackedLinear(PackedLinear&&) noexcept = default;
PackedLinear& PackedLinear::operator=(const PackedLinear&) = default;
PackedLinear& PackedLinear::operator=(PackedLinear&&) noexcept = default;

at::Tensor PackedLinear::operator()(const Linear& layer, const at::Tensor& x, bool gelu) const {
  if (!can_pack(layer, x)) return gelu ? activate(layer(x), Activation::gelu) : layer(x);
  at::Tensor weight;
  {
    const std::lock_guard lock(kept_->mutex);
    const auto version = int64_t(layer.weight._version());
    if (kept_->version != version) {
      kept_->weight = packed(layer.weight, x.numel() / x.size(-1));
      kept_->version = version;
    }
    weight = kept_->weight;
  }
  return multiply(x.contiguous(), weight, layer.bias, gelu);
}

}  // namespace asterism::nn
