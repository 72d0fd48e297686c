#include "models/ordered_codes.h"

#include <gtest/gtest.h>

namespace asterism::models {
namespace {

double cosine(const at::Tensor& table, int64_t a, int64_t b) {
  return (table[a].dot(table[b]) / (table[a].norm() * table[b].norm())).item<double>();
}

TEST(OrderedCodes, NeighboursAreAlikeAndTheFarAreNot) {
  const auto table = ordered_codes(1024, 64, 0.5, 7, "tok_flux_g in");
  ASSERT_EQ(table.sizes(), (at::IntArrayRef{1024, 64}));
  EXPECT_EQ(table.scalar_type(), at::kFloat);
  EXPECT_NEAR(table.square().mean().sqrt().item<double>(), 0.5, 1e-6);
  for (const int64_t c : {0, 100, 511, 900}) {
    EXPECT_GT(cosine(table, c, c + 1), 0.97) << c;
    EXPECT_LT(cosine(table, c, c + 1), 1 - 1e-5) << c << ": they can be told apart";
    EXPECT_GT(cosine(table, c, c + 1), cosine(table, c, c + 20)) << c;
  }
  EXPECT_LT(cosine(table, 0, 1023), 0) << "half a period lies between the ends";
}

TEST(OrderedCodes, DrawnBySeedAndName) {
  const auto table = ordered_codes(16, 8, 1, 7, "a");
  EXPECT_TRUE(at::equal(table, ordered_codes(16, 8, 1, 7, "a")));
  EXPECT_FALSE(at::allclose(table, ordered_codes(16, 8, 1, 8, "a")));
  EXPECT_FALSE(at::allclose(table, ordered_codes(16, 8, 1, 7, "b")));
  EXPECT_TRUE(ordered_codes(1, 1, 1, 7, "one").isfinite().all().item<bool>());
}

TEST(OrderedDigits, EveryDigitHasAsMuchToSay) {
  const auto table = ordered_digits({8, 5, 5}, 64, 0.5, 7, "a");
  ASSERT_EQ(table.sizes(), (at::IntArrayRef{200, 64}));
  EXPECT_NEAR(table.square().mean().sqrt().item<double>(), 0.5, 0.05);
  EXPECT_GT(cosine(table, 0, 1), cosine(table, 0, 7));      // a step of the first digit, and all of it
  EXPECT_GT(cosine(table, 0, 8), cosine(table, 0, 4 * 8));  // of the second
  EXPECT_GT(cosine(table, 0, 40), cosine(table, 0, 4 * 40));
}

}  // namespace
}  // namespace asterism::models
