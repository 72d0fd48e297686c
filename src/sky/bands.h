#pragma once
// The filters through which the mock sky is measured, in groups: the tables of a group are made when a survey first
// asks for one of its bands, so that what is not asked for costs nothing.

#include <span>
#include <string>
#include <vector>

#include "astro/filter.h"
#include "sky/grid.h"

namespace asterism::sky {

// In the order of the groups.
enum BandId {
  // DECam, WISE and SDSS: always there, objects are drawn by kDecamR
  kDecamG,
  kDecamR,
  kDecamI,
  kDecamZ,
  kWiseW1,
  kWiseW2,
  kSdssU,
  kSdssG,
  kSdssR,
  kSdssI,
  kSdssZ,
  kHscG,
  kHscR,
  kHscI,
  kHscZ,
  kHscY,
  kEuclidVis,
  kEuclidY,
  kEuclidJ,
  kEuclidH,
  kLsstU,
  kLsstG,
  kLsstR,
  kLsstI,
  kLsstZ,
  kLsstY,
  kGaiaG,
  kGaiaBp,
  kGaiaRp,
  kHstF606w,
  kHstF814w,
  kBands
};

enum class BandGroup { first, hsc, euclid, lsst, gaia, hst };
inline constexpr int kBandGroups = 6;

struct BandRange {
  int first, end;  // BandId, [first, end)
  int size() const { return end - first; }
};
BandRange range_of(BandGroup group);
BandGroup group_of(BandId band);

// The name of each filter in the installed set ("decam2014-g").
const std::string& filter_name(BandId band);

// What a band makes of a spectrum on the coarse grid of the observer: nanomaggies = sum over cells of weight * f_lambda
// (erg/s/cm^2/A), for the cells from `first` on. Beyond the first group, the ends of a filter where it lets through
// less than 1e-5 of its most are left out: the curves of Euclid reach over 17,000 A.
struct BandWeights {
  int first = 0;
  std::vector<float> weight;
  double pivot_angstrom = 0;
  // Nanomaggies of a line of 1 erg/s/cm^2 at an observed wavelength.
  double of_line(double angstrom) const;
};

// Of the bands of a group, made once; any thread may ask.
std::span<const BandWeights> band_weights(BandGroup group);
inline const BandWeights& band_weights(BandId band) {
  const BandGroup group = group_of(band);
  return band_weights(group)[size_t(band - range_of(group).first)];
}

}  // namespace asterism::sky
