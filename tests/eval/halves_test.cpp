#include "eval/halves.h"

#include <gtest/gtest.h>

#include <cmath>

#include "modalities/image.h"
#include "modalities/spectrum.h"

namespace asterism::eval {
namespace {

// Two independent observations of one truth, each with twice the variance: by their means, variances and covariance.
TEST(Halves, AreIndependentAndAddUpToTheWhole) {
  const int64_t n = 40, length = 500;
  auto spectra = modalities::make_spectra(n, length, "counts");
  std::vector<uint64_t> hashes;
  for (int64_t i = 0; i < n; ++i) {
    spectra.present[size_t(i)] = 1;
    hashes.push_back(uint64_t(1000 + i));
    for (int64_t k = 0; k < length; ++k) {
      const auto at = size_t(i * length + k);
      spectra.wavelength_angstrom[at] = float(4000 + k);
      spectra.flux[at] = 5;
      spectra.ivar[at] = 0.25F;  // sigma 2
      spectra.mask[at] = 0;
    }
  }
  spectra.mask[7] = 1;
  spectra.ivar[7] = 0;
  const auto both = halves_of(spectra, hashes);
  ASSERT_TRUE(both.has_value());
  const auto& a = std::get<modalities::SpectrumBlock>(both->first);
  const auto& b = std::get<modalities::SpectrumBlock>(both->second);
  double of_a = 0, of_both = 0;
  for (size_t at = 0; at < a.flux.size(); ++at) {
    if (at == 7) continue;
    EXPECT_NEAR((a.flux[at] + b.flux[at]) / 2, spectra.flux[at], 1e-5);
    EXPECT_EQ(a.ivar[at], 0.125F);
    of_a += std::pow(double(a.flux[at]) - 5, 2);
    of_both += (double(a.flux[at]) - 5) * (double(b.flux[at]) - 5);
  }
  // what is added has the variance of what is there: with the truth's own noise (not drawn here, 4), 8 a half and the
  // covariance 4 - 4 = 0
  const double pixels = double(n * length - 1);
  EXPECT_NEAR(of_a / pixels, 4, 0.15);
  EXPECT_NEAR(of_both / pixels, -4, 0.15);
  EXPECT_EQ(a.flux[7], spectra.flux[7]);
  const auto again = halves_of(spectra, hashes);
  EXPECT_EQ(std::get<modalities::SpectrumBlock>(again->first).flux[3], a.flux[3]);
}

TEST(Halves, NeedAKnownVariance) {
  auto images = modalities::make_images(1, {{"r", 6200, 0}}, 4, 4, "counts", 1, false);
  EXPECT_FALSE(halves_of(images, {1}).has_value());
  auto spectra = modalities::make_spectra(1, 3, "counts");
  spectra.present[0] = 1;
  for (size_t k = 0; k < 3; ++k) {
    spectra.ivar[k] = 1;  // the file gave none
    spectra.mask[k] = 0;
  }
  EXPECT_FALSE(halves_of(spectra, {1}).has_value());
  EXPECT_FALSE(halves_of(modalities::ScalarBlock{}, {}).has_value());
}

}  // namespace
}  // namespace asterism::eval
