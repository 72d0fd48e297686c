#include "tokenizers/process_header.h"

#include <gtest/gtest.h>

#include <cmath>

namespace asterism::tokenizers {
namespace {

TEST(ProcessHeader, ComesBackWithinItsTokens) {
  for (const bool magnitudes : {true, false}) {
    ProcessHeader header;
    header.reference_day = 58123.4567;
    header.level = magnitudes ? 17.234 : -3.21;
    header.scale = 0.37;
    header.first = process_time(-40);
    header.last = process_time(200);
    header.kind = 3;
    header.pose = 30;
    const auto ids = process_ids(header, magnitudes);
    for (const int64_t id : ids) {
      EXPECT_GE(id, 0);
      EXPECT_LT(id, kProcessBins);
    }
    const auto back = process_header(ids.data(), magnitudes);
    EXPECT_NEAR(back.reference_day, header.reference_day, 0.07);
    EXPECT_NEAR(back.level, header.level, 1e-4 * std::abs(header.level));
    EXPECT_NEAR(back.scale, magnitudes ? 1 : header.scale, magnitudes ? 0 : 0.2 * header.scale);
    EXPECT_LE(back.first, header.first);
    EXPECT_GE(back.last, header.last);
    EXPECT_LT(back.last - back.first, header.last - header.first + 0.8);
    EXPECT_EQ(back.kind, 3);
    EXPECT_EQ(back.pose, 30);
    EXPECT_EQ(process_ids(back, magnitudes), ids);
    for (const int64_t cell : {int64_t{0}, int64_t{17}, kTimeCells - 1})
      EXPECT_EQ(back.cell_at(back.day_of(cell)), cell);
  }
}

TEST(ProcessHeader, ExtremesStayInRange) {
  ProcessHeader header;
  header.reference_day = 1e18;
  header.level = -1e30;
  header.scale = 0;
  header.first = -1e3;
  header.last = 1e3;
  for (const bool magnitudes : {true, false}) {
    const auto ids = process_ids(header, magnitudes);
    const auto back = process_header(ids.data(), magnitudes);
    EXPECT_TRUE(std::isfinite(back.level));
    EXPECT_GT(back.scale, 0);
    EXPECT_LT(back.first, back.last);
  }
}

}  // namespace
}  // namespace asterism::tokenizers
