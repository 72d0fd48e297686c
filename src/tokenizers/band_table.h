#pragma once
// The bands an image codec knows: how each enters and leaves the network, and on what scale its flux is read.

#include <map>
#include <string>
#include <vector>

#include "modalities/block.h"
#include "nn/linear.h"

namespace asterism::tokenizers {

struct BandTableSettings {
  std::vector<std::string> names;  // those trained with
  std::vector<double> wavelengths_angstrom, widths_angstrom;
  bool physical = false;  // weights computed from wavelength and width: any band can be asked for
  int64_t embed = 16;
};

// Letters: C bands asked for, E channels.
class BandTable {
 public:
  BandTable() = default;
  // UserError: physical without wavelengths, repeated names, lists of unequal length.
  BandTable(const nn::Scope& scope, BandTableSettings settings, const std::vector<double>& noise);

  // What each band adds to the channels for its flux, its inverse variance and its mask: [C, 3, E].
  at::Tensor in(const std::vector<modalities::Band>& bands) const;
  // How each band is drawn from the channels, and its zero point: [C, E + 1].
  at::Tensor out(const std::vector<modalities::Band>& bands) const;
  // The flux where asinh turns from linear to logarithmic: float32 [C]. Unseen bands: between their neighbours in
  // wavelength.
  at::Tensor noise(const std::vector<modalities::Band>& bands) const;

  // UserError naming the band and the nearest known one: unknown (by name), without wavelength (physical), or given
  // twice.
  void check(const std::vector<modalities::Band>& bands) const;
  std::vector<modalities::Band> trained() const;

 private:
  at::Tensor rows(const std::vector<modalities::Band>& bands) const;
  at::Tensor features(const std::vector<modalities::Band>& bands) const;

  BandTableSettings settings_;
  at::Tensor noise_;  // buffer "noise" [K], float64
  at::Tensor table_in_, table_out_;
  nn::Linear in1_, in2_, out1_, out2_;
};

}  // namespace asterism::tokenizers
