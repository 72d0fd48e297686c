#pragma once
// Small blocks with structure: spectra with a slope and lines, images of round galaxies, scalars with a long tail.

#include <cmath>
#include <string>
#include <vector>

#include "base/random.h"
#include "modalities/block.h"
#include "modalities/light_curve.h"

namespace asterism::test {

inline modalities::ScalarBlock scalars(int64_t n, uint64_t seed = 1) {
  base::Random random(seed, 0, 0, "test.scalars");
  modalities::ScalarBlock b;
  b.n = n;
  b.unit = "nanomaggy";
  b.has_error = true;
  for (int64_t i = 0; i < n; ++i) {
    const double error = 0.3;
    b.present.push_back(1);
    b.value.push_back(std::exp(1.5 * random.normal()) - 0.5 + error * random.normal());
    b.error.push_back(error);
  }
  return b;
}

inline void hide(modalities::ScalarBlock& b, int64_t row) {
  b.present[size_t(row)] = 0;
  b.value[size_t(row)] = b.error[size_t(row)] = 0;
}

// Numbers that fall from one column to the next over two decades, of either sign.
inline modalities::VectorBlock vectors(int64_t n, int64_t width, uint64_t seed = 1) {
  base::Random random(seed, 0, 0, "test.vectors");
  modalities::VectorBlock b;
  b.n = n;
  b.width = width;
  for (int64_t i = 0; i < n; ++i) {
    b.present.push_back(1);
    for (int64_t j = 0; j < width; ++j)
      b.value.push_back(float(100 * random.normal() * std::pow(0.01, double(j) / double(width))));
  }
  return b;
}

inline void hide(modalities::VectorBlock& b, int64_t row) {
  b.present[size_t(row)] = 0;
  for (int64_t j = row * b.width; j < (row + 1) * b.width; ++j) b.value[size_t(j)] = 0;
}

// DESI-like grids: linear in wavelength, a few lines on a slope.
inline modalities::SpectrumBlock spectra(int64_t n, int64_t length = 500, uint64_t seed = 1) {
  modalities::SpectrumBlock b;
  b.n = n;
  b.length = length;
  b.unit = "1e-17 erg/s/cm^2/Angstrom";
  for (int64_t i = 0; i < n; ++i) {
    base::Random random(seed, 0, uint64_t(i), "test.spectra");
    const double level = std::exp(random.normal()), slope = random.normal(), line = random.uniform(4000, 9000);
    b.present.push_back(1);
    for (int64_t j = 0; j < length; ++j) {
      const double w = 3700 + 6000.0 * double(j) / double(length), sigma = 0.2 * level;
      const double truth =
          level * (1 + 0.4 * slope * (w / 6700 - 1) + 6 * std::exp(-0.5 * std::pow((w - line) / 40, 2)));
      const bool bad = random.uniform() < 0.02;
      b.wavelength_angstrom.push_back(float(w));
      b.flux.push_back(bad ? 0 : float(truth + sigma * random.normal()));
      b.ivar.push_back(bad ? 0 : float(1 / (sigma * sigma)));
      b.mask.push_back(bad);
      b.lsf_sigma_angstrom.push_back(2);
    }
  }
  return b;
}

inline void hide(modalities::SpectrumBlock& b, int64_t row) {
  b.present[size_t(row)] = 0;
  for (int64_t j = row * b.length; j < (row + 1) * b.length; ++j) {
    b.flux[size_t(j)] = b.ivar[size_t(j)] = b.wavelength_angstrom[size_t(j)] = b.lsf_sigma_angstrom[size_t(j)] = 0;
    b.mask[size_t(j)] = 1;
  }
}

inline std::vector<modalities::Band> optical_bands() {
  std::vector<modalities::Band> bands(3);
  const char* names[] = {"des-g", "des-r", "des-z"};
  const double wavelengths[] = {4820, 6420, 9260}, widths[] = {1270, 1480, 1470};
  for (size_t i = 0; i < 3; ++i) {
    bands[i].name = names[i];
    bands[i].wavelength_angstrom = wavelengths[i];
    bands[i].width_angstrom = widths[i];
  }
  return bands;
}

inline modalities::ImageBlock images(int64_t n, int64_t size = 32, uint64_t seed = 1) {
  modalities::ImageBlock b;
  b.n = n;
  b.height = b.width = size;
  b.bands = optical_bands();
  b.unit = "nanomaggy";
  b.pixel_scale_arcsec = 0.262;
  b.has_ivar = true;
  const double noise[] = {0.01, 0.015, 0.03};
  for (int64_t i = 0; i < n; ++i) {
    base::Random random(seed, 0, uint64_t(i), "test.images");
    const double flux = 0.2 * std::exp(random.normal()), width = random.uniform(1.5, 4), red = random.uniform(0.8, 2.5);
    b.present.push_back(1);
    for (size_t c = 0; c < 3; ++c) {
      b.psf_fwhm_arcsec.push_back(1.3f);
      for (int64_t y = 0; y < size; ++y)
        for (int64_t x = 0; x < size; ++x) {
          const double dx = double(x - size / 2), dy = double(y - size / 2);
          const double truth = flux * std::pow(red, double(c)) * std::exp(-std::sqrt(dx * dx + dy * dy) / width);
          const bool bad = random.uniform() < 0.01;
          b.flux.push_back(bad ? 0 : float(truth + noise[c] * random.normal()));
          b.ivar.push_back(bad ? 0 : float(1 / (noise[c] * noise[c])));
          b.mask.push_back(bad);
        }
    }
  }
  return b;
}

inline void hide(modalities::ImageBlock& b, int64_t row) {
  b.present[size_t(row)] = 0;
  const int64_t pixels = int64_t(b.bands.size()) * b.height * b.width;
  for (int64_t j = row * pixels; j < (row + 1) * pixels; ++j) {
    b.flux[size_t(j)] = b.ivar[size_t(j)] = 0;
    b.mask[size_t(j)] = 1;
  }
}

// Periodic and rising-and-falling sources in two bands, at random times, with a limit here and there.
inline modalities::LightCurveBlock light_curves(int64_t n, int64_t length = 60, uint64_t seed = 1) {
  auto b = modalities::make_light_curves(n, length, {{"blue", 4800, 1000}, {"red", 6500, 1000}}, "nanomaggy", "MJD");
  for (int64_t i = 0; i < n; ++i) {
    base::Random random(seed, 0, uint64_t(i), "test.light_curves");
    const double flux = 30 * std::exp(random.normal()), period = std::exp(random.uniform(0, 3)), error = 0.05 * flux;
    const double shift = random.uniform(), peak = random.uniform(30, 90);
    std::vector<modalities::LightCurvePoint> points;
    for (int64_t k = 0; k < length - i % 5; ++k) {
      const double t = random.uniform(0, 120);
      const int32_t band = int32_t(random.below(2));
      const double shape =
          i % 2 == 0 ? 1 + 0.5 * std::sin(6.2831853 * (t / period + shift)) : 2 * std::exp(-std::abs(t - peak) / 15);
      points.push_back({55000 + t, band, float(flux * (1 + 0.5 * band) * shape + error * random.normal()), float(error),
                        random.uniform() < 0.03, random.uniform() < 0.03});
    }
    modalities::set_points(b, i, std::move(points));
  }
  return b;
}

inline void hide(modalities::LightCurveBlock& b, int64_t row) {
  b.present[size_t(row)] = 0;
  b.count[size_t(row)] = 0;
  for (int64_t j = row * b.length; j < (row + 1) * b.length; ++j) {
    b.time_day[size_t(j)] = 0;
    b.band[size_t(j)] = 0;
    b.value[size_t(j)] = b.error[size_t(j)] = 0;
    b.mask[size_t(j)] = 1;
    b.upper_limit[size_t(j)] = 0;
  }
}

}  // namespace asterism::test
