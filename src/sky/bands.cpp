#include "sky/bands.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace asterism::sky {
namespace {

// What lies before the first and after the last weight that counts.
void trim(BandWeights& band) {
  const float least = 1e-5f * *std::max_element(band.weight.begin(), band.weight.end());
  const auto counts = [&](float w) { return w > least; };
  const auto last = std::find_if(band.weight.rbegin(), band.weight.rend(), counts).base();
  band.weight.erase(last, band.weight.end());
  const auto first = std::find_if(band.weight.begin(), band.weight.end(), counts);
  band.first += int(first - band.weight.begin());
  band.weight.erase(band.weight.begin(), first);
}

BandWeights weights_of(const astro::Filter& filter) {
  BandWeights out;
  out.pivot_angstrom = filter.pivot_wavelength();
  const auto cell_of = [](double angstrom) { return int((std::log10(angstrom) - kCoarseStart) / kCoarseStep); };
  out.first = cell_of(filter.wavelength_angstrom().front());
  const int last = cell_of(filter.wavelength_angstrom().back());
  // int R lambda^2 dln(lambda) over the cell, in ten steps; the same rule gives the AB source its unit flux.
  double ab = 0;
  constexpr int kSteps = 10;
  const double step = kCoarseStep * std::numbers::ln10 / kSteps;
  std::vector<double> sums;
  for (int cell = out.first; cell <= last; ++cell) {
    double sum = 0;
    for (int k = 0; k < kSteps; ++k) {
      const double w = coarse_angstrom(cell - 0.5 + (k + 0.5) / kSteps), r = filter.at(w);
      sum += r * w * w * step;
      ab += astro::ab_flux_density(w) * r * w * w * step;
    }
    sums.push_back(sum);
  }
  for (const double sum : sums) out.weight.push_back(float(1e9 * sum / ab));
  return out;
}

}  // namespace

BandRange range_of(BandGroup group) {
  static constexpr BandRange kRanges[kBandGroups] = {{kDecamG, kHscG}, {kHscG, kEuclidVis}, {kEuclidVis, kLsstU},
                                                     {kLsstU, kGaiaG}, {kGaiaG, kHstF606w}, {kHstF606w, kBands}};
  return kRanges[int(group)];
}

BandGroup group_of(BandId band) {
  int group = 0;
  while (band >= range_of(BandGroup(group)).end) ++group;
  return BandGroup(group);
}

const std::string& filter_name(BandId band) {
  static const std::string names[kBands] = {
      "decam2014-g", "decam2014-r", "decam2014-i", "decam2014-z", "wise2010-W1", "wise2010-W2", "sdss2010-u",
      "sdss2010-g",  "sdss2010-r",  "sdss2010-i",  "sdss2010-z",  "hsc2017-g",   "hsc2017-r",   "hsc2017-i",
      "hsc2017-z",   "hsc2017-y",   "Euclid-VIS",  "Euclid-Y",    "Euclid-J",    "Euclid-H",    "lsst2023-u",
      "lsst2023-g",  "lsst2023-r",  "lsst2023-i",  "lsst2023-z",  "lsst2023-y",  "gaiadr3-G",   "gaiadr3-BP",
      "gaiadr3-RP",  "acs-f606w",   "acs-f814w"};
  return names[band];
}

double BandWeights::of_line(double angstrom) const {
  const double cell = (std::log10(angstrom) - kCoarseStart) / kCoarseStep - 0.5 - first;
  const int i = int(std::floor(cell));
  if (i < 0 || i + 1 >= int(weight.size())) return 0;
  const double t = cell - i, w = (1 - t) * double(weight[size_t(i)]) + t * double(weight[size_t(i) + 1]);
  return w / (angstrom * kCoarseStep * std::numbers::ln10);  // a line fills one cell: f_lambda = flux / cell width
}

namespace {

template <int kGroup>
const std::vector<BandWeights>& weights_of_group() {
  static const std::vector<BandWeights> made = [] {
    std::vector<BandWeights> weights;
    const BandRange range = range_of(BandGroup(kGroup));
    for (int b = range.first; b < range.end; ++b) {
      weights.push_back(weights_of(astro::filter(filter_name(BandId(b)))));
      if (kGroup > 0) trim(weights.back());
    }
    return weights;
  }();
  return made;
}

}  // namespace

std::span<const BandWeights> band_weights(BandGroup group) {
  static constexpr const std::vector<BandWeights>& (*kOfGroup[kBandGroups])() = {
      weights_of_group<0>, weights_of_group<1>, weights_of_group<2>,
      weights_of_group<3>, weights_of_group<4>, weights_of_group<5>};
  return kOfGroup[int(group)]();
}

}  // namespace asterism::sky
