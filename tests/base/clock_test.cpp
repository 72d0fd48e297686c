#include "base/clock.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <regex>
#include <thread>

namespace asterism::base {
namespace {

TEST(Clock, StopwatchRunsForward) {
  Stopwatch watch;
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_GE(watch.seconds(), 0.004);
  watch.restart();
  EXPECT_LT(watch.seconds(), 1);
}

TEST(Clock, Durations) {
  EXPECT_EQ(format_duration(0), "0 us");
  EXPECT_EQ(format_duration(1.5e-6), "1.5 us");
  EXPECT_EQ(format_duration(0.042), "42 ms");
  EXPECT_EQ(format_duration(1.25), "1.2 s");
  EXPECT_EQ(format_duration(12.3), "12 s");
  EXPECT_EQ(format_duration(59.7), "1 min 00 s");  // never "60 s"
  EXPECT_EQ(format_duration(185), "3 min 05 s");
  EXPECT_EQ(format_duration(3599.6), "1 h 00 min");
  EXPECT_EQ(format_duration(7620), "2 h 07 min");
  EXPECT_EQ(format_duration(273600), "3 d 04 h");
  EXPECT_EQ(format_duration(1e300), "1.16e+295 d");
  for (const double odd : {-1.0, double(NAN), double(INFINITY)}) EXPECT_EQ(format_duration(odd), "?");
}

TEST(Clock, UtcNow) {
  EXPECT_TRUE(std::regex_match(utc_now_iso(), std::regex(R"(20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ)")));
  EXPECT_TRUE(std::regex_match(utc_now_iso(true), std::regex(R"(20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d\d\dZ)")));
}

TEST(Clock, SourceDateEpochIsHonoured) {
  setenv("SOURCE_DATE_EPOCH", "1000000000", 1);
  EXPECT_EQ(utc_now_iso(), "2001-09-09T01:46:40Z");
  EXPECT_EQ(utc_now_iso(true), "2001-09-09T01:46:40.000Z");
  setenv("SOURCE_DATE_EPOCH", "not a number", 1);
  EXPECT_NE(utc_now_iso().substr(0, 4), "1970");
  unsetenv("SOURCE_DATE_EPOCH");
}

}  // namespace
}  // namespace asterism::base
