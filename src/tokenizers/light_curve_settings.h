#pragma once
// Settings of the codecs of light curves.

#include <string>
#include <vector>

#include "nn/quantiser.h"

namespace asterism::tokenizers {

// What every codec of light curves must be told of the data.
struct LightCurveBands {
  std::string unit = "nanomaggy";            // or "mag"
  std::vector<std::string> bands;            // whose wavelength the data do not tell,
  std::vector<double> wavelengths_angstrom;  // and what it is
  double other_bands_angstrom = 0;           // of further bands without a wavelength; 0: they are refused
  double reference_angstrom = 6000;
  void describe(config::Fields& fields);
  void check(const std::string& reader) const;  // UserError: not one wavelength for each band
  bool magnitudes() const { return unit == "mag"; }
};

struct LightCurveCodecSettings : LightCurveBands, nn::QuantiserSettings {
  int64_t points = 256;            // the encoder reads at most
  std::string limits = "ignored";  // "ignored" or "censored"
  double unknown_error = 0.1;      // of points without an error, in the unit
  double shortest_period = 0.3;    // day
  int64_t harmonics = 4;           // of the folded curve that the encoder is shown
  int64_t latents = 16, width = 64, heads = 4, encoder_depth = 2, decoder_depth = 1;
  int64_t shapes = 32;       // learned curves that a decoded one is a sum of, besides sines of phase and time
  int64_t norm_bins = 1024;  // codes of each number of the header
  double hidden_share = 0.3;
  double error_floor = 0.03;
  double huber_sigma = 8;
  void describe(config::Fields& fields);
};

}  // namespace asterism::tokenizers
