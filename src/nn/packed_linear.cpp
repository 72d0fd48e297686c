#include "nn/packed_linear.h"

#include <ATen/autocast_mode.h>

#include <mutex>

#include "nn/mlp.h"
#include "nn/packed_weight.h"
#include "nn/product.h"
#include "nn/tile_linear.h"

namespace asterism::nn {
namespace {

constexpr int64_t kLeastRows = 64;  // below, packing wins nothing

bool can_pack(const Linear& layer, const at::Tensor& x) {
  const bool reads = x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16;
  return !at::GradMode::is_enabled() && x.is_cpu() && reads && layer.weight.scalar_type() == at::kFloat &&
         x.numel() >= kLeastRows * x.size(-1);
}

// What the product runs in: as x is, or as autocast says.
at::ScalarType type_of(const at::Tensor& x) {
  return at::autocast::is_autocast_enabled(at::kCPU) ? at::autocast::get_autocast_dtype(at::kCPU) : x.scalar_type();
}

}  // namespace

struct PackedLinear::Kept {
  struct Form {
    PackedWeight weight;
    int64_t version = -1, bias_version = -1;
  };
  std::mutex mutex;
  Form single, half;
};

PackedLinear::PackedLinear() : kept_(std::make_shared<Kept>()) {}
PackedLinear::~PackedLinear() = default;
PackedLinear::PackedLinear(const PackedLinear&) = default;
PackedLinear::PackedLinear(PackedLinear&&) noexcept = default;
PackedLinear& PackedLinear::operator=(const PackedLinear&) = default;
PackedLinear& PackedLinear::operator=(PackedLinear&&) noexcept = default;

at::Tensor PackedLinear::operator()(const Linear& layer, const at::Tensor& x, bool gelu) const {
  if (multiplies_int8(x)) {
    const auto y = product(layer, x);
    return gelu ? at::gelu(y) : y;
  }
  if (linear_by_tiles(x) && !at::GradMode::is_enabled()) {
    auto y = layer(x);
    return gelu ? at::gelu_(y) : y;
  }
  const auto type = type_of(x);
  if (!can_pack(layer, x) || (type != at::kFloat && type != at::kBFloat16))
    return gelu ? activate(layer(x), Activation::gelu) : layer(x);
  PackedWeight weight;
  {
    const std::lock_guard lock(kept_->mutex);
    const auto version = int64_t(layer.weight._version()),
               bias_version = layer.bias.defined() ? int64_t(layer.bias._version()) : 0;
    auto& form = type == at::kFloat ? kept_->single : kept_->half;
    if (form.version != version || form.bias_version != bias_version) {
      const auto bias = layer.bias.defined() ? layer.bias.to(type) : layer.bias;
      form.weight = PackedWeight(layer.weight.to(type), bias, x.numel() / x.size(-1));
      form.version = version;
      form.bias_version = bias_version;
    }
    weight = form.weight;
  }
  return weight(x.to(type), gelu);
}

}  // namespace asterism::nn
