#include "data/surveys/sdss_stars.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/data/sample_batch.h"

namespace asterism::data {
namespace {

std::filesystem::path sdss_folder() { return shared_folder() / "realdata" / "sdss_stars"; }

// Flux within 10 pixels of the centre of each r stamp against the flux synthesised from the spectrum: the published
// check gives a median ratio of 1.03, with three contaminated stars.
TEST(SdssStars, StampsAndSpectraAreOfTheSameStars) {
  if (!std::filesystem::exists(sdss_folder())) GTEST_SKIP() << "no " << sdss_folder() << ": set ASTERISM_SHARED";
  BadRows bad(0);
  const auto import = open_sdss_stars({sdss_folder()}, {}, bad);
  std::vector<double> ratios;
  int64_t rows = 0;
  while (const auto batch = import->next()) {
    modalities::check(*batch);
    rows += batch->size();
    const auto& image = std::get<modalities::ImageBlock>(batch->blocks.at("image_sdss"));
    const auto& flux = std::get<modalities::ScalarBlock>(batch->blocks.at("flux_sdss_r"));
    ASSERT_EQ(image.bands.size(), 5u);
    ASSERT_EQ(image.height, 51);
    for (int64_t i = 0; i < image.n; ++i) {
      double sum = 0;
      for (int64_t y = 0; y < 51; ++y) {
        for (int64_t x = 0; x < 51; ++x) {
          if ((y - 25) * (y - 25) + (x - 25) * (x - 25) <= 100)
            sum += double(image.flux[size_t(((i * 5 + 2) * 51 + y) * 51 + x)]);
        }
      }
      ratios.push_back(sum / flux.value[size_t(i)]);
      for (int b = 0; b < 5; ++b) {
        const float psf = image.psf_fwhm_arcsec[size_t(i * 5 + b)];
        EXPECT_GT(psf, 0.6) << i << " " << b;
        EXPECT_LT(psf, 2.5) << i << " " << b;
      }
    }
  }
  EXPECT_EQ(rows, 30);
  std::sort(ratios.begin(), ratios.end());
  EXPECT_NEAR(ratios[15], 1.03, 0.05);
}

}  // namespace
}  // namespace asterism::data
