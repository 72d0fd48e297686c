#include "sky/bands.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace asterism::sky {
namespace {

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

const std::string& filter_name(BandId band) {
  static const std::string names[kBands] = {"decam2014-g", "decam2014-r", "decam2014-i", "decam2014-z",
                                            "wise2010-W1", "wise2010-W2", "sdss2010-u",  "sdss2010-g",
                                            "sdss2010-r",  "sdss2010-i",  "sdss2010-z"};
  return names[band];
}

double BandWeights::of_line(double angstrom) const {
  const double cell = (std::log10(angstrom) - kCoarseStart) / kCoarseStep - 0.5 - first;
  const int i = int(std::floor(cell));
  if (i < 0 || i + 1 >= int(weight.size())) return 0;
  const double t = cell - i, w = (1 - t) * double(weight[size_t(i)]) + t * double(weight[size_t(i) + 1]);
  return w / (angstrom * kCoarseStep * std::numbers::ln10);  // a line fills one cell: f_lambda = flux / cell width
}

const std::array<BandWeights, kBands>& band_weights() {
  static const std::array<BandWeights, kBands> all = [] {
    std::array<BandWeights, kBands> made;
    for (int b = 0; b < kBands; ++b) made[size_t(b)] = weights_of(astro::filter(filter_name(BandId(b))));
    return made;
  }();
  return all;
}

}  // namespace asterism::sky
