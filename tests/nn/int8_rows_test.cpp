#include "nn/int8_rows.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

namespace asterism::nn {
namespace {

// 75 numbers: two runs of thirty-two and eleven left over, of which eight are a vector.
constexpr int64_t kCount = 75;

std::vector<float> wave(double height) {
  std::vector<float> out;
  for (int64_t i = 0; i < kCount; ++i) out.push_back(float(height * std::sin(0.7 * double(i * i))));
  return out;
}

TEST(Int8Rows, ARowIsKeptToHalfAStep) {
  for (const double height : {1e-20, 0.3, 5e4, 1e30}) {
    const auto x = wave(height);
    std::vector<int8_t> bytes(kCount);
    const float scale = int8_row(x.data(), kCount, bytes.data());
    float most = 0;
    for (const float v : x) most = std::max(most, std::abs(v));
    EXPECT_FLOAT_EQ(scale, most / 127);
    int top = 0;
    for (int64_t i = 0; i < kCount; ++i) {
      EXPECT_LE(std::abs(float(bytes[size_t(i)]) * scale - x[size_t(i)]), 0.5001F * scale) << i;
      top = std::max(top, std::abs(int(bytes[size_t(i)])));
    }
    EXPECT_EQ(top, 127);
  }
}

TEST(Int8Rows, ZerosStayZerosAndNothingUnnumberedIsLost) {
  std::vector<int8_t> bytes(kCount, 9);
  const std::vector<float> zeros(kCount, 0.0F);
  EXPECT_EQ(int8_row(zeros.data(), kCount, bytes.data()), 0);
  EXPECT_EQ(bytes, std::vector<int8_t>(kCount, 0));
  const std::vector<float> tiny(kCount, 1e-44F);  // one over it is infinite
  EXPECT_EQ(int8_row(tiny.data(), kCount, bytes.data()), 0);
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                          -std::numeric_limits<float>::infinity()})
    for (const size_t where : {size_t(0), size_t(40), size_t(66), size_t(74)}) {
      auto x = wave(1);
      x[where] = bad;
      EXPECT_TRUE(std::isnan(int8_row(x.data(), kCount, bytes.data()))) << bad << " at " << where;
    }
}

TEST(Int8Rows, SumsAreScaledAndShifted) {
  std::vector<int32_t> sum;
  std::vector<float> scale, bias;
  for (int64_t i = 0; i < kCount; ++i) {
    sum.push_back(int32_t(1000 * i) - 30000);
    scale.push_back(0.5F + 0.01F * float(i));
    bias.push_back(float(i) - 7);
  }
  std::vector<float> plain(kCount), shifted(kCount), added(kCount, 2.0F);
  rescale_row(sum.data(), kCount, 0.25F, scale.data(), nullptr, false, plain.data());
  rescale_row(sum.data(), kCount, 0.25F, scale.data(), bias.data(), false, shifted.data());
  rescale_row(sum.data(), kCount, 0.25F, scale.data(), bias.data(), true, added.data());
  for (size_t i = 0; i < size_t(kCount); ++i) {
    const double wanted = 0.25 * double(scale[i]) * sum[i];
    EXPECT_NEAR(plain[i], wanted, 1e-3) << i;
    EXPECT_NEAR(shifted[i], wanted + double(bias[i]), 1e-3) << i;
    EXPECT_NEAR(added[i], wanted + double(bias[i]) + 2, 1e-3) << i;
  }
  auto* same = reinterpret_cast<float*>(sum.data());  // over the integers
  rescale_row(sum.data(), kCount, 0.25F, scale.data(), bias.data(), false, same);
  for (size_t i = 0; i < size_t(kCount); ++i) {
    float value = 0;
    std::memcpy(&value, sum.data() + i, sizeof value);
    EXPECT_EQ(value, shifted[i]) << i;
  }
}

}  // namespace
}  // namespace asterism::nn
