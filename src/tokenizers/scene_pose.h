#pragma once
// Where and how a source lies, from the pixels of one band: by Levenberg and Marquardt, the fluxes of the Gaussians
// being solved for at every step (variable projection: Golub & Pereyra 1973; slopes after Kaufman 1975).

#include "tokenizers/scene_light.h"

namespace asterism::tokenizers {

// Pixels of one band [P]: weight is the inverse variance, 0 where missing (flux 0 there).
struct ScenePlane {
  BandView view;
  std::span<const float> flux_P, weight_P;
};

// From the second moments of the light in the middle, the PSF's taken off. Finite for any pixels.
ScenePose first_pose(const ScenePlane& plane);

struct PoseFit {
  ScenePose pose;
  double chi2 = 0;  // weighted squares of what is left
};
// The likeliest pose from `start`, under a prior that only faint sources feel: centres within some 0.3 arcsec, sizes
// within e of an arcsecond, ellipticities below 0.8. Of a point only the centre is looked for.
PoseFit fit_pose(SceneKind kind, const ScenePlane& plane, const ScenePose& start);

// Sums over the pixels of one band: basis' W basis [G, G] and basis' W flux [G], float64.
void scene_sums(SceneKind kind, const ScenePlane& plane, const ScenePose& pose, double* squares_GG, double* products_G);

}  // namespace asterism::tokenizers
