#pragma once
// Spectra from one wavelength grid onto another.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace asterism::tokenizers {

// Pixels + 1 edges from low to high, equal in wavelength or in its logarithm.
std::vector<double> grid_edges(double low, double high, int64_t pixels, bool logarithmic);

// One spectrum of any grid: wavelengths are pixel centres, strictly increasing, zeros only as padding at the end. A
// pixel counts if mask is 0, ivar > 0 and flux is finite.
struct SpectrumRow {
  std::span<const float> wavelength_angstrom, flux, ivar;
  std::span<const uint8_t> mask;
};

// Inverse-variance weighted mean flux of the input pixels that overlap each output pixel; a pixel counts by the share
// of it that lies inside, so that the ivar of all outputs together is that of all inputs (inside the grid), whatever
// the two grids are. Outputs without a good input: flux 0, ivar 0. False where the wavelengths are not as promised
// (nothing is written then).
bool rebin(const SpectrumRow& row, std::span<const double> edges, std::span<float> flux_out, std::span<float> ivar_out);

// The mean over each output pixel of what is known of the input pixels that overlap it, each by the share of it that
// lies inside: values above 0 are known. 0 where none is. False as rebin.
bool mean_of_known(std::span<const float> wavelength_angstrom, std::span<const float> values,
                   std::span<const double> edges, std::span<float> out);

// How much of an input pixel lies in an output pixel: share of its width. A pixel reaches half-way to its neighbours; a
// lone one is given a width of 1.
struct Overlap {
  int64_t from = 0, to = 0;
  double share = 0;
};
// All of a grid's, in order of `from`, then `to`. Nothing where the wavelengths are not as promised above.
std::optional<std::vector<Overlap>> overlaps(std::span<const float> wavelength_angstrom, std::span<const double> edges);

// Where each wanted wavelength lies between the centres of grid pixels: value = (1 - weight) v[left] + weight v[left +
// 1]; inside is false beyond the outer edges.
struct Interpolation {
  std::vector<int64_t> left;
  std::vector<float> weight;
  std::vector<uint8_t> inside;
};
Interpolation interpolation(std::span<const double> edges, bool logarithmic,
                            std::span<const float> wavelength_angstrom);

}  // namespace asterism::tokenizers
