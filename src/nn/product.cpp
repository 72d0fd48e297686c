#include "nn/product.h"

#include <type_traits>

#include "nn/autocast.h"
#include "nn/int8_conv.h"
#include "nn/int8_weight.h"
#include "nn/kept_form.h"

namespace asterism::nn {
namespace {

// Of every layer of one kind that was multiplied by so far and is still there.
template <class Made, class Layer>
Made kept(const Layer& layer) {
  static KeptForms<Made> all;
  return all.of(layer.weight, layer.bias, [&] {
    if constexpr (std::is_same_v<Layer, Linear>)
      return Made(layer.weight, layer.bias);
    else
      return Made(layer);
  });
}

}  // namespace

bool multiplies_int8(const at::Tensor& x) {
  return precision_on_cpu() == Precision::int8 && x.is_cpu() && !at::GradMode::is_enabled();
}

at::Tensor product(const Linear& layer, const at::Tensor& x) {
  return multiplies_int8(x) ? kept<Int8Weight>(layer)(x) : layer(x);
}

at::Tensor convolution(const Conv2d& layer, const at::Tensor& x, bool elu) {
  if (multiplies_int8(x) && Int8Conv::suits(layer)) return kept<Int8Conv>(layer)(x, elu);
  const auto y = layer(x);
  return elu ? at::elu(y) : y;
}

}  // namespace asterism::nn
