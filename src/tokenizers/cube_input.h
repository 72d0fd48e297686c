#pragma once
// Cubes as the codec's networks see them: patches of spaxels on the latent wavelength grid, each divided by a scale
// that changes smoothly from patch to patch. Letters: N objects of the block, M of them with a good value on the grid,
// G = g h patches of a cube (row-major), P patches with data of all M together, S spaxels of a patch, L latent pixels.

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "modalities/block.h"
#include "tokenizers/cube_codec_settings.h"

namespace asterism::tokenizers {

// How a frame of spaxels is cut into patches: what hangs over its edge is missing.
struct PatchGrid {
  int64_t height = 0, width = 0, patch = 1;  // spaxels
  int64_t rows() const { return (height + patch - 1) / patch; }
  int64_t columns() const { return (width + patch - 1) / patch; }
  int64_t patches() const { return rows() * columns(); }  // G
  int64_t spaxels() const { return patch * patch; }       // S
};

struct CubeInput {
  int64_t n = 0;  // N
  PatchGrid grid;
  at::Tensor rows_M;              // int64, their places in the block
  at::Tensor norm_ids_MG;         // int64, the normalisation tokens; 0 where a patch has no data
  at::Tensor cell_P;              // int64, place among the M x G patches, rising
  std::vector<int64_t> first_P;   // [M + 1], of each object among the P
  at::Tensor flux_PSL, ivar_PSL;  // in units of the scale; 0 where not good
  at::Tensor lsf_ML;              // ln(1 + line spread in latent pixels), 0 where unknown
  double pixel_scale_arcsec = 0;  // 0: unknown
};

// The block in the unit of the settings, of at least one spaxel and plane. UserError where wavelengths do not increase.
CubeInput read_cubes(const modalities::CubeBlock& block, const CubeCodecSettings& settings,
                     const std::vector<double>& edges);

// The scale that a normalisation token (not 0) stands for: int64 [...] -> float64 [...].
at::Tensor cube_scale(const at::Tensor& norm_ids, const CubeCodecSettings& settings);

// Scales of single spaxels: those of the patches, drawn smoothly between the middles of patches with data (bilinear in
// the logarithm). int64 [M, G] -> float32 [M G, S], 1 where a patch has none.
at::Tensor spaxel_scales(const at::Tensor& norm_ids_MG, const PatchGrid& grid, const CubeCodecSettings& settings);

// Values of single spaxels [M G, S, K] into frames [M, K, height, width].
at::Tensor as_frames(const at::Tensor& values_XSK, const PatchGrid& grid);

}  // namespace asterism::tokenizers
