#pragma once
// Spectra as a spectrograph records them: broadened by motions inside the object, blurred by the instrument, cut into
// pixels, with noise, inverse variance and mask.

#include "modalities/block.h"
#include "sky/light.h"
#include "sky/survey.h"

namespace asterism::sky {

// One row of the block (make_spectra's shape, `pixels` of the survey wide): the truth as seen, in 1e-17 erg/s/cm^2/A,
// with the noise of (truth.seed, truth.index) and the inverse variances of published_variance.h; of DEIMOS in
// electrons, without a line spread, as its files have them, and masked where its slit does not reach. Galaxies lose the
// light outside the fibre; as in the surveys, fluxes are calibrated so that a point source loses none.
void observe_spectrum(const ObjectTruth& truth, const ObjectLight& light, const SpectralSurvey& survey, bool defects,
                      modalities::SpectrumBlock& block, int64_t row);

// Without noise: flux density per pixel of the survey.
std::vector<float> noiseless_spectrum(const ObjectTruth& truth, const ObjectLight& light, const SpectralSurvey& survey);

// The same as the survey records it: of DEIMOS the expected electrons, of the others the flux density.
std::vector<float> recorded_spectrum(const ObjectTruth& truth, const ObjectLight& light, const SpectralSurvey& survey);

// Shares of the disc's and the bulge's light that enter the fibre, over that of a point source; at most 1.
struct FibreShares {
  double disc = 1, bulge = 1;
};
FibreShares fibre_shares(const ObjectTruth& truth, const SpectralSurvey& survey);

}  // namespace asterism::sky
