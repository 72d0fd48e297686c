#pragma once
// An image in few numbers: for each band the flux within circles about the centre, relative to the mean over the bands,
// its error, and the share of pixels that are good; and the level and profile of that mean. Bands are told apart by
// what they are (band_embedding.h), and there may be any number of them. Letters: N objects, C bands, K circles, H
// width.

#include "models/band_embedding.h"
#include "models/summary.h"
#include "nn/linear.h"

namespace asterism::models {

// Fluxes of images within circles, summed from the mean of the good pixels of each ring between two: a masked pixel
// counts like its neighbours at the same distance. float64 [N, C, K].
// Lie on the device that is asked for.
struct CircleFluxes {
  at::Tensor flux, sigma, share;  // share of the pixels that are good, 0 of absent images
};
// Of the middle `size` pixels a side (0: all). The largest circle has half the shorter side as its radius (what lies
// farther out is not used), each other half that of the next, but at least one pixel.
CircleFluxes circle_fluxes(const modalities::ImageBlock& images, int64_t size, const at::Device& device = at::kCPU);

class ImageSummary : public Summary {
 public:
  ImageSummary(const nn::Scope& scope, std::string modality, int64_t size, std::vector<std::string> bands,
               int64_t width, bool linear = false);
  void fit(const modalities::Block& sample) override;
  Output operator()(const modalities::Block& block, const Jitter& jitter) const override;

 private:
  struct Measured;
  const modalities::ImageBlock& image_of(const modalities::Block& block) const;
  Measured measure(const modalities::ImageBlock& images, const Jitter& jitter) const;
  void check_fitted() const;

  std::string modality_;
  int64_t size_;
  BandEmbedding bands_;
  nn::Linear band_, object_;
  SummaryNetwork network_;
  mutable std::atomic<int64_t> fitted_version_{-1};                        // of softening_K_
  at::Tensor softening_K_, level_21_, colour_2K_, error_2K_, profile_2K_;  // buffers, float64
};

}  // namespace asterism::models
