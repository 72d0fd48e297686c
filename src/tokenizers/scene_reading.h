#pragma once
// What images say of the sources in their middle: poses, from the band with the most signal, and sums over the pixels
// of all bands from which the fluxes of the Gaussians follow. On the CPU, image by image, on all threads.
//
// Letters: M images, C bands, S pixels a side, P = S S, G Gaussians, L wavelengths.

#include "tokenizers/scene_templates.h"
#include "tokenizers/scene_tokens.h"

namespace asterism::tokenizers {

// Images of one survey.
struct ScenePixels {
  at::Tensor flux_MCSS, weight_MCSS;  // float32; weight 0 and flux 0 where missing
  at::Tensor psf_fwhm_MC;             // arcseconds, float32, > 0
  double pixel_scale_arcsec = 0;      // > 0
  at::Tensor weights_CL;              // BandWeights::of its bands
  ScenePixels rows(const at::Tensor& rows) const;
};

struct SceneReading {
  at::Tensor ids_M6;       // int64: brightness and pose (scene_tokens.h)
  SceneSums sums;          // at the pose and with the brightness of these tokens
  at::Tensor squares_M;    // float64: sum of weight flux^2 over pixels and bands
  at::Tensor pose_chi2_M;  // float64: what the pose left in its band, every Gaussian having whatever flux suits it
};
// The brightness is the mean over the bands that are there of the flux that all Gaussians hold.
SceneReading read_scenes(SceneKind kind, const ScenePixels& pixels, const SceneTokens& tokens);

// chi^2 [M], float64, of the light of these tokens of coefficients, from the sums alone.
at::Tensor chi2_of(const SceneReading& reading, const SceneTemplates& templates, const at::Tensor& ids_MT,
                   double stretch = 1);

// All tokens of each image, int64 [M, 6 + T], by the stretch that leaves the least chi^2 [M].
struct SceneCode {
  at::Tensor ids_MT, chi2_M;
};
SceneCode best_code(const SceneReading& reading, const SceneTemplates& templates, const SceneTokens& tokens);

// What one Gaussian of unit flux puts into each pixel, of images with these heads of tokens, all of one kind: float32
// [M, C, G, P].
at::Tensor scene_bases(SceneKind kind, const at::Tensor& ids_M6, const at::Tensor& psf_fwhm_MC,
                       double pixel_scale_arcsec, int64_t side, const SceneTokens& tokens);

}  // namespace asterism::tokenizers
