#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "example_templates.h"
#include "tokenizers/spectrum_templates.h"

namespace asterism::tokenizers {
namespace {

// Lines 1,200 km/s to the red of where those of the templates are.
test::Redshifted seen_redder(int64_t n, uint64_t seed) {
  auto sky = test::redshifted(n, 20, seed);
  for (auto& z : sky.redshift.value) z -= (1 + z) * 1200 / 299792.458;
  return sky;
}

double median_error_kms(const SpectrumTemplates& codec, const test::Redshifted& sky) {
  const auto found = codec.redshifts(codec.encode(sky.spectra));
  std::vector<double> off;
  for (int64_t i = 0; i < sky.spectra.n; ++i)
    if (sky.star[size_t(i)] == 0)
      off.push_back(std::abs(found[i].item<double>() / sky.redshift.value[size_t(i)] - 1) * 299792.458 *
                    sky.redshift.value[size_t(i)] / (1 + sky.redshift.value[size_t(i)]));
  std::nth_element(off.begin(), off.begin() + int64_t(off.size() / 2), off.end());
  return off[off.size() / 2];
}

TEST(SpectrumMean, AFewSpectraSayWhereTheirLinesAre) {
  SpectrumTemplatesSettings s;
  s.wavelength_low = 4000;
  s.wavelength_high = 8000;
  s.pixels = 600;
  s.redshift_low = {0.02};
  s.redshift_high = {0.7};
  s.directions = {3};
  s.fit_rounds = 8;
  SpectrumTemplates codec(s, 1);
  const auto sky = test::redshifted(160, 15, 1);
  const modalities::Block block = sky.spectra;
  Lesson lesson{{&block}, {}};
  lesson.redshifts = {&sky.redshift};
  codec.fit_all(lesson);
  const auto judged = seen_redder(60, 3), labels = seen_redder(24, 4);
  const double before = median_error_kms(codec, judged);
  auto redshifts = std::vector<double>(labels.redshift.value.begin(), labels.redshift.value.end());
  redshifts[1] = NAN;
  EXPECT_EQ(codec.learn_means(labels.spectra, redshifts), 17) << "stars are beyond the set, one has no redshift";
  EXPECT_NEAR(before, 1200, 150);
  EXPECT_LT(median_error_kms(codec, judged), 0.7 * before);
  EXPECT_THROW(codec.learn_means(labels.spectra, std::vector<double>(24, NAN)), base::UserError);
}

}  // namespace
}  // namespace asterism::tokenizers
