#include "eval/questions/downsampled_rebuild.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "base/random.h"
#include "modalities/image.h"

namespace asterism::eval {
namespace {

modalities::ImageBlock slopes(int64_t n, int64_t size) {
  auto out = modalities::make_images(n, {{"g", 4800, 1000}, {"r", 6200, 1000}}, size, size, "nanomaggy", 0.26, true);
  for (int64_t i = 0; i < n; ++i) {
    base::Random random(5, 0, uint64_t(i), "slopes");
    const double a = random.normal(), b = random.normal();
    out.present[size_t(i)] = 1;
    for (int64_t p = 0; p < 2 * size * size; ++p) {
      const double x = double(p % size) / double(size), y = double(p / size % size) / double(size);
      const auto at = size_t(i * 2 * size * size + p);
      out.flux[at] = float(a * x + b * y);
      out.ivar[at] = 100;
      out.mask[at] = 0;
    }
  }
  return out;
}

template <class Block>
double error(const Block& a, const Block& b) {
  double sum = 0;
  for (size_t i = 0; i < a.flux.size(); ++i) sum += std::pow(double(a.flux[i]) - double(b.flux[i]), 2);
  return std::sqrt(sum / double(a.flux.size()));
}

std::vector<int64_t> first_rows(int64_t n) {
  std::vector<int64_t> rows(static_cast<size_t>(n));
  std::iota(rows.begin(), rows.end(), int64_t{0});
  return rows;
}

TEST(DownsampledRebuild, SmoothImagesComeBack) {
  const auto seen = slopes(20, 32);
  const auto few = downsampled_rebuilt(seen, first_rows(20), 2 * 4 * 4 * 4),
             many = downsampled_rebuilt(seen, first_rows(20), 2 * 8 * 8 * 10);
  ASSERT_TRUE(few && many);
  EXPECT_LT(error(*many, seen), 0.06);
  EXPECT_LT(error(*many, seen), 0.6 * error(*few, seen));
  EXPECT_FALSE(downsampled_rebuilt(seen, first_rows(20), 3));  // not even one pixel a band
}

TEST(DownsampledRebuild, MaskedPixelsDoNotCount) {
  auto seen = slopes(20, 32);
  const auto clean = downsampled_rebuilt(seen, first_rows(20), 1280);
  for (size_t i = 0; i < seen.flux.size(); i += 37) seen.mask[i] = 1, seen.ivar[i] = 0, seen.flux[i] = 1e6f;
  const auto spoilt = downsampled_rebuilt(seen, first_rows(20), 1280);
  ASSERT_TRUE(clean && spoilt);
  EXPECT_LT(error(*clean, *spoilt), 0.05);
}

TEST(DownsampledRebuild, SpectraToo) {
  modalities::SpectrumBlock seen;
  seen.n = 12;
  seen.length = 250;
  for (int64_t i = 0; i < seen.n; ++i) {
    seen.present.push_back(1);
    for (int64_t p = 0; p < seen.length; ++p) {
      seen.wavelength_angstrom.push_back(float(4000 + p));
      seen.flux.push_back(float(5 + std::sin(0.02 * double(p) + double(i))));
      seen.ivar.push_back(100);
      seen.mask.push_back(0);
      seen.lsf_sigma_angstrom.push_back(1);
    }
  }
  const auto back = downsampled_rebuilt(seen, first_rows(12), 32 * 8);
  ASSERT_TRUE(back);
  EXPECT_LT(error(*back, seen), 0.05);
}

}  // namespace
}  // namespace asterism::eval
