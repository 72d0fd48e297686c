#include "eval/residual.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/random.h"

namespace asterism::eval {
namespace {

TEST(Residual, ChiSquareOfPureNoiseIsOne) {
  base::Random random(1, 0, 0, "chi");
  constexpr size_t kValues = 20000;
  std::vector<float> flux, ivar, model(kValues, 3);
  std::vector<uint8_t> mask(kValues, 0), none;
  for (size_t i = 0; i < kValues; ++i) {
    const double sigma = 0.5 + random.uniform();
    flux.push_back(float(3 + sigma * random.normal()));
    ivar.push_back(float(1 / sigma / sigma));
  }
  EXPECT_NEAR(chi_square(flux, ivar, mask, model, none).per_value, 1, 0.03);
  mask[7] = 1;
  flux[7] = 1e20F;  // masked: has no influence
  ivar[8] = 0;
  flux[8] = 1e20F;
  const auto chi = chi_square(flux, ivar, mask, model, none);
  EXPECT_NEAR(chi.per_value, 1, 0.03);
  EXPECT_EQ(chi.count, int64_t(kValues) - 2);
  EXPECT_TRUE(std::isnan(chi_square(flux, ivar, std::vector<uint8_t>(kValues, 1), model, none).per_value));
}

struct Spectrum {
  std::vector<float> wavelength, flux, ivar;
  std::vector<uint8_t> mask;
};
Spectrum line_at(double centre, double height) {
  Spectrum out;
  for (int i = 0; i < 400; ++i) {
    const double x = 6000 + 0.8 * i;
    out.wavelength.push_back(float(x));
    out.flux.push_back(float(5 + 0.01 * (x - 6100) + height * std::exp(-0.5 * std::pow((x - centre) / 3, 2))));
    out.ivar.push_back(100);
    out.mask.push_back(0);
  }
  return out;
}

TEST(Residual, LineCentreOnASlopingContinuum) {
  for (const double height : {20.0, -4.0}) {
    const auto s = line_at(6101.3, height);
    const auto line = line_centre(s.wavelength, s.flux, s.ivar, s.mask, 6100, 20);
    EXPECT_NEAR(line.centre_angstrom, 6101.3, 0.02) << height;
    EXPECT_GT(line.strength, 10);
  }
}

TEST(Residual, NoLineNoCentre) {
  auto s = line_at(6101, 20);
  s.mask[130] = 1;  // 6104 A
  EXPECT_TRUE(std::isnan(line_centre(s.wavelength, s.flux, s.ivar, s.mask, 6100, 20).centre_angstrom));
  EXPECT_EQ(line_centre(s.wavelength, s.flux, s.ivar, s.mask, 9000, 20).strength, 0);
}

}  // namespace
}  // namespace asterism::eval
