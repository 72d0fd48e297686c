#pragma once
// An ensemble of drawn images or spectra against what was observed, pixel by pixel, in units of the noise. Letters: S
// members, P pixels.

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace asterism::eval {

// Of one object: means over the pixels that were judged.
struct EnsembleScore {
  int64_t pixels = 0;                                      // 0: nothing was judged, and the numbers are NaN
  double chi2 = std::numeric_limits<double>::quiet_NaN();  // (centre - observed)^2 x ivar
  double crps = std::numeric_limits<double>::quiet_NaN();  // in sigma; NaN where there are fewer than two members
  std::vector<double> rank_share;  // [S + 1]: share of the pixels that lie above 0, 1 ... S members; empty: no members
};

// observed, ivar, centre: [P]; members: S times [P], as an observation would show them, with its noise. A pixel is
// judged where `use` is not 0, ivar > 0 and all values are finite. `centre` is the one value of the method, its mean
// without noise. The CRPS is that of the distribution which the members are draws of, whatever their number (Ferro
// 2014, "fair"); a pixel that equals members has its rank shared among the ranks that it could have.
EnsembleScore score_ensemble(std::span<const float> observed, std::span<const float> ivar, std::span<const uint8_t> use,
                             std::span<const float> centre, const std::vector<std::vector<float>>& members);

// Of shares of ranks (rank histogram, Hamill 2001): the share of pixels inside the central interval of this level,
// where the place of a pixel between its neighbours is drawn evenly; equal to the level when the draws are right.
double rank_coverage(std::span<const double> rank_share, double level);
// The largest distance of their cumulative distribution from the even one.
double rank_ks(std::span<const double> rank_share);

}  // namespace asterism::eval
