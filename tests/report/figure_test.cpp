#include "report/figure.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "base/error.h"

namespace asterism::report {
namespace {

TEST(Histogram, CountsInsideOnly) {
  const auto h = histogram({0, 0.5, 1, 1.5, 2, -1, 3, std::nan("")}, 0, 2, 2, "x");
  EXPECT_EQ(h.edges, (std::vector<double>{0, 1, 2}));
  EXPECT_EQ(h.counts, (std::vector<double>{2, 3}));  // the upper end belongs to the last bin
  const auto d = histogram({0.1, 0.2, 1.5, 9}, 0, 2, 4, "", true);
  double area = 0;
  for (const double count : d.counts) area += count * 0.5;
  EXPECT_DOUBLE_EQ(area, 1);
  EXPECT_THROW(histogram({}, 1, 1, 3), base::UserError);
  EXPECT_THROW(histogram({}, 0, 1, 0), base::UserError);
  EXPECT_EQ(histogram({}, 0, 1, 2, "", true).counts, (std::vector<double>{0, 0}));
}

TEST(Density, EveryPointInOneCell) {
  Axis x{.label = "x", .low = 0., .high = 2.}, y{.label = "y", .log = true, .low = 1., .high = 100.};
  const auto map = density({0.5, 1.5, 1.5, 5, 1}, {5, 50, 50, 5, -1}, x, y, 2, false);
  EXPECT_EQ(map.x, (std::vector<double>{0.5, 1.5}));
  EXPECT_NEAR(map.y[0], std::pow(10, 0.5), 1e-12);
  EXPECT_EQ(map.z[0], 1);
  EXPECT_TRUE(std::isnan(map.z[1]));
  EXPECT_EQ(map.z[3], 2);
  EXPECT_NEAR(density({1, 1}, {1, 1}, {}, {}, 1).z[0], std::log10(2), 1e-12);
  EXPECT_TRUE(std::isnan(density({}, {}, {}, {}, 3).z[0]));
  EXPECT_THROW(density({1}, {}, {}, {}, 3), base::UserError);
}

TEST(Lines, Straight) {
  EXPECT_EQ(diagonal(0, 2).y, (std::vector<double>{0, 2}));
  EXPECT_EQ(horizontal(3, 0, 1).y, (std::vector<double>{3, 3}));
  EXPECT_EQ(vertical(3, 0, 1, "n").x, (std::vector<double>{3, 3}));
}

}  // namespace
}  // namespace asterism::report
