#pragma once
// Cubes as an instrument records them: the light of disc and bulge, each with its own stars, spread over the sky by
// their profiles and the PSF; the disc and its gas turn.

#include <vector>

#include "modalities/block.h"
#include "sky/cube_survey.h"
#include "sky/light.h"

namespace asterism::sky {

// The lines whose flux is mapped, in the order of CubeTruth::lines and of the maps' layers. Doublets count as one.
inline constexpr const char* kMappedLines[] = {"[OII]3728", "Hbeta", "[OIII]5007", "Halpha"};

// Without noise, [height, width] row by row, row 0 in the south.
struct CubeTruth {
  std::vector<float> flux;                // [planes, size, size], 1e-17 erg/s/cm^2/A a spaxel
  std::vector<std::vector<float>> lines;  // of kMappedLines: 1e-17 erg/s/cm^2 a spaxel; zeros where there is no gas
  std::vector<float> velocity;            // of the gas, light-weighted, km/s along the line of sight; 0 without gas
};
CubeTruth noiseless_cube(const ObjectTruth& truth, const ObjectLight& light, const CubeSurvey& survey);

// One row of a block of the survey's shape (modalities::make_cubes): with noise that is independent from voxel to voxel
// (of real cubes neighbouring spaxels share theirs), published variances (published_variance.h) and masks.
void observe_cube(const ObjectTruth& truth, const CubeTruth& clean, const CubeSurvey& survey, bool defects,
                  modalities::CubeBlock& block, int64_t row);

// Whether a spaxel lies in the instrument's field.
bool in_field(const CubeSurvey& survey, int y, int x);

}  // namespace asterism::sky
