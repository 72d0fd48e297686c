#pragma once
// How many objects of a kind there are per magnitude and redshift, from luminosity functions: the table that magnitudes
// and redshifts are drawn from.

#include <functional>
#include <vector>

namespace asterism::sky {

class CountTable {
 public:
  // density(r, z): objects per magnitude and unit redshift, any scale.
  CountTable(double z_low, double z_high, const std::function<double(double r, double z)>& density);

  double counts(double r) const;      // per magnitude
  double cumulative(double r) const;  // brighter than r
  // The magnitude below which the share u of the objects between two magnitudes lies.
  double magnitude(double low, double high, double u) const;
  // A redshift of an object of magnitude r, from two uniform numbers.
  double redshift(double r, double choose, double u) const;

 private:
  static constexpr double kBright = 10, kFaint = 25, kStep = 0.1;
  static constexpr int kMagnitudes = 151, kRedshifts = 300;
  double z_of(double node) const;
  double low_, high_;                        // of ln(1 + z)
  std::vector<double> counts_, cumulative_;  // per magnitude of the table
  std::vector<double> share_;                // [magnitude, redshift]: cumulative over redshift, 0 to 1
};

// Schechter function in absolute magnitudes, with luminosity evolution q (magnitudes per redshift) and density
// evolution p (10^(0.4 p z)).
struct Schechter {
  double phi, magnitude, slope, q, p;
  double at(double absolute_magnitude, double redshift) const;
};

// Galaxies in r at rest, AB, H0 = 67.66: red and blue after Loveday et al. 2012 (MNRAS 420, 1239), rounded.
extern const Schechter kRedGalaxies, kBlueGalaxies;

// Quasars: double power law with the evolution of Croom et al. 2004 (MNRAS 349, 1397) to z = 2.3, falling density
// beyond (0.45 dex per unit redshift); brighter than -21.5.
double quasar_density(double absolute_magnitude, double redshift);

}  // namespace asterism::sky
