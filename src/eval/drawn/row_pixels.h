#pragma once
// One object's image or spectrum as plain pixels.

#include <cstdint>
#include <vector>

#include "modalities/block.h"

namespace asterism::eval {

struct RowPixels {
  std::vector<float> flux;                 // NaN where masked
  std::vector<float> ivar;                 // of what was observed; 0 where masked
  std::vector<float> wavelength_angstrom;  // of spectra; empty: an image
};

// Images and spectra whose file gives variances: what can be judged in units of the noise.
bool has_noise(const modalities::Block& block);

// Row `row` of images ([C, H, W]) or spectra ([L]); CheckError of another kind.
RowPixels row_pixels(const modalities::Block& block, int64_t row);

// Flux of `from` on the pixels of `onto`: spectra by linear interpolation where their wavelengths differ, NaN where
// they do not reach. UserError where images have different numbers of pixels.
std::vector<float> flux_onto(const RowPixels& from, const RowPixels& onto);

// 1 in the central disc of an image, an eighth of its smaller side in radius, in every band; empty for spectra.
std::vector<uint8_t> central_pixels(const modalities::Block& block);

}  // namespace asterism::eval
