#include "eval/methods/pca_codec.h"

#include <gtest/gtest.h>

namespace asterism::eval {
namespace {

at::Tensor sample(int64_t n) { return at::randn({n, 6}, at::kDouble) * at::tensor({10.0, 5.0, 2.0, 1.0, 0.1, 0.01}); }

double error_of(const PcaCodec& codec, const at::Tensor& x) {
  return (codec.decode(codec.codes(x)) - x).square().sum(1).mean().item<double>();
}

TEST(PcaCodec, BitsGoWhereTheVarianceIs) {
  at::manual_seed(10);
  const auto codec = PcaCodec::fit(sample(2000), 20);
  EXPECT_EQ(codec.total_bits(), 20);
  for (size_t i = 1; i < codec.bits.size(); ++i) EXPECT_LE(codec.bits[i], codec.bits[i - 1]);
  EXPECT_EQ(codec.bits.back(), 0);
}

TEST(PcaCodec, MoreBitsLessError) {
  at::manual_seed(11);
  const auto x = sample(2000), fresh = sample(500);
  double last = INFINITY;
  for (const int64_t bits : {0, 6, 12, 24, 48}) {
    const double error = error_of(PcaCodec::fit(x, bits), fresh);
    EXPECT_LT(error, last) << bits;
    last = error;
  }
  EXPECT_LT(last, 0.2);
}

TEST(PcaCodec, NoBitsGiveTheMean) {
  at::manual_seed(12);
  const auto x = sample(100);
  const auto codec = PcaCodec::fit(x, 0);
  EXPECT_TRUE(at::allclose(codec.decode(codec.codes(x)), x.mean(0).expand_as(x)));
}

TEST(PcaCodec, CodesFitTheirBits) {
  at::manual_seed(13);
  const auto codec = PcaCodec::fit(sample(500), 15);
  const auto codes = codec.codes(sample(500) * 100);  // far outside of the range
  for (size_t i = 0; i < codec.bits.size(); ++i) {
    const auto column = codes.select(1, int64_t(i));
    EXPECT_GE(column.min().item<int64_t>(), 0);
    EXPECT_LT(column.max().item<int64_t>(), int64_t{1} << codec.bits[i]);
  }
}

}  // namespace
}  // namespace asterism::eval
