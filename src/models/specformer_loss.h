#pragma once
// What SpecFormer learns from: stretches of a spectrum that it does not see and rebuilds (Parker et al. 2024).
// Otherwise than published, unless `as_published`:
//   - hidden are pixels, in every slice that holds them, so that none is seen through the slice beside;
//   - mean and deviation are those of what is seen;
//   - good pixels alone count, by what their noise allows.
// Letters as in specformer.h.

#include "models/draw_key.h"
#include "models/specformer.h"
#include "models/spectrum_input.h"
#include "nn/outcome.h"

namespace asterism::models {

struct SpecFormerMaskSettings {
  int64_t chunks = 6, chunk_tokens = 50;  // stretches, one in each so-manieth of the spectrum, and slices of each
  bool as_published = false;  // whole tokens become zeros, the first too; level of all pixels; mean squared error
  double error_floor = 0.05;  // of the spectrum's deviation, added to each pixel's noise in quadrature
  void describe(config::Fields& f);
};

// Where stretches begin, [B, chunks] in [0, 1): of each object by (seed, epoch, its hash).
at::Tensor draw_starts(const modalities::Batch& batch, int64_t chunks, const DrawKey& key);

// Pixels of the stretches of slices that begin there, bool [B, L]. UserError where they would leave nothing to see.
at::Tensor hidden_pixels(const SpecFormerSettings& settings, const SpecFormerMaskSettings& mask, int64_t pixels,
                         const at::Tensor& start_share);

// What goes in where these pixels are hidden (bool [B, L]), and in what level it is. Block: all present.
struct SeenSpectra {
  at::Tensor tokens_BTS, usable_BT;  // usable: as SpecFormer::encode has it
  SpectrumLevel level;
};
SeenSpectra see_spectra(const SpecFormer& encoder, const modalities::SpectrumBlock& spectra,
                        const SpectrumInputSettings& input, const at::Tensor& hidden_BL, const at::Device& device);

// All pixels as they are rebuilt where these are hidden, on the CPU: flux [B, L] in the unit of the spectra, the mean
// of the slices that hold a pixel; covered, bool [B, L]: pixels beyond a spectrum's last slice are in none. Spectra on
// the grid of `input`, which must be their own.
struct RebuiltSpectra {
  at::Tensor flux_BL, covered_BL;
};
RebuiltSpectra rebuild_spectra(const SpecFormer& encoder, const modalities::SpectrumBlock& spectra,
                               const SpectrumInputSettings& input, const at::Tensor& hidden_BL,
                               const at::Device& device);

// Mean over hidden good pixels of Huber(residual / sigma, 5), sigma of noise and floor, or as published; over the
// objects with good pixels both hidden and seen (spectra too short for the stretches have none hidden),
// nn::NothingToLearn where there is none. Figure "chi2": mean of residual^2 ivar over hidden good pixels, noise alone.
// UserError as prepare_spectra says it, of another grid too.
nn::Outcome specformer_loss(const SpecFormer& encoder, const modalities::Batch& batch,
                            const SpectrumInputSettings& input, const SpecFormerMaskSettings& mask, const DrawKey& key,
                            const at::Device& device);

}  // namespace asterism::models
