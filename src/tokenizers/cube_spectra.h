#pragma once
// Spectra out of a cube and onto wavelengths: what the templates of cube_templates.h are learned from and found by.
// Letters: B spectra, L pixels of the grid, `finer` pixels of the templates to each, J directions, K wavelengths.

#include "tokenizers/cube_input.h"

namespace asterism::tokenizers {

struct CubeSpectra {
  at::Tensor flux_BL, weight_BL;  // each in units of its own brightness; weight 0: missing
};

// All spaxels together, [1, L]: the likeliest spectrum if every spaxel had it, as bright as each is.
CubeSpectra summed_spectrum(const CubeRow& cube);
// Means of bin x bin spaxels of a field of height x width, at most `most`, the brightest beside their noise; bins
// without a good value are left out.
CubeSpectra joined_spaxels(const CubeRow& cube, int64_t height, int64_t width, int64_t bin, int64_t most);

// [B, L] as every finer-th of [B, L finer]; zeros in between, which say nothing.
at::Tensor spread_out(const at::Tensor& values_BL, int64_t finer);

// Where wavelengths lie among the pixels of templates, the first of which is the first of the grid: between the middles
// of the outermost pixels of the grid, to which those further out go.
struct FinePlaces {
  at::Tensor left, share, inside;               // [K]; inside: float, 0 beyond the grid
  at::Tensor of(const at::Tensor& x_JF) const;  // [J, K]
};
FinePlaces drawn_at(const std::vector<double>& edges, int64_t finer, const std::vector<float>& wavelength_angstrom);

}  // namespace asterism::tokenizers
