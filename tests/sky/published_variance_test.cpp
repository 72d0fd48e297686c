// The published variances tell nothing of the truth beyond what the observed fluxes do.
#include "sky/published_variance.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <numbers>
#include <vector>

#include "base/random.h"
#include "modalities/spectrum.h"
#include "sky/camera.h"
#include "sky/draw.h"
#include "sky/scene.h"
#include "sky/spectrograph.h"

namespace asterism::sky {
namespace {

// Rows of {published, truth, what was observed ...}: the correlation of the first two that is left when the rest and a
// constant are fitted to both (Gram-Schmidt).
template <size_t N>
double partial_correlation(const std::vector<std::array<double, N>>& rows) {
  std::vector<std::vector<double>> columns(1, std::vector<double>(rows.size(), 1.0));
  const auto dot = [](const std::vector<double>& a, const std::vector<double>& b) {
    double sum = 0;
    for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
    return sum;
  };
  for (const size_t c : {2, 3, 4, 5, 0, 1}) {
    if (c >= N) continue;
    std::vector<double> column;
    for (const auto& row : rows) column.push_back(row[c]);
    const size_t fitted = std::min(columns.size(), N - 1);  // not published to truth
    for (size_t k = 0; k < fitted; ++k) {
      const double slope = dot(column, columns[k]) / dot(columns[k], columns[k]);
      for (size_t i = 0; i < rows.size(); ++i) column[i] -= slope * columns[k][i];
    }
    columns.push_back(column);
  }
  const auto &a = columns[columns.size() - 2], &b = columns.back();
  return dot(a, b) / std::sqrt(dot(a, a) * dot(b, b));
}

using Rows = std::vector<std::array<double, 5>>;

// One row, in units of the sky's noise, of the source that a variance states, the true one and the observed flux.
std::array<double, 5> row_of(double variance, double sky, double photon, double clean, double local, double own) {
  const double sigma = std::sqrt(sky), source = (variance - sky) / photon / sigma, mean = std::max(0.0, local) / sigma;
  return {source, clean / sigma, mean, mean * own / sigma, mean * mean};
}

std::vector<ObjectTruth> objects_between(ObjectClass kind, int n, double bright, double faint) {
  std::vector<ObjectTruth> out;
  for (int64_t i = 0; int(out.size()) < n; ++i) {
    const ObjectTruth t = draw_object(71, i);
    if (t.kind == kind && t.r_magnitude > bright && t.r_magnitude < faint) out.push_back(t);
  }
  return out;
}

TEST(PublishedVariance, IsTheSkyInTheDarkAndThePixelItselfInTheLight) {
  EXPECT_EQ(published_variance(2, 0.1f, -3, 5), 2);
  EXPECT_NEAR(published_variance(2, 0.1f, 0.5f, 0.5f), 2.05, 1e-6);
  EXPECT_NEAR(published_variance(2, 0.1f, 1e6f, 3e6f), 3e5, 1e2);
  EXPECT_EQ(published_variance(2, 0.1f, 1e6f, -1e9f), 2);
}

struct SpectrumRows {
  Rows published, leaking;                     // where the signal is below the noise
  double excess = 0, clean_excess = 0, n = 0;  // over neighbours, at lines; excess: beyond what the means say
};

void add_spectrum(const ObjectTruth& t, const SpectralSurvey& survey, SpectrumRows& out) {
  const ObjectLight light = light_of(t);
  auto block = modalities::make_spectra(1, survey.pixels, "1e-17 erg/s/cm^2/Angstrom");
  observe_spectrum(t, light, survey, false, block, 0);
  const auto clean = noiseless_spectrum(t, light, survey);
  base::Random random(t.seed, 0, uint64_t(t.index), survey.spectrum);
  const double scale = std::exp(2 * survey.noise_scatter * random.normal());
  const int half = survey.logarithmic ? 2 : 4;
  const auto at = [&](int p) {  // {published, leaking}
    const double w = survey.wavelength(p), telluric = telluric_transmission(w);
    const double sky = scale * std::pow(survey.dark_noise(w) / telluric, 2) *
                       sky_line_variance(w, std::hypot(survey.lsf_sigma(w), 0.3));
    const double photon = survey.photon_noise(w) / telluric, truth = double(clean[size_t(p)]);
    double local = 0;
    for (int k = -half; k <= half; ++k) local += double(block.flux[size_t(p + k)]) / (2 * half + 1);
    const double own = double(block.flux[size_t(p)]);
    return std::array{row_of(1 / double(block.ivar[size_t(p)]), sky, photon, truth, local, own),
                      row_of(sky + photon * truth, sky, photon, truth, local, own)};
  };
  for (int p = 40; p + 40 < survey.pixels; ++p) {
    const auto here = at(p);
    if (here[0][1] > 1) continue;
    out.published.push_back(here[0]);
    out.leaking.push_back(here[1]);
    // A line: the highest pixel around, and far above those 12 pixels away.
    const auto left = at(p - 12), right = at(p + 12);
    const double neighbours = 0.5 * (left[0][1] + right[0][1]);
    if (here[0][1] < neighbours + 0.3) continue;
    const auto top = std::max_element(clean.begin() + p - 4, clean.begin() + p + 5);
    if (int(top - clean.begin()) != p) continue;
    const auto beyond = [](const std::array<double, 5>& row) { return row[0] - row[2]; };
    out.excess += beyond(here[0]) - 0.5 * (beyond(left[0]) + beyond(right[0]));
    out.clean_excess += here[0][1] - neighbours;
    ++out.n;
  }
}

TEST(PublishedVariance, OfSpectraHidesTheCleanFlux) {
  for (const SpectralSurvey* survey : {&desi_spectra(), &sdss_spectra()}) {
    SpectrumRows rows;
    for (const ObjectTruth& t : objects_between(ObjectClass::galaxy, 100, 21, 23)) add_spectrum(t, *survey, rows);
    ASSERT_GT(rows.published.size(), 30000u);
    std::printf("%d pixels: %.4f, of a leak %.4f; %.0f lines: %.4f of %.4f\n", int(rows.published.size()),
                partial_correlation(rows.published), partial_correlation(rows.leaking), rows.n, rows.excess / rows.n,
                rows.clean_excess / rows.n);
    EXPECT_NEAR(partial_correlation(rows.published), 0, 0.03);
    EXPECT_GT(partial_correlation(rows.leaking), 0.95);  // what the truth's variance would give
    // The share of the pixel itself, a function of the observed flux, is what the means do not say.
    ASSERT_GT(rows.n, 30);
    EXPECT_LT(std::abs(rows.excess / rows.n), 0.1 * rows.clean_excess / rows.n);
  }
}

TEST(PublishedVariance, OfImagesHidesTheCleanFlux) {
  for (const ImagingSurvey* survey : {&legacy_imaging(), &sdss_imaging()}) {
    Rows published, leaking;
    for (const ObjectTruth& t : objects_between(ObjectClass::galaxy, 40, 17, 21)) {
      const ObjectLight light = light_of(t);
      modalities::ImageBlock block = empty_images(*survey, 1);
      observe_image(t, light, *survey, false, block, 0);
      const auto clean = noiseless_image(t, light, *survey);
      const Conditions conditions = conditions_of(t, *survey);
      const size_t width = size_t(survey->size);
      for (size_t i = 0; i < clean.size(); ++i) {
        const size_t b = i / (width * width), x = i % width, y = i / width % width;
        const double sky = std::pow(conditions.pixel_noise[b], 2), truth = double(clean[i]);
        if (x == 0 || y == 0 || x + 1 == width || y + 1 == width) continue;
        if (truth > std::sqrt(sky) || truth < 0.03 * std::sqrt(sky)) continue;
        double local = 0;
        for (const size_t from : {i - width - 1, i - 1, i + width - 1})
          for (size_t k = from; k < from + 3; ++k) local += double(block.flux[k]) / 9;
        const double photon = 1 / survey->bands[b].electrons_per_nanomaggy, own = double(block.flux[i]);
        published.push_back(row_of(1 / double(block.ivar[i]), sky, photon, truth, local, own));
        leaking.push_back(row_of(sky + photon * truth, sky, photon, truth, local, own));
      }
    }
    ASSERT_GT(published.size(), 20000u);
    std::printf("%d pixels: %.4f, of a leak %.4f\n", int(published.size()), partial_correlation(published),
                partial_correlation(leaking));
    EXPECT_NEAR(partial_correlation(published), 0, 0.03);
    EXPECT_GT(partial_correlation(leaking), 0.95);
  }
}

// A cosmic ray's neighbours use what good pixels they have.
TEST(PublishedVariance, MaskedPixelsStateNone) {
  const ObjectTruth t = objects_between(ObjectClass::star, 1, 15, 17)[0];
  const ObjectLight light = light_of(t);
  auto spectra = modalities::make_spectra(1, desi_spectra().pixels, "1e-17 erg/s/cm^2/Angstrom");
  observe_spectrum(t, light, desi_spectra(), true, spectra, 0);
  auto images = empty_images(legacy_imaging(), 1);
  observe_image(t, light, legacy_imaging(), true, images, 0);
  for (size_t i = 0; i < spectra.ivar.size(); ++i) EXPECT_EQ(spectra.ivar[i] > 0, !spectra.mask[i]) << i;
  for (size_t i = 0; i < images.ivar.size(); ++i) EXPECT_EQ(images.ivar[i] > 0, !images.mask[i]) << i;
}

// Stars so bright that the floor of 0.5% matters: the error follows the observed flux, not the true one.
TEST(PublishedVariance, OfFluxesHidesTheTrueFlux) {
  std::vector<std::array<double, 4>> rows, leaking;
  for (const ObjectTruth& t : objects_between(ObjectClass::star, 1500, 14.5, 17.5)) {
    const ObjectLight light = light_of(t);
    const FluxMeasure r = observe_fluxes(t, light, legacy_imaging())[1];
    const double truth = light.total[size_t(kDecamR)], size = std::log(r.value);
    const auto bright = [](double flux) {
      return flux / legacy_imaging().bands[1].electrons_per_nanomaggy + std::pow(kFluxFloor * flux, 2);
    };
    rows.push_back({std::log(r.error), truth / r.value - 1, size, size * size});
    const double leak = std::sqrt(r.error * r.error - bright(r.value) + bright(truth));
    leaking.push_back({std::log(leak), truth / r.value - 1, size, size * size});
  }
  EXPECT_NEAR(partial_correlation(rows), 0, 4 / std::sqrt(1500.0));
  EXPECT_GT(partial_correlation(leaking), 0.5);
  std::printf("fluxes: %.4f, of a leak %.4f\n", partial_correlation(rows), partial_correlation(leaking));
}

// What the error says of an object's size: the area of the aperture, less that of its PSF.
double stated_extent(const ObjectTruth& t, const ImagingSurvey& survey, size_t band) {
  const ObjectLight light = light_of(t);
  const FluxMeasure r = observe_fluxes(t, light, survey)[band];
  const Conditions conditions = conditions_of(t, survey);
  const double observed = std::max(0.0, r.value), sky = r.error * r.error - std::pow(kFluxFloor * observed, 2) -
                                                        observed / survey.bands[band].electrons_per_nanomaggy;
  ObjectTruth star;
  star.kind = ObjectClass::star;
  return sky / std::pow(conditions.pixel_noise[band] / survey.pixel_scale_arcsec, 2) -
         effective_area(scene_of(star, 1, 0, conditions.fwhm_arcsec[band]));
}

TEST(PublishedVariance, OfFluxesHidesTheTrueSize) {
  // Scatter of the stated over the true extent, of well-resolved galaxies.
  const auto scatter = [](double bright, double faint) {
    double sum = 0, squares = 0, n = 0;
    for (const ObjectTruth& t : objects_between(ObjectClass::galaxy, 300, bright, faint)) {
      const double extent =
          4 * std::numbers::pi * std::pow(t.galaxy.half_light_arcsec / 1.1774, 2) * t.galaxy.axis_ratio;
      const double stated = stated_extent(t, legacy_imaging(), 1);
      EXPECT_NEAR(stated, stated_extent(t, legacy_imaging(), 0), 1e-6 * (1 + stated));  // one for all bands
      if (extent < 3) continue;
      sum += stated / extent;
      squares += std::pow(stated / extent, 2);
      ++n;
    }
    EXPECT_NEAR(sum / n, 1, 0.1);
    return std::sqrt(squares / n - sum * sum / n / n);
  };
  const double bright = scatter(16, 18), faint = scatter(22, 23);
  std::printf("stated area: scatter %.3f, of faint galaxies %.3f\n", bright, faint);
  EXPECT_GT(bright, 0.03);
  EXPECT_GT(faint, 1.5 * bright);
  // A point source cannot be told by an extent of zero: half of them have one, as small galaxies may.
  int extended = 0;
  for (const ObjectTruth& t : objects_between(ObjectClass::star, 300, 16, 23))
    extended += stated_extent(t, legacy_imaging(), 1) > 1e-6;
  EXPECT_NEAR(extended / 300.0, 0.5, 0.15);
}

}  // namespace
}  // namespace asterism::sky
