#include "nn/product.h"

#include <map>
#include <mutex>

#include "nn/autocast.h"
#include "nn/int8_weight.h"

namespace asterism::nn {
namespace {

struct Kept {
  c10::weak_intrusive_ptr<at::TensorImpl> of;
  int64_t version, bias_version;
  Int8Weight weight;
};

// Of every layer that was multiplied by so far and is still there.
Int8Weight kept_weight(const Linear& layer) {
  static std::mutex mutex;
  static std::map<const at::TensorImpl*, Kept> all;
  const auto* key = layer.weight.unsafeGetTensorImpl();
  const auto version = int64_t(layer.weight._version()),
             bias_version = layer.bias.defined() ? int64_t(layer.bias._version()) : 0;
  const std::lock_guard lock(mutex);
  const auto found = all.find(key);
  if (found != all.end() && !found->second.of.expired() && found->second.version == version &&
      found->second.bias_version == bias_version)
    return found->second.weight;
  std::erase_if(all, [](const auto& one) { return one.second.of.expired(); });
  Kept made{c10::weak_intrusive_ptr<at::TensorImpl>(layer.weight.getIntrusivePtr()), version, bias_version,
            Int8Weight(layer.weight, layer.bias)};
  return all.insert_or_assign(key, std::move(made)).first->second.weight;
}

}  // namespace

bool multiplies_int8(const at::Tensor& x) {
  return precision_on_cpu() == Precision::int8 && x.is_cpu() && !at::GradMode::is_enabled();
}

at::Tensor product(const Linear& layer, const at::Tensor& x) {
  return multiplies_int8(x) ? kept_weight(layer)(x) : layer(x);
}

}  // namespace asterism::nn
