#pragma once
// What codecs of spectra share: one wavelength grid of their own, onto which any spectrum is rebinned, and the
// normalisation token, by which it is divided.

#include <functional>

#include "config/settings.h"
#include "tokenizers/tokenizer.h"

namespace asterism::tokenizers {

struct SpectrumGridSettings {
  std::string unit = "1e-17 erg/s/cm^2/Angstrom";
  double wavelength_low = 3550, wavelength_high = 10450;  // Angstrom, vacuum, observed: outer edges of the grid
  int64_t pixels = 2048;
  std::string spacing = "log";  // "log" or "linear"
  int64_t norm_bins = 1024;     // of the normalisation token, over log10 of the scale
  double norm_low = -3, norm_high = 5;
  void describe(config::Fields& fields);
};

class SpectrumGrid {
 public:
  SpectrumGrid() = default;
  // `reader` names the codec in messages. UserError for settings that make no grid.
  SpectrumGrid(const SpectrumGridSettings& settings, std::string reader);

  const std::vector<double>& edges() const { return edges_; }  // [pixels + 1]
  std::vector<double> wavelengths() const;                     // [pixels], centres

  // The present objects of a block as an encoder sees them: letters N objects of the block, M of them present with at
  // least one good pixel on the grid, L pixels of the grid.
  struct Input {
    int64_t n = 0;          // N
    at::Tensor rows_M;      // int64, their places in the block
    at::Tensor flux_ML;     // in units of scale, 0 where not good
    at::Tensor ivar_ML;     // in units of 1/scale^2, 0 where not good
    at::Tensor norm_ids_M;  // the normalisation token: log10 of the scale
    at::Tensor lsf_ML;      // one sigma of the line spread, Angstrom, 0 where not known; undefined unless asked for
  };
  // UserError for blocks that are no spectra, in a unit that does not convert, or with wavelengths out of order. The
  // scale is the median beside the noise, so that it is never zero and may follow any spectrum.
  Input prepare(const modalities::Block& block, bool with_lsf = false) const;

  // The scale that a normalisation token stands for: int64 [...] -> float32 [...].
  at::Tensor scale_of(const at::Tensor& norm_ids) const;

  // Spectra from tokens [N, T], of which the first is the normalisation: `draw` gives flux / scale [M, L] of some rows'
  // tokens [M, T] (on any device). On request.wavelength_angstrom, else on this grid; outside of it mask 1. ivar is 1
  // where mask is 0: a reconstruction has no variance of its own. `seen`: from the grid [M, L] to the wavelengths
  // [M, W], of these rows of the tokens, in the place of linear interpolation.
  using Draw = std::function<at::Tensor(const at::Tensor& ids_MT)>;
  using Seen = std::function<at::Tensor(const at::Tensor& flux_ML, const at::Tensor& rows_M)>;
  modalities::SpectrumBlock drawn(const Tokens& tokens, const DecodeRequest& request, const Draw& draw,
                                  const Seen& seen = {}) const;
  // Those of the request, else this grid's. UserError where they do not increase.
  std::vector<float> wavelengths_of(const DecodeRequest& request) const;

  static constexpr int64_t kChunk = 64;  // objects through a network at a time when nothing is learned: bounds memory

 private:
  SpectrumGridSettings settings_;
  std::string reader_;
  std::vector<double> edges_;
};

}  // namespace asterism::tokenizers
