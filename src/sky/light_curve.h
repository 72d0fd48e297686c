#pragma once
// Light curves as surveys record them: difference fluxes against a reference that shows the mean light and no
// explosion.

#include <vector>

#include "modalities/light_curve.h"
#include "sky/cadence.h"
#include "sky/variable.h"

namespace asterism::sky {

// The points of one object in order of time, in nanomaggies, whether it varies or not: each visit's flux with the noise
// of its sky, of the object's photons and of 1% in the subtraction of its light. Errors are estimated from the observed
// flux and from a reference with noise of its own. A survey with limits writes what is below five of these errors as an
// upper limit of five sigma. The light holds the bands of the survey's group.
std::vector<modalities::LightCurvePoint> observe_light_curve(const ObjectTruth& truth, const ObjectLight& light,
                                                             const VariableTruth& variable, const CurveSurvey& survey);

// All rows as one block, as long as the longest.
modalities::LightCurveBlock light_curve_block(const CurveSurvey& survey,
                                              std::vector<std::vector<modalities::LightCurvePoint>> rows);

}  // namespace asterism::sky
