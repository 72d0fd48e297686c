#include "sky/deimos.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"

namespace asterism::sky {
namespace {

// 2.16e-17 / lambda erg/s/cm^2/A is what one electron in an hour and a pixel of 0.33 A stands for at a throughput of 1
// (a mirror of 998 cm), before the slit takes its share.
constexpr double kOneElectron = 2.16e-17, kThroughSlit = 0.45;

constexpr double kThroughput[][2] = {{6300, 0.15},  {6500, 0.195}, {6700, 0.22},  {6900, 0.233}, {7100, 0.235},
                                     {7400, 0.227}, {7800, 0.21},  {8200, 0.195}, {8500, 0.185}, {8700, 0.175},
                                     {8900, 0.163}, {9100, 0.14},  {9300, 0.11}};

double throughput(double w) {
  const auto* right = std::find_if(std::begin(kThroughput) + 1, std::end(kThroughput) - 1,
                                   [&](const double* point) { return w < point[0]; });
  const double* left = *(right - 1);
  const double t = std::clamp((w - left[0]) / ((*right)[0] - left[0]), 0.0, 1.0);
  return left[1] + t * ((*right)[1] - left[1]);
}

// Where spectra begin on the blue detector, how much each holds, and the gap between them.
constexpr double kFirst = 6475, kFirstScatter = 65, kDetector = 1325, kGap = 6;
constexpr double kLevelScatter = 0.3, kSlopeScatter = 0.08, kStepScatter = 0.03;

}  // namespace

const SpectralSurvey& deimos_spectra() {
  static const SpectralSurvey survey{
      Spectrograph::deimos, "spectrum_deimos", 8810, false, 6350.0, 0.33, 1.3, 0.8, 0.15};
  return survey;
}

double deimos_electrons(double w) {
  return 1e-17 * w / kOneElectron * throughput(w) * kThroughSlit * telluric_transmission(w);
}

bool DeimosSlit::sees(double w) const { return (w >= blue_from && w < blue_to) || (w >= red_from && w < red_to); }

double DeimosSlit::share(double w) const {
  const double along = (w - 0.5 * (blue_from + red_to)) / (0.5 * (red_to - blue_from));
  return std::exp(level + slope * along + (w < red_from ? -0.5 : 0.5) * step);
}

DeimosSlit deimos_slit(const ObjectTruth& truth) {
  base::Random random(truth.seed, 1, uint64_t(truth.index), "spectrum_deimos");
  DeimosSlit slit;
  slit.blue_from = kFirst + kFirstScatter * std::clamp(random.normal(), -1.9, 1.9);
  slit.blue_to = slit.blue_from + kDetector;
  slit.red_from = slit.blue_to + kGap;
  slit.red_to = slit.red_from + kDetector;
  slit.level = kLevelScatter * random.normal();
  slit.slope = kSlopeScatter * random.normal();
  slit.step = kStepScatter * random.normal();
  return slit;
}

}  // namespace asterism::sky
