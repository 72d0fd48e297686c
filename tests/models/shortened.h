#pragma once
// Spectra of several lengths in one batch, as surveys on a logarithmic grid have them.

#include "modalities/block.h"
#include "tiny_sky.h"

namespace asterism::models::tiny {

// Cuts one spectrum to its first pixels; the block stays as long as it is, and the rest is padding.
inline void shorten(modalities::Batch& batch, int64_t row, int64_t pixels) {
  auto& s = std::get<modalities::SpectrumBlock>(batch.blocks.at("spectrum_desi"));
  for (auto at = size_t(row * s.length + pixels); at < size_t((row + 1) * s.length); ++at) {
    s.wavelength_angstrom[at] = s.flux[at] = s.ivar[at] = 0;
    s.mask[at] = 1;
  }
}

// One object by itself, in a block that is no longer than these pixels.
inline modalities::Batch alone(const modalities::Batch& batch, int64_t row, int64_t pixels) {
  auto out = modalities::select(batch, {row});
  auto& s = std::get<modalities::SpectrumBlock>(out.blocks.at("spectrum_desi"));
  s.length = pixels;
  for (auto* values : {&s.wavelength_angstrom, &s.flux, &s.ivar, &s.lsf_sigma_angstrom}) values->resize(size_t(pixels));
  s.mask.resize(size_t(pixels));
  return out;
}

}  // namespace asterism::models::tiny
