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

// Pieces of `source` that are finite are given to `then`.
template <class F>
bool look(const float* source, int64_t count, const F& then) {
  std::atomic<bool> sound = true;
  in_threads(count, kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end && sound; i += kPiece) {
      const int64_t n = std::min(kPiece, end - i);
      if (finite(source + i, n))
        then(i, n);
      else
        sound = false;
    }
  });
  return sound;
}

}  // namespace

bool copy_finite(const at::Tensor& to, const at::Tensor& from) {
  ASTERISM_CHECK(to.sizes() == from.sizes(), "two tensors of {} and {} numbers", to.numel(), from.numel());
  at::NoGradGuard no_grad;
  if (!plain(to) || !plain(from)) {
    if (!all_finite(from)) return false;
    to.copy_(from);
    return true;
  }
  const float* source = from.const_data_ptr<float>();
  auto* place = static_cast<float*>(to.unsafeGetTensorImpl()->mutable_data());
  to.unsafeGetTensorImpl()->bump_version();  // what was packed of the old values is not current any more
  return look(source, to.numel(),
              [&](int64_t i, int64_t n) { std::memcpy(place + i, source + i, size_t(n) * sizeof(float)); });
}

bool all_finite(const at::Tensor& x) {
  if (!x.is_floating_point()) return true;
  if (plain(x)) return look(x.const_data_ptr<float>(), x.numel(), [](int64_t, int64_t) {});
  return x.isfinite().all().item<bool>();
}

}  // namespace asterism::nn
