#pragma once
// Fluxes of templates in all bands at any redshift and dust, by interpolation in a table, so that an object's
// photometry costs microseconds. The steps are fine enough to agree with the integral over its spectrum within 1%
// (tested).

#include <array>
#include <functional>
#include <vector>

#include "sky/bands.h"
#include "sky/grid.h"
#include "sky/star_grid.h"

namespace asterism::sky {

using BandFluxes = std::array<double, kBands>;

class PhotometryTable {
 public:
  struct Options {
    double highest_redshift = 0;
    double highest_av = 0;
    double (*dust)(double rest_angstrom) = nullptr;                     // A(lambda) / A(V); nullptr: none
    double (*forest)(double rest_angstrom, double redshift) = nullptr;  // mean transmission between source and us
    BandGroup group = BandGroup::first;                                 // whose bands it holds
  };
  PhotometryTable(const std::vector<ModelSpectrum>& templates, const Options& options);

  // Nanomaggies in every band of a mixture of templates, given in luminosity per Angstrom L: of the flux density
  // L(lambda / (1 + z)) / (1 + z), with no distance in it. Redshift and A(V) are brought into the range of the table.
  // Bands of other groups are 0.
  BandFluxes fluxes(const Mixture& mixture, double redshift, double av) const;

 private:
  double at(int shift, int band, int dust, const Mixture& mixture) const;
  static constexpr int kShiftCells = 3;  // coarse cells from one redshift of the table to the next
  static constexpr double kAvStep = 0.25;
  Options options_;
  int shifts_ = 1, dusts_ = 1, templates_ = 0;
  BandRange range_{};
  std::vector<double> pivot_angstrom_;  // [band of the group]
  std::vector<float> values_;           // [shift, dust, band of the group, template], times 10^(0.4 A(pivot))
};

}  // namespace asterism::sky
