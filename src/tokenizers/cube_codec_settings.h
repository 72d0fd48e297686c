#pragma once
// Settings of the cube codec.

#include <string>
#include <vector>

#include "nn/quantiser.h"

namespace asterism::tokenizers {

struct CubeCodecSettings : nn::QuantiserSettings {
  std::string unit = "1e-17 erg/s/cm^2/Angstrom";  // of a spaxel
  // Angstrom, vacuum, observed: outer edges of the latent grid, whose pixels are equal in the logarithm.
  double wavelength_low = 3620.3453, wavelength_high = 9093.8964;
  int64_t pixels = 800;  // of the latent grid; a multiple of the product of the strides
  int64_t size = 24;     // spaxels a side of the cubes that num_tokens() counts for; others are read all the same
  int64_t patch = 2;     // spaxels a side of what one row of codes stands for
  std::vector<int64_t> strides{4, 5, 5}, depths{1, 1, 1}, widths{48, 96, 128};  // along the wavelength
  int64_t mixing_depth = 1;             // blocks among neighbouring patches, in the encoder and the decoder
  int64_t output_width = 16;            // channels at full resolution in wavelength
  int64_t norm_bins = 1024;             // of a patch's normalisation token: 0 is a patch without data
  double norm_low = -5, norm_high = 4;  // log10 of the scale
  double error_floor = 0.01;            // of scale and flux, added in quadrature to the noise in the loss
  double huber_sigma = 8;               // residuals beyond count linearly in the loss; 0: plain chi^2
  void describe(config::Fields& fields);

  int64_t segments() const;  // code tokens of a patch: pixels over the product of the strides
};

// UserError where the settings contradict one another.
void check(const CubeCodecSettings& settings);

}  // namespace asterism::tokenizers
