#pragma once
// Images and spectra with known residuals.

#include <algorithm>

#include "modalities/image.h"
#include "modalities/spectrum.h"

namespace asterism::eval {

// n images of 8 x 8 pixels, brighter towards one corner, each band twice as bright as the one before; sigma 0.2.
inline modalities::ImageBlock sloping_images(int64_t n, std::vector<modalities::Band> bands) {
  auto out = modalities::make_images(n, std::move(bands), 8, 8, "nanomaggy", 0.26, true);
  const auto planes = out.flux.size() / 64;
  std::fill(out.present.begin(), out.present.end(), uint8_t{1});
  for (size_t at = 0; at < out.flux.size(); ++at) {
    const size_t band = at / 64 % (planes / size_t(n)), pixel = at % 64;
    out.flux[at] = float((3 + pixel / 8 + pixel % 8) * (size_t{1} << band));
    out.ivar[at] = 25;
    out.mask[at] = 0;
  }
  return out;
}

// The same, so much fainter everywhere.
inline modalities::ImageBlock fainter_by(modalities::ImageBlock images, float flux) {
  for (float& value : images.flux) value -= flux;
  return images;
}

// A spectrum of eight pixels, 4000 to 4070 Angstrom, and two of padding; sigma 0.5.
inline modalities::SpectrumBlock flat_spectrum(float flux) {
  auto out = modalities::make_spectra(1, 10, "1e-17 erg/s/cm^2/Angstrom");
  out.present[0] = 1;
  for (size_t i = 0; i < 8; ++i) {
    out.wavelength_angstrom[i] = 4000 + 10 * float(i);
    out.flux[i] = flux;
    out.ivar[i] = 4;
    out.mask[i] = 0;
  }
  return out;
}

}  // namespace asterism::eval
