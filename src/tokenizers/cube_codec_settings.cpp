#include "tokenizers/cube_codec_settings.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include "base/error.h"

namespace asterism::tokenizers {

namespace {

int64_t step_of(const CubeCodecSettings& s) {
  return std::accumulate(s.strides.begin(), s.strides.end(), int64_t{1}, std::multiplies<>());
}

}  // namespace

int64_t CubeCodecSettings::segments() const { return pixels / step_of(*this); }

void CubeCodecSettings::describe(config::Fields& f) {
  f.add("unit", unit, "of the flux density of a spaxel");
  f.add("wavelength_low", wavelength_low, "lower edge of the latent grid, Angstrom in vacuum").between(1, 1e8);
  f.add("wavelength_high", wavelength_high, "upper edge").between(1, 1e8);
  f.add("pixels", pixels, "of the latent grid, equal in log wavelength; a multiple of the product of the strides")
      .between(1, 1 << 20);
  f.add("size", size, "spaxels a side of the cubes that the number of tokens is told for; others are read too")
      .between(1, 1 << 14);
  f.add("patch", patch, "spaxels a side that share a normalisation and codes").between(1, 16);
  f.add("strides", strides, "how much each stage shortens the spectra").between(1, 64);
  f.add("depths", depths, "ConvNeXt blocks of each stage").between(0, 100);
  f.add("widths", widths, "channels of each stage").between(1, 8192);
  f.add("mixing_depth", mixing_depth, "blocks among neighbouring patches, in the encoder and in the decoder")
      .between(0, 100);
  f.add("output_width", output_width, "channels at full resolution, before the flux is drawn").between(1, 8192);
  QuantiserSettings::describe(f);
  f.add("norm_bins", norm_bins, "codes of the normalisation tokens; 0 is a patch without data").between(3, 65536);
  f.add("norm_low", norm_low, "their lowest log10 of the scale").between(-30, 30);
  f.add("norm_high", norm_high, "their highest").between(-30, 30);
  f.add("error_floor", error_floor, "of scale and flux, added in quadrature to the noise in the loss").between(0, 10);
  f.add("huber_sigma", huber_sigma, "residuals beyond count linearly; 0: plain chi^2").between(0, 1e6);
}

void check(const CubeCodecSettings& s) {
  if (s.widths.empty() || s.widths.size() != s.depths.size() || s.widths.size() != s.strides.size())
    base::user_error("cube_conv: {} widths, {} depths and {} strides; give one of each per stage.", s.widths.size(),
                     s.depths.size(), s.strides.size());
  if (s.wavelength_low >= s.wavelength_high)
    base::user_error("cube_conv: wavelength_low = {} is not below wavelength_high = {}.", s.wavelength_low,
                     s.wavelength_high);
  if (s.norm_low >= s.norm_high)
    base::user_error("cube_conv: norm_low = {} is not below norm_high = {}.", s.norm_low, s.norm_high);
  const int64_t step = step_of(s);
  if (s.pixels % step != 0)
    base::user_error("cube_conv: pixels = {} is no multiple of the strides' product {}; the nearest is {}.", s.pixels,
                     step, std::max(step, (s.pixels + step / 2) / step * step));
}

}  // namespace asterism::tokenizers
