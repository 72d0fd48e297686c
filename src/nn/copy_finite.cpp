#include "nn/copy_finite.h"

#include <algorithm>
#include <atomic>
#include <cstring>

#include "base/error.h"
#include "nn/in_threads.h"

namespace asterism::nn {

namespace {

constexpr int64_t kPiece = 1 << 12;  // numbers that stay in the first cache between the look and the copy
constexpr int64_t kGrain = 1 << 18;  // numbers that are worth a thread

bool plain(const at::Tensor& x) { return x.is_contiguous() && x.device().is_cpu() && x.scalar_type() == at::kFloat; }

// An exponent of ones alone is an infinity or not a number.
bool finite(const float* x, int64_t n) {
  constexpr uint32_t kExponent = 0x7f800000;
  uint32_t wrong = 0;
  for (int64_t i = 0; i < n; ++i) {
    uint32_t bits;
    std::memcpy(&bits, x + i, sizeof bits);
    wrong |= uint32_t((bits & kExponent) == kExponent);
  }
  return wrong == 0;
}

}  // namespace

bool copy_finite(const at::Tensor& to, const at::Tensor& from) {
  ASTERISM_CHECK(to.sizes() == from.sizes(), "two tensors of {} and {} numbers", to.numel(), from.numel());
  at::NoGradGuard no_grad;
  if (!plain(to) || !plain(from)) {
    if (from.is_floating_point() && !from.isfinite().all().item<bool>()) return false;
    to.copy_(from);
    return true;
  }
  const float* source = from.const_data_ptr<float>();
  auto* place = static_cast<float*>(to.unsafeGetTensorImpl()->mutable_data());
  to.unsafeGetTensorImpl()->bump_version();  // what was packed of the old values is not current any more
  std::atomic<bool> sound = true;
  in_threads(to.numel(), kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end && sound; i += kPiece) {
      const int64_t n = std::min(kPiece, end - i);
      if (!finite(source + i, n)) sound = false;
      std::memcpy(place + i, source + i, size_t(n) * sizeof(float));
    }
  });
  return sound;
}

}  // namespace asterism::nn
