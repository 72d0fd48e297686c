#pragma once
// Spectra with an emission line each, and a subject that rebuilds them perfectly or flatly.

#include "modalities/spectrum.h"
#include "tests/eval/planted.h"

namespace asterism::eval {

inline modalities::SpectrumBlock planted_spectra(const Planted& planted, double noise) {
  const auto n = int64_t(planted.subject.objects.size());
  auto out = modalities::make_spectra(n, 800, "1e-17 erg/s/cm^2/Angstrom");
  for (int64_t i = 0; i < n; ++i) {
    base::Random random(13, 0, uint64_t(i), "spectrum");
    out.present[size_t(i)] = 1;
    const double line = 5008.24 * (1 + 0.5 * planted.labels.at("redshift").value[size_t(i)]);
    for (int64_t p = 0; p < 800; ++p) {
      const auto at = size_t(i * 800 + p);
      const double x = 4500 + 4.0 * double(p);
      out.wavelength_angstrom[at] = float(x);
      out.flux[at] = float(3 + 30 * std::exp(-0.5 * std::pow((x - line) / 5, 2)) + noise * random.normal());
      out.ivar[at] = float(1 / 0.3 / 0.3);
      out.mask[at] = 0;
    }
  }
  return out;
}

}  // namespace asterism::eval
