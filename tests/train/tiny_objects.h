#pragma once
// Eight objects with fluxes, redshift and a spectrum each: what every objective must be able to learn by heart.

#include <cmath>
#include <string>

#include "base/random.h"
#include "data/memory_source.h"
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

// Losses of the log lines, one a step.
inline TrainSettings by_heart(int64_t steps, double learning_rate) {
  TrainSettings settings;
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
