#pragma once
// Templates of scenes learned in closed form from what images of any surveys say of the fluxes: expectation and
// maximisation of a normal model (Tipping & Bishop 1999) whose every observation has its own matrix of information, so
// that bands, PSFs and pixel scales may differ from image to image.

#include "tokenizers/scene_templates.h"

namespace asterism::tokenizers {

struct SceneFitSettings {
  int64_t rounds = 8;
  // Precision of the prior of every number of the templates: of its bend along ln wavelength (so that wavelengths never
  // seen go on as their neighbours do), of itself, of its bend along the widths of a family of Gaussians.
  double bend = 1, size = 0.01, roughness = 1;
  // Share of the information of the bands seen that wavelengths are thought to have that no band has: bits are kept for
  // them.
  double unseen = 0.3;
  double beyond = 1;  // how far levels reach beyond the coefficients seen, in their range
};

// Sets templates and tokens to those of these images, in blocks of equal bands; all must have some information. Weights
// of bands by wavelength bend as said, by name do not (their L stand in no order). CheckError: fewer images than
// fewest_scenes.
void fit_scene_templates(SceneTemplates& templates, const BandWeights& bands, const std::vector<SceneSums>& blocks,
                         const SceneFitSettings& settings);
int64_t fewest_scenes(int64_t directions);

}  // namespace asterism::tokenizers
