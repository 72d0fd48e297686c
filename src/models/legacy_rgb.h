#pragma once
// Legacy Survey fluxes as the picture that AstroDINO and AstroCLIP were trained on.

#include <ATen/ATen.h>

#include <cstdint>
#include <string>
#include <vector>

#include "config/settings.h"

namespace asterism::models {

// The bands of the picture in order of the flux planes, with their factors: plane 2 - i of the picture shows plane i.
struct LegacyRgbSettings {
  std::vector<double> scales = {6.0, 3.4, 2.2};  // of g, r, z
  double offset = 0.03, softening = 20;          // m and Q
};

// Fluxes g, r, z in nanomaggies [..., 3, H, W] -> red (z), green (r), blue (g) in 0..1, float32, by the stretch of the
// Legacy Survey viewer: I = mean over bands of max(0, s x + m), out = (s x + m) asinh(Q I) / sqrt(Q) / I, cut to 0..1
// (Lupton et al. 2004; the numerator is not cut before it is divided, as published). Computed in float64: no flux
// overflows.
at::Tensor legacy_rgb(const at::Tensor& flux, const LegacyRgbSettings& settings = {});

// The middle `size` x `size` pixels; where the margins are uneven, as torchvision's CenterCrop rounds them.
// ASTERISM_CHECK size <= H, W.
int64_t centre_margin(int64_t whole, int64_t part);  // pixels left out before it
at::Tensor centre_crop(const at::Tensor& images, int64_t height, int64_t width);

}  // namespace asterism::models
