#pragma once
// Templates of points and of galaxies learned together, from images of which nobody says what they show: each begins as
// what its pose fits better, and goes on as what its tokens code better.

#include "tokenizers/scene_fit.h"
#include "tokenizers/scene_reading.h"

namespace asterism::tokenizers {

struct SceneSortingSettings {
  SceneFitSettings fit;
  // Every image is learned from again as if its bands lay at these multiples of their wavelengths, with `posing_weight`
  // of its information: so that templates go on where no band has been. By name: not used.
  std::vector<double> posing;
  double posing_weight = 0.03;
};

// `bands`: of each of the blocks of images. UserError naming `reader`: fewer images than either kind needs. A kind that
// is hardly there is learned from all images.
void learn_scenes(SceneTemplates& points, SceneTemplates& galaxies, const BandWeights& weights,
                  const std::vector<ScenePixels>& blocks, const std::vector<std::vector<modalities::Band>>& bands,
                  const SceneTokens& tokens, const SceneSortingSettings& settings, const std::string& reader);

}  // namespace asterism::tokenizers
