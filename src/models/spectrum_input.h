#pragma once
// From the spectra of a dataset to what a spectrum encoder was trained on. The settings are part of the model folder.

#include <ATen/ATen.h>

#include <string>

#include "config/settings.h"
#include "modalities/block.h"

namespace asterism::models {

struct SpectrumInputSettings {
  std::string modality = "spectrum_desi";
  std::string unit = "1e-17 erg/s/cm^2/Angstrom";
  int64_t pixels = 7781;  // of the grid that it was made for; 0: any
  double first_angstrom = 3600, step_angstrom = 0.8;
  std::string masked = "as_is";  // pixels that are masked or without inverse variance; or "mean", that of the others
  void describe(config::Fields& f);
};

// Flux [n, L], float32. As it is by default: the published models know neither variance nor mask. UserError where the
// block is no spectrum or its unit another one; and where a present spectrum lies on another grid, unless
// `any_instrument`: then it is rebinned onto the model's (masked pixels do not count, pixels without any input are 0).
at::Tensor prepare_spectra(const modalities::Block& block, const SpectrumInputSettings& settings, bool any_instrument);

// Where spectra of any grid are longer in the block than they are: bool [n, L], true beyond their last pixel. Undefined
// where none is, and where all are brought onto one grid.
at::Tensor padding_of(const modalities::SpectrumBlock& spectra, const SpectrumInputSettings& settings,
                      const at::Device& device = at::kCPU);

}  // namespace asterism::models
