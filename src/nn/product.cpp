#include "nn/product.h"

#include <map>
#include <mutex>

#include "nn/autocast.h"
#include "nn/int8_conv.h"
#include "nn/int8_weight.h"

namespace asterism::nn {
namespace {

// Of every layer of one kind that was multiplied by so far and is still there.
template <class Made, class Layer>
Made kept(const Layer& layer, Made (*make)(const Layer&)) {
  struct Kept {
    c10::weak_intrusive_ptr<at::TensorImpl> of;
    int64_t version, bias_version;
    Made made;
  };
  static std::mutex mutex;
  static std::map<const at::TensorImpl*, Kept> all;
  const auto* key = layer.weight.unsafeGetTensorImpl();
  const auto version = int64_t(layer.weight._version()),
             bias_version = layer.bias.defined() ? int64_t(layer.bias._version()) : 0;
  const std::lock_guard lock(mutex);
  const auto found = all.find(key);
  if (found != all.end() && !found->second.of.expired() && found->second.version == version &&
      found->second.bias_version == bias_version)
    return found->second.made;
  std::erase_if(all, [](const auto& one) { return one.second.of.expired(); });
  Kept one{c10::weak_intrusive_ptr<at::TensorImpl>(layer.weight.getIntrusivePtr()), version, bias_version, make(layer)};
  return all.insert_or_assign(key, std::move(one)).first->second.made;
}

Int8Weight weight_of(const Linear& layer) { return {layer.weight, layer.bias}; }
Int8Conv conv_of(const Conv2d& layer) { return Int8Conv(layer); }

}  // namespace

bool multiplies_int8(const at::Tensor& x) {
  return precision_on_cpu() == Precision::int8 && x.is_cpu() && !at::GradMode::is_enabled();
}

at::Tensor product(const Linear& layer, const at::Tensor& x) {
  return multiplies_int8(x) ? kept(layer, &weight_of)(x) : layer(x);
}

at::Tensor convolution(const Conv2d& layer, const at::Tensor& x, bool elu) {
  if (multiplies_int8(x) && Int8Conv::suits(layer)) return kept(layer, &conv_of)(x, elu);
  const auto y = layer(x);
  return elu ? at::elu(y) : y;
}

}  // namespace asterism::nn
