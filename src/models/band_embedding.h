#pragma once
// What a band of an image does to the vectors made of its pixels: a gate and a shift, from its wavelength, width, PSF
// and pixel scale (so that a filter never seen can be read), plus a learned gate and shift of its own where its name is
// known.

#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "modalities/block.h"
#include "nn/embedding.h"
#include "nn/mlp.h"

namespace asterism::models {

class BandEmbedding {
 public:
  BandEmbedding(const nn::Scope& scope, std::vector<std::string> known_bands, int64_t width);

  struct Film {
    at::Tensor gate_NCD, shift_NCD;
  };
  Film operator()(const modalities::ImageBlock& block) const;  // one for each object and band: the PSF differs

 private:
  std::vector<std::string> known_;
  at::Tensor frequencies_;
  nn::Embedding named_;
  nn::Mlp physical_;
  int64_t width_;
};

}  // namespace asterism::models
