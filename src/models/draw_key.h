#pragma once
// What a random choice of training is keyed by, besides the object and the purpose.

#include <cstdint>

namespace asterism::models {

struct DrawKey {
  uint64_t seed = 0;
  int64_t epoch = 0;
  bool training = true;  // false: no dropout and no noise on the inputs; masks are still drawn
};

}  // namespace asterism::models
