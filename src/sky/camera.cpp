#include "sky/camera.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "astro/filter.h"
#include "astro/noise.h"
#include "astro/photometry.h"
#include "base/error.h"
#include "modalities/image.h"
#include "sky/fast_normal.h"
#include "sky/published_variance.h"
#include "sky/scene.h"
#include "sky/sersic.h"

namespace asterism::sky {
namespace {

// Area in square arcseconds of a point source's PSF: that of its Gaussians, computed once for a width of 1.
double psf_area() {
  static const double area = [] {
    ObjectTruth star;
    star.kind = ObjectClass::star;
    return effective_area(scene_of(star, 1, 0, 1));
  }();
  return area;
}

// What a galaxy adds to the area of the optimal aperture, which of a point source is the PSF's: by the second moment of
// half of its light.
double extent_area(const ObjectTruth& truth) {
  if (truth.kind != ObjectClass::galaxy) return 0;
  const double sigma2 = std::pow(truth.galaxy.half_light_arcsec / 1.1774, 2) * truth.galaxy.axis_ratio;
  return 4 * std::numbers::pi * sigma2;
}

// The same as measured, one number for all bands: the area seen through the sharpest PSF has log-normal noise, 2 /
// (S/N) and 4% at least, and what lies below the PSF is a point source; so galaxies may pass for points and points for
// galaxies.
double measured_extent(const ObjectTruth& truth, const ImagingSurvey& survey, double fwhm, double signal_to_noise) {
  base::Random random(truth.seed, 4, uint64_t(truth.index), survey.image);
  const double scatter = std::min(0.5, std::hypot(0.04, 2 / signal_to_noise)), point = psf_area() * fwhm * fwhm;
  const double seen = (point + extent_area(truth)) * std::exp(scatter * random.normal());
  return std::max(0.0, seen - point);
}

// Variance of a total flux: sky over the aperture, photons, the floor.
double flux_variance(const ImagingSurvey& survey, const Conditions& conditions, size_t band, double extent,
                     double flux) {
  const double fwhm = conditions.fwhm_arcsec[band], noise = conditions.pixel_noise[band];
  double sky = noise * noise;
  if (fwhm > 0) sky *= (psf_area() * fwhm * fwhm + extent) / (survey.pixel_scale_arcsec * survey.pixel_scale_arcsec);
  return sky + flux / survey.bands[band].electrons_per_nanomaggy + std::pow(kFluxFloor * flux, 2);
}

void spoil(modalities::ImageBlock& block, int64_t row, int64_t band, int64_t y, int64_t x) {
  if (y < 0 || x < 0 || y >= block.height || x >= block.width) return;
  const size_t i = size_t(((row * int64_t(block.bands.size()) + band) * block.height + y) * block.width + x);
  block.mask[i] = 1;
  block.flux[i] = 0;
}

void add_defects(base::Random& random, modalities::ImageBlock& block, int64_t row) {
  const int64_t bands = int64_t(block.bands.size());
  // The edge of a detector cuts one stamp in fifty, in all bands; every band has its own dots, trails and bad columns.
  if (random.uniform() < 0.02) {
    const int64_t missing = 1 + int64_t(random.below(uint64_t(block.width / 4)));
    const bool left = random.uniform() < 0.5;
    for (int64_t b = 0; b < bands; ++b)
      for (int64_t y = 0; y < block.height; ++y)
        for (int64_t k = 0; k < missing; ++k) spoil(block, row, b, y, left ? k : block.width - 1 - k);
  }
  for (int64_t b = 0; b < bands; ++b) {
    for (uint64_t dots = random.poisson(1.5); dots > 0; --dots)
      spoil(block, row, b, int64_t(random.below(uint64_t(block.height))), int64_t(random.below(uint64_t(block.width))));
    for (uint64_t rays = random.poisson(0.25); rays > 0; --rays) {
      const double angle = random.uniform(0, std::numbers::pi), length = 3 + 6 * random.exponential();
      const double x = random.uniform(0, double(block.width)), y = random.uniform(0, double(block.height));
      for (double s = 0; s < length; s += 0.7)
        spoil(block, row, b, int64_t(y + s * std::sin(angle)), int64_t(x + s * std::cos(angle)));
    }
    if (random.uniform() < 0.02) {
      const int64_t x = int64_t(random.below(uint64_t(block.width)));
      for (int64_t y = 0; y < block.height; ++y) spoil(block, row, b, y, x);
    }
  }
}

// Inverse variances of one band from its observed flux, its mean taken over the good ones of 3 x 3 pixels. Work space:
// sums of flux and numbers of good pixels over three rows, as large as the band.
void publish_variance(float sky, float photon, modalities::ImageBlock& block, size_t at, float* sum, float* good) {
  const int height = int(block.height), width = int(block.width), size = height * width;
  const float* flux = block.flux.data() + at;  // 0 where masked
  const auto* mask = block.mask.data() + at;
  float* ivar = block.ivar.data() + at;
  std::fill(sum, sum + size, 0.0f);
  std::fill(good, good + size, 0.0f);
  for (const int shift : {-width, 0, width})
    for (int i = std::max(0, -shift); i < std::min(size, size - shift); ++i) {
      sum[i] += flux[i + shift];
      good[i] += mask[i + shift] ? 0.0f : 1.0f;
    }
  const auto publish = [&](int i, float total, float count) {
    const float variance = published_variance(sky, photon, total / std::max(1.0f, count), flux[i]);
    ivar[i] = mask[i] ? 0.0f : 1 / variance;
  };
  for (int first = 0; first < size; first += width) {
    const int last = first + width - 1;
    publish(first, sum[first] + sum[first + 1], good[first] + good[first + 1]);
    for (int i = first + 1; i < last; ++i)
      publish(i, sum[i - 1] + sum[i] + sum[i + 1], good[i - 1] + good[i] + good[i + 1]);
    publish(last, sum[last - 1] + sum[last], good[last - 1] + good[last]);
  }
}

}  // namespace

std::vector<ImagingBand> imaged_bands(const ImagingSurvey& survey) {
  std::vector<ImagingBand> kept;
  for (const ImagingBand& band : survey.bands)
    if (band.fwhm_arcsec > 0) kept.push_back(band);
  return kept;
}

Centre centre_of(const ObjectTruth& truth, const ImagingSurvey& survey) {
  base::Random random(truth.seed, 1, uint64_t(truth.index), survey.image);
  const double middle = 0.5 * (survey.size - 1);
  return {middle + random.uniform(-0.5, 0.5), middle + random.uniform(-0.5, 0.5)};
}

Conditions conditions_of(const ObjectTruth& truth, const ImagingSurvey& survey) {
  base::Random random(truth.seed, 0, uint64_t(truth.index), survey.image);
  Conditions c;
  const double seeing = std::exp(survey.seeing_scatter * random.normal());
  for (const ImagingBand& band : survey.bands) {
    const double depth = band.depth_5sigma + kDepthScatter * random.normal();
    c.fwhm_arcsec.push_back(band.fwhm_arcsec * seeing);
    if (band.fwhm_arcsec == 0) {
      c.pixel_noise.push_back(astro::nanomaggy_of(depth) / 5);
      continue;
    }
    const double pixels = psf_area() * std::pow(c.fwhm_arcsec.back() / survey.pixel_scale_arcsec, 2);
    c.pixel_noise.push_back(astro::nanomaggy_of(depth) / 5 / std::sqrt(pixels));
  }
  return c;
}

modalities::ImageBlock empty_images(const ImagingSurvey& survey, int64_t n) {
  std::vector<modalities::Band> bands;
  for (const ImagingBand& band : imaged_bands(survey)) {
    const astro::Filter& filter = astro::filter(filter_name(band.band));
    bands.push_back({std::string(band.name), filter.effective_wavelength(), filter.full_width_half_maximum()});
  }
  return modalities::make_images(n, std::move(bands), survey.size, survey.size, survey.bare ? "counts" : "nanomaggy",
                                 survey.pixel_scale_arcsec, !survey.bare);
}

std::vector<float> noiseless_image(const ObjectTruth& truth, const ObjectLight& light, const ImagingSurvey& survey) {
  const Conditions conditions = conditions_of(truth, survey);
  const Centre centre = centre_of(truth, survey);
  const auto bands = imaged_bands(survey);
  const size_t size = size_t(survey.size) * size_t(survey.size);
  std::vector<float> out(bands.size() * size, 0.0f);
  for (size_t b = 0; b < bands.size(); ++b) {
    const size_t id = size_t(bands[b].band);
    const bool galaxy = truth.kind == ObjectClass::galaxy;
    const auto scene = scene_of(truth, galaxy ? light.disc[id] : light.total[id], galaxy ? light.bulge[id] : 0,
                                conditions.fwhm_arcsec[b]);
    render(scene, survey.pixel_scale_arcsec, centre.x, centre.y, survey.size, survey.size, out.data() + b * size);
  }
  return out;
}

void observe_image(const ObjectTruth& truth, const ObjectLight& light, const ImagingSurvey& survey, bool defects,
                   modalities::ImageBlock& block, int64_t row) {
  observe_clean_image(truth, survey, defects, noiseless_image(truth, light, survey), block, row);
}

void observe_clean_image(const ObjectTruth& truth, const ImagingSurvey& survey, bool defects, std::vector<float> clean,
                         modalities::ImageBlock& block, int64_t row) {
  const auto bands = imaged_bands(survey);
  ASTERISM_CHECK(row >= 0 && row < block.n && block.bands.size() == bands.size() && block.height == survey.size,
                 "row {} of {}, {} bands", row, block.n, block.bands.size());
  const Conditions conditions = conditions_of(truth, survey);
  std::vector<float> noise(clean.size());
  FastNormal(truth.seed, uint64_t(truth.index), survey.image).fill(noise);
  const size_t size = size_t(survey.size) * size_t(survey.size), at = size_t(row) * clean.size();
  block.present[size_t(row)] = 1;
  for (size_t b = 0; b < bands.size(); ++b) {
    block.psf_fwhm_arcsec[size_t(row) * bands.size() + b] = survey.bare ? 0 : float(conditions.fwhm_arcsec[b]);
    const float sky = float(conditions.pixel_noise[b] * conditions.pixel_noise[b]);
    const float photon = float(1 / bands[b].electrons_per_nanomaggy);
    for (size_t i = b * size; i < (b + 1) * size; ++i) {
      const float variance = sky + photon * clean[i];
      block.flux[at + i] = (clean[i] + std::sqrt(variance) * noise[i]) * float(bands[b].recorded);
      block.mask[at + i] = 0;
    }
  }
  if (defects) {
    base::Random random(truth.seed, 2, uint64_t(truth.index), survey.image);
    add_defects(random, block, row);
  }
  if (survey.bare) {
    for (size_t i = at; i < at + clean.size(); ++i) block.ivar[i] = block.mask[i] ? 0.0f : 1.0f;
    return;
  }
  for (size_t b = 0; b < bands.size(); ++b)  // `clean` and `noise` have served: they are work space
    publish_variance(float(conditions.pixel_noise[b] * conditions.pixel_noise[b]),
                     float(1 / bands[b].electrons_per_nanomaggy), block, at + b * size, clean.data(), noise.data());
}

std::vector<FluxMeasure> observe_fluxes(const ObjectTruth& truth, const ObjectLight& light,
                                        const ImagingSurvey& survey) {
  const Conditions conditions = conditions_of(truth, survey);
  base::Random random(truth.seed, 3, uint64_t(truth.index), survey.image);
  std::vector<FluxMeasure> out;
  const double extent = extent_area(truth);
  double sharpest = 1e9, signal_to_noise2 = 0;
  for (size_t b = 0; b < survey.bands.size(); ++b) {
    const double flux = light.total[size_t(survey.bands[b].band)];
    const double variance = flux_variance(survey, conditions, b, extent, flux);
    out.push_back({flux + std::sqrt(variance) * random.normal(), 0});
    if (survey.bands[b].fwhm_arcsec == 0) continue;
    sharpest = std::min(sharpest, conditions.fwhm_arcsec[b]);
    signal_to_noise2 += flux * flux / variance;
  }
  const double measured = measured_extent(truth, survey, sharpest, std::sqrt(signal_to_noise2));
  for (size_t b = 0; b < out.size(); ++b)
    out[b].error = std::sqrt(flux_variance(survey, conditions, b, measured, std::max(0.0, out[b].value)));
  return out;
}

}  // namespace asterism::sky
