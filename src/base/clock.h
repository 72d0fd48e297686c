#pragma once
// Time: how long something took, and when it happened.

#include <chrono>
#include <string>

namespace asterism::base {

// Runs from its making, on the monotonic clock.
class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }
  void restart() { start_ = Clock::now(); }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point start_ = Clock::now();
};

// "42 ms", "1.5 s", "12 s", "3 min 05 s", "2 h 07 min", "3 d 04 h"; "?" when not finite or negative.
std::string format_duration(double seconds);

// "2025-06-01T12:03:07Z", with milliseconds on request. Honours SOURCE_DATE_EPOCH, so that reports can be reproduced.
std::string utc_now_iso(bool milliseconds = false);

}  // namespace asterism::base
