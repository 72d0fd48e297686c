#include "nn/packed_linear.h"

#include <ATen/autocast_mode.h>

#include <mutex>

#include "nn/mlp.h"
#include "nn/packed_weight.h"

namespace asterism::nn {
namespace {

constexpr int64_t kLeastRows = 64;  // below, packing wins nothing

bool can_pack(const Linear& layer, const at::Tensor& x) {
  return !at::GradMode::is_enabled() && x.is_cpu() && x.scalar_type() == at::kFloat &&
         layer.weight.scalar_type() == at::kFloat && x.numel() >= kLeastRows * x.size(-1) &&
         !at::autocast::is_autocast_enabled(at::kCPU);
}

}  // namespace

struct PackedLinear::Kept {
  std::mutex mutex;
  PackedWeight weight;
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
  PackedWeight weight;
  {
    const std::lock_guard lock(kept_->mutex);
    const auto version = int64_t(layer.weight._version());
    if (kept_->version != version) {
      kept_->weight = PackedWeight(layer.weight, layer.bias, x.numel() / x.size(-1));
      kept_->version = version;
    }
    weight = kept_->weight;
  }
  return weight(x, gelu);
}

}  // namespace asterism::nn
