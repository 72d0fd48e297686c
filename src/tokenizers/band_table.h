#pragma once
// The bands an image codec knows: how each enters and leaves the network, and on what scale its flux is read. Three
// ways:
//   name      weights of its own for flux, inverse variance and mask of every band, by name (AION's, which knows the
//   flux
//             alone); what the bands add is divided by the square root of how many there are
//   field     a vector a band by name, for its flux; variance and mask enter alike for all bands; what the bands add is
//             divided by how many there are (Multiple Physics Pretraining, McCabe et al. 2024, which keeps variances
//             out)
//   physical  the weights are computed, for every image anew, from what the band is: wavelength, width, pixel scale,
//   PSF
//             and sky noise, so that a band never seen can be read and drawn. (The zero point is in the unit: fluxes
//             are converted to the codec's before they come here.) Besides, where names are not hidden, weights by
//             name.

#include <string>
#include <vector>

#include "modalities/block.h"
#include "nn/linear.h"

namespace asterism::tokenizers {

enum class BandEmbedding { name, field, physical };

struct BandTableSettings {
  std::vector<std::string> names;  // those trained with
  std::vector<double> wavelengths_angstrom, widths_angstrom;
  BandEmbedding embedding = BandEmbedding::name;
  bool names_too = true;  // physical: weights by name beside those computed
  int64_t embed = 16;
};

// What is known of C bands of M images. M = 1 stands for all images alike.
struct BandsSeen {
  std::vector<modalities::Band> bands;  // C
  at::Tensor noise_MC;                  // flux: one sigma of the sky in a pixel
  at::Tensor psf_fwhm_arcsec_MC;        // 0: unknown; undefined: none is known
  double pixel_scale_arcsec = 0;        // 0: unknown
  // While learning, undefined otherwise: whose names are hidden (0) or known (1), [M]; and what an image's wavelengths,
  // relative widths, pixel scale (with the PSF) and noise are multiplied by, as logarithms: [M, 4].
  at::Tensor named_M, stretch_M4;
  BandsSeen rows(int64_t start, int64_t count) const;  // of M
};

// Letters: M images (1: the same for all), C bands asked for, E channels, K bands trained with.
class BandTable {
 public:
  BandTable() = default;
  // UserError: physical without wavelengths, repeated names, lists of unequal length.
  BandTable(const nn::Scope& scope, BandTableSettings settings, const std::vector<double>& noise);

  // What each band adds to the channels for its flux, its inverse variance and its mask: [M, C, 3, E].
  at::Tensor in(const BandsSeen& seen) const;
  // How each band is drawn from the channels, and its zero point: [M, C, E + 1].
  at::Tensor out(const BandsSeen& seen) const;
  // What the sum over n bands is divided by: n [M] -> [M].
  at::Tensor divisor(const at::Tensor& bands_M) const;
  // The flux where asinh turns from linear to logarithmic, typical of the data trained with: float32 [C]. Unseen bands:
  // between their neighbours in wavelength.
  at::Tensor noise(const std::vector<modalities::Band>& bands) const;
  double typical_noise() const;  // geometric mean over the bands trained with

  // UserError naming the band and the nearest known one: unknown (by name), without wavelength (physical), or given
  // twice.
  void check(const std::vector<modalities::Band>& bands) const;
  std::vector<modalities::Band> trained() const;
  int64_t place(const std::string& name) const;  // among those trained with; K where it is none
  bool physical() const { return settings_.embedding == BandEmbedding::physical; }

 private:
  at::Tensor rows(const std::vector<modalities::Band>& bands) const;
  at::Tensor features(const BandsSeen& seen) const;                         // [M, C, F]
  at::Tensor chosen(const at::Tensor& table, const BandsSeen& seen) const;  // the rows of the bands
  at::Tensor by_name(const at::Tensor& table, const BandsSeen& seen) const;

  BandTableSettings settings_;
  at::Tensor noise_;  // buffer "noise" [K], float64
  at::Tensor table_in_, table_out_, shared_in_;
  nn::Linear in1_, in2_, out1_, out2_;
};

}  // namespace asterism::tokenizers
