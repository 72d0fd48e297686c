#pragma once
// A spectrum in few numbers: its mean flux in bins of ln wavelength relative to the mean over them, the error of each
// bin, which bins are seen, and the level of that mean. Letters: N objects, B bins, H width.

#include "models/summary.h"
#include "nn/linear.h"

namespace asterism::models {

// Weighted means over the good pixels of each bin, weight 1 / (sigma^2 + a share of the object's median |flux|^2):
// inverse variance where noise rules, plain means (which have no bias at a bright line) where it does not. float64
// [N, B]; 0 where a bin has no good pixel.
struct BinnedSpectra {
  at::Tensor flux, sigma, seen;  // seen: 1 or 0
};
// On the device that is asked for. The bins divide ln wavelength from `low` to `high` (Angstrom) evenly.
BinnedSpectra binned_spectra(const modalities::SpectrumBlock& spectra, double low_angstrom, double high_angstrom,
                             const at::Device& device = at::kCPU);

class SpectrumSummary : public Summary {
 public:
  SpectrumSummary(const nn::Scope& scope, std::string modality, int64_t width, bool linear = false);
  // The bins divide the range of the sample's good pixels.
  void fit(const modalities::Block& sample) override;
  Output operator()(const modalities::Block& block, const Jitter& jitter) const override;

 private:
  struct Measured;
  const modalities::SpectrumBlock& spectrum_of(const modalities::Block& block) const;
  Measured measure(const modalities::SpectrumBlock& spectra, const Jitter& jitter) const;

  std::string modality_;
  nn::Linear bins_;
  SummaryNetwork network_;
  at::Tensor range_2_, softening_;             // statistics, float64: they stay on the CPU
  at::Tensor level_21_, shape_2B_, error_2B_;  // buffers, float64
};

}  // namespace asterism::models
