#pragma once
// Eight objects with fluxes, redshift and a spectrum each: what every objective must be able to learn by heart.

#include <cmath>
#include <string>

#include "base/random.h"
#include "data/memory_source.h"
#include "modalities/image.h"
#include "modalities/scalar.h"
#include "modalities/spectrum.h"
#include "train/loop.h"

namespace asterism::train {

inline modalities::Batch eight_objects() {
  constexpr int64_t kObjects = 8, kPixels = 256;
  modalities::Batch batch;
  auto redshift = modalities::make_scalars(kObjects, "", false);
  auto flux_g = modalities::make_scalars(kObjects, "nanomaggy", true), flux_r = flux_g;
  auto spectra = modalities::make_spectra(kObjects, kPixels, "1e-17 erg/s/cm^2/Angstrom");
  for (int64_t i = 0; i < kObjects; ++i) {
    base::Random random(7, 0, uint64_t(i), "eight");
    const auto at = size_t(i);
    batch.objects.push_back({.survey = "test", .id = "object-" + std::to_string(i)});
    redshift.present[at] = flux_g.present[at] = flux_r.present[at] = spectra.present[at] = 1;
    redshift.value[at] = 0.1 + 0.1 * double(i);
    flux_g.value[at] = 5 + 3 * random.normal();
    flux_r.value[at] = 8 + 3 * random.normal();
    flux_g.error[at] = flux_r.error[at] = 0.1;
    for (int64_t p = 0; p < kPixels; ++p) {
      const auto pixel = size_t(i * kPixels + p);
      const double wavelength = 4000 + 20.0 * double(p), line = 5000 * (1 + redshift.value[at]);
      spectra.wavelength_angstrom[pixel] = float(wavelength);
      spectra.flux[pixel] =
          float(2 + 10 * std::exp(-0.5 * std::pow((wavelength - line) / 60, 2)) + 0.1 * random.normal());
      spectra.ivar[pixel] = 100;
      spectra.mask[pixel] = 0;
    }
  }
  batch.blocks["redshift"] = redshift;
  batch.blocks["flux_g"] = flux_g;
  batch.blocks["flux_r"] = flux_r;
  batch.blocks["spectrum_desi"] = spectra;
  return batch;
}

// The same with an image in two bands: a blob whose size and colour follow the redshift.
inline modalities::Batch eight_objects_with_images() {
  constexpr int64_t kSide = 32;
  auto batch = eight_objects();
  auto images = modalities::make_images(8, {{"des-g", 4800, 1500}, {"des-r", 6400, 1500}}, kSide, kSide, "nanomaggy",
                                        0.262, true);
  images.present.assign(8, 1);
  std::fill(images.ivar.begin(), images.ivar.end(), 100.0f);
  std::fill(images.mask.begin(), images.mask.end(), uint8_t{0});
  std::fill(images.psf_fwhm_arcsec.begin(), images.psf_fwhm_arcsec.end(), 1.2f);
  for (int64_t i = 0; i < 8; ++i) {
    base::Random random(7, 1, uint64_t(i), "eight images");
    for (int64_t c = 0; c < 2; ++c)
      for (int64_t y = 0; y < kSide; ++y)
        for (int64_t x = 0; x < kSide; ++x) {
          const double away = std::pow(double(x) - 15.5, 2) + std::pow(double(y) - 15.5, 2);
          images.flux[size_t(((i * 2 + c) * kSide + y) * kSide + x)] =
              float((1 + 0.3 * double(c * i)) * std::exp(-away / (10 + 10 * double(i))) + 0.1 * random.normal());
        }
  }
  batch.blocks["image_legacy"] = images;
  return batch;
}

// Losses of the log lines, one a step.
inline TrainSettings by_heart(int64_t steps, double learning_rate) {
  TrainSettings settings;
  settings.threads = 1;  // not what a busy machine finds faster: the same bits are asked for
  settings.steps = steps;
  settings.optimiser.learning_rate = learning_rate;
  settings.optimiser.weight_decay = 0;
  settings.optimiser.schedule = "constant";
  settings.optimiser.warmup = 0;
  settings.log_every = 1;
  settings.checkpoint_every = 100000;
  return settings;
}

}  // namespace asterism::train
