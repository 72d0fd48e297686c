#pragma once
// Weights into their place, looked at on the way.

#include <ATen/ATen.h>

namespace asterism::nn {

// to = from, of equal shapes; false where `from` has a value that is not finite, and then what `to` holds is undefined.
// One pass in threads for float32 on a CPU: a file of weights is read at the speed of memory.
bool copy_finite(const at::Tensor& to, const at::Tensor& from);

}  // namespace asterism::nn
