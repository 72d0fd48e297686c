#pragma once
// What objectives that set temperatures of posteriors (models/temperature.h) before a save have in common.

#include <cstdint>
#include <string>

#include "base/log.h"

namespace asterism::train {

// Validation objects with a label: of fewer, a temperature would be more noise than help.
inline constexpr int64_t kFewestToCalibrate = 100;

inline void log_temperature(const std::string& target, double temperature, int64_t objects) {
  base::log_info("the posterior of {} is {} by a temperature of {:.3f}, from {} objects", target,
                 temperature < 1 ? "sharpened" : "widened", temperature, objects);
}

}  // namespace asterism::train
