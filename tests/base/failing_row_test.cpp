#include "base/failing_row.h"

#include <gtest/gtest.h>

#include <new>
#include <set>

#include "base/error.h"

namespace asterism::base {
namespace {

// The first of these rows, as it is found, and on how many rows was worked for it.
std::optional<int64_t> first_failing(const std::set<int64_t>& bad, int64_t rows, int64_t* worked = nullptr) {
  return failing_row(rows, [&](int64_t first, int64_t count) {
    if (worked != nullptr) *worked += count;
    const auto at = bad.lower_bound(first);
    if (at != bad.end() && *at < first + count) data_error("row {}", *at);
  });
}

TEST(FailingRow, IsTheFirstOfThem) {
  for (const int64_t rows : {2, 3, 7, 256})
    for (int64_t row = 0; row < rows; ++row) {
      int64_t worked = 0;
      EXPECT_EQ(first_failing({row}, rows, &worked), row) << "of " << rows;
      EXPECT_LE(worked, rows + 2);
    }
  EXPECT_EQ(first_failing({5, 9}, 16), 5);
  EXPECT_EQ(first_failing({0}, 1), 0);
}

TEST(FailingRow, IsNoneWhereEachFailsOrNone) {
  EXPECT_EQ(first_failing({0, 1, 2, 3}, 4), std::nullopt);
  EXPECT_EQ(first_failing({}, 4), std::nullopt);
  EXPECT_EQ(first_failing({}, 0), std::nullopt);
}

TEST(FailingRow, OtherFaultsPassThrough) {
  EXPECT_THROW(failing_row(4, [](int64_t, int64_t) { throw std::bad_alloc(); }), std::bad_alloc);
}

}  // namespace
}  // namespace asterism::base
