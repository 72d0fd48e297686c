#include "eval/questions/pca_rebuild.h"

#include <gtest/gtest.h>

#include <numeric>

#include "eval/residual.h"
#include "modalities/image.h"
#include "tests/eval/planted_spectra.h"

namespace asterism::eval {
namespace {

double mean_square(const modalities::SpectrumBlock& a, const modalities::SpectrumBlock& b) {
  double sum = 0;
  for (size_t i = 0; i < a.flux.size(); ++i) sum += std::pow(a.flux[i] - b.flux[i], 2);
  return sum / double(a.flux.size());
}

std::vector<int64_t> leading_rows(int64_t n) {
  std::vector<int64_t> rows(static_cast<size_t>(n));
  std::iota(rows.begin(), rows.end(), int64_t{0});
  return rows;
}

TEST(PcaRebuild, MoreBitsAreBetter) {
  const auto spectra = planted_spectra(planted_subject(120), 0.1);
  double last = INFINITY;
  for (const int64_t bits : {16, 60, 300}) {
    const double error = mean_square(spectra, pca_rebuilt(spectra, leading_rows(100), bits));
    EXPECT_LT(error, last) << bits;
    last = error;
  }
}

TEST(PcaRebuild, SpectraOnDifferingGrids) {
  auto spectra = planted_spectra(planted_subject(120), 0.1);
  for (int64_t p = 0; p < 800; ++p) spectra.wavelength_angstrom[size_t(p)] += 1.5F;  // the first one alone
  const auto same = planted_spectra(planted_subject(120), 0.1);
  EXPECT_NEAR(mean_square(spectra, pca_rebuilt(spectra, leading_rows(100), 300)),
              mean_square(same, pca_rebuilt(same, leading_rows(100), 300)), 0.5);
}

TEST(PcaRebuild, ScaleIsFree) {
  auto spectra = planted_spectra(planted_subject(60), 0);
  for (size_t i = 0; i < spectra.flux.size(); ++i)
    spectra.flux[i] *= float(1 + i / 800 * 100);  // brightness spans decades
  const auto rebuilt = pca_rebuilt(spectra, leading_rows(50), 200);
  for (int64_t i = 0; i < 60; ++i)
    EXPECT_NEAR(rebuilt.flux[size_t(i * 800)] / spectra.flux[size_t(i * 800)], 1, 0.5) << i;
}

TEST(PcaRebuild, ImagesToo) {
  auto images = modalities::make_images(40, {{"g", 4800, 1000}}, 8, 8, "nanomaggy", 0.26, true);
  for (int64_t i = 0; i < 40; ++i) {
    images.present[size_t(i)] = 1;
    for (int64_t p = 0; p < 64; ++p) {
      const auto at = size_t(i * 64 + p);
      images.flux[at] = float(std::exp(-0.1 * std::pow(double(p % 8) - 3.5 - 0.02 * double(i), 2)));
      images.ivar[at] = 100;
      images.mask[at] = 0;
    }
  }
  const auto rebuilt = pca_rebuilt(images, leading_rows(30), 120);
  const auto chi = chi_square(images.flux, images.ivar, images.mask, rebuilt.flux, rebuilt.mask);
  EXPECT_LT(chi.per_value, 0.1);
}

// Where brightness spans decades and the noise does not, components of least chi^2 look at what is bright.
TEST(PcaRebuild, SignalScaleHasTheLesserChiSquare) {
  auto spectra = planted_spectra(planted_subject(120), 0.1);
  for (int64_t i = 0; i < spectra.n; ++i)
    for (int64_t p = i * spectra.length; p < (i + 1) * spectra.length; ++p)
      spectra.flux[size_t(p)] *= float(std::pow(10.0, double(i % 3)));
  const auto chi = [&](const modalities::SpectrumBlock& by) {
    return chi_square(spectra.flux, spectra.ivar, spectra.mask, by.flux, by.mask).per_value;
  };
  EXPECT_LT(chi(pca_rebuilt(spectra, leading_rows(100), 80, PcaScale::signal)),
            chi(pca_rebuilt(spectra, leading_rows(100), 80)));
}

}  // namespace
}  // namespace asterism::eval
