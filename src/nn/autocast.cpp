#include "nn/autocast.h"

#include <ATen/autocast_mode.h>

namespace asterism::nn {

Autocast::Autocast(Precision precision, at::DeviceType device)
    : device_(device),
      was_on_(at::autocast::is_autocast_enabled(device)),
      was_type_(at::autocast::get_autocast_dtype(device)),
      bytes_(device == at::kCPU ? precision == Precision::int8 : BytesHere::now()) {
  at::autocast::set_autocast_enabled(device, precision == Precision::bf16);
  if (precision == Precision::bf16) at::autocast::set_autocast_dtype(device, at::kBFloat16);
  at::autocast::increment_nesting();
}

Autocast::~Autocast() {
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  at::autocast::set_autocast_enabled(device_, was_on_);
  at::autocast::set_autocast_dtype(device_, was_type_);
}

Precision precision_on_cpu() {
  if (BytesHere::now()) return Precision::int8;
  return type_on(at::kCPU) == at::kBFloat16 ? Precision::bf16 : Precision::fp32;
}

at::ScalarType type_on(const at::Device& device) {
  return at::autocast::is_autocast_enabled(device.type()) ? at::autocast::get_autocast_dtype(device.type())
                                                          : at::kFloat;
}

void forget_casts() { at::autocast::clear_cache(); }

}  // namespace asterism::nn
