#include "sky/library.h"

#include <gtest/gtest.h>

namespace asterism::sky {
namespace {

TEST(Library, IsBuiltOnce) { EXPECT_EQ(&library(), &library()); }

TEST(Library, CountsRiseAsGalaxyCountsDo) {
  // Near r = 18 galaxy counts rise by a factor of 3 to 4 per magnitude (Yasuda et al. 2001: 0.6 dex, less
  // k-corrections).
  const auto& lib = library();
  const auto all = [&](double r) { return lib.red_galaxies.counts(r) + lib.blue_galaxies.counts(r); };
  EXPECT_GT(all(18) / all(17), 2.7);
  EXPECT_LT(all(18) / all(17), 4.2);
  EXPECT_GT(all(22) / all(21), 1.3);
  EXPECT_GT(lib.quasar_counts.counts(19) / lib.quasar_counts.counts(18), 3);  // steep where quasars are bright
}

}  // namespace
}  // namespace asterism::sky
