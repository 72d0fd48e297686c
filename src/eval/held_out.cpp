#include "eval/held_out.h"

#include <fmt/format.h>

#include "base/random.h"

namespace asterism::eval {

bool is_held_out(double time_day, float value) {
  return base::stable_hash(fmt::format("{:.5f} {:.4f}", time_day, double(value))) % 5 == 0;
}

modalities::LightCurveBlock without_held_out(const modalities::LightCurveBlock& block) {
  auto out = block;
  for (int64_t i = 0; i < out.n; ++i) {
    for (int64_t k = 0; k < out.count[size_t(i)]; ++k) {
      const auto at = size_t(i * out.length + k);
      if ((out.mask[at] != 0 && out.upper_limit[at] == 0) || !is_held_out(out.time_day[at], out.value[at])) continue;
      out.mask[at] = 1;
      out.upper_limit[at] = 0;
    }
  }
  return out;
}

}  // namespace asterism::eval
