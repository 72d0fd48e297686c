#include "nn/autocast.h"

#include <ATen/autocast_mode.h>

namespace asterism::nn {
namespace {

thread_local bool multiplies_bytes = false;

}  // namespace

Autocast::Autocast(Precision precision, at::DeviceType device)
    : device_(device),
      was_on_(at::autocast::is_autocast_enabled(device)),
      was_type_(at::autocast::get_autocast_dtype(device)),
      was_bytes_(multiplies_bytes) {
  if (device == at::kCPU) multiplies_bytes = precision == Precision::int8;
  at::autocast::set_autocast_enabled(device, precision == Precision::bf16);
  if (precision == Precision::bf16) at::autocast::set_autocast_dtype(device, at::kBFloat16);
  at::autocast::increment_nesting();
}

Autocast::~Autocast() {
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  at::autocast::set_autocast_enabled(device_, was_on_);
  at::autocast::set_autocast_dtype(device_, was_type_);
  multiplies_bytes = was_bytes_;
}

Precision precision_on_cpu() {
  if (multiplies_bytes) return Precision::int8;
  return type_on(at::kCPU) == at::kBFloat16 ? Precision::bf16 : Precision::fp32;
}

at::ScalarType type_on(const at::Device& device) {
  return at::autocast::is_autocast_enabled(device.type()) ? at::autocast::get_autocast_dtype(device.type())
                                                          : at::kFloat;
}

void forget_casts() { at::autocast::clear_cache(); }

}  // namespace asterism::nn
