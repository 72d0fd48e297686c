#include "models/bridged.h"

#include <gtest/gtest.h>

#include "modalities/spectrum.h"

namespace asterism::models {
namespace {

TEST(Bridged, StraightAcrossAGapAndLevelAtAnEdge) {
  auto observed = modalities::make_spectra(2, 200, "1e-17 erg/s/cm^2/Angstrom");
  for (size_t at = 0; at < observed.flux.size(); ++at) {
    observed.wavelength_angstrom[at] = float(4000 + 2 * (at % 200));
    observed.flux[at] = float(1 + 0.01 * double(at % 200));
    observed.ivar[at] = 4;
    observed.mask[at] = 0;
  }
  observed.present = {1, 1};
  auto hidden = observed;
  std::fill(hidden.mask.begin(), hidden.mask.end(), uint8_t{1});
  std::fill(hidden.flux.begin(), hidden.flux.end(), 0.0F);
  for (size_t p = 80; p < 120; ++p) {
    hidden.mask[p] = 0;
    observed.flux[p] = 1e6F;  // never looked at
  }
  observed.mask[79] = 1;  // nor what is masked
  observed.flux[79] = -1e6F;
  for (size_t p = 200; p < 240; ++p) hidden.mask[p] = 0;
  const auto out = bridged(observed, hidden);
  for (size_t p = 80; p < 120; ++p) EXPECT_NEAR(out.flux[p], 1 + 0.01 * double(p), 1e-3) << p;
  for (size_t p = 200; p < 240; ++p) EXPECT_NEAR(out.flux[p], 1 + 0.01 * (40 + 15.5), 1e-3) << p;
  EXPECT_EQ(out.flux[10], 0);
  EXPECT_EQ(out.mask, hidden.mask);
  std::fill(hidden.mask.begin(), hidden.mask.end(), uint8_t{0});
  EXPECT_EQ(bridged(observed, hidden).flux[100], 0);  // nothing is seen
}

}  // namespace
}  // namespace asterism::models
