#pragma once
// Quasars: a power law that bends, hot dust, broad and narrow lines with the mean equivalent widths of Vanden Berk et
// al. (2001, AJ 122, 549, table 2), blended iron, the Balmer continuum, and the Lyman-alpha forest between them and us.

#include <vector>

#include "sky/objects.h"
#include "sky/star_grid.h"

namespace asterism::sky {

// Templates, in units of the continuum flux density at 3,000 A rest: continua of several slopes, broad lines of several
// widths, iron with the Balmer continuum, narrow lines.
class QuasarTemplates {
 public:
  QuasarTemplates();
  const std::vector<ModelSpectrum>& templates() const { return templates_; }
  static Mixture mixture(const QuasarTruth& truth);

 private:
  std::vector<ModelSpectrum> templates_;
};

// Mean transmission at a rest wavelength in front of a source at `redshift`: effective optical depth 0.0036 (1 +
// z_abs)^3.45 in Lyman alpha (Faucher-Giguere et al. 2008, rounded), Lyman beta with 0.35 of it, and a Lyman-limit
// decline.
double mean_forest(double rest_angstrom, double redshift);

// The forest of one quasar on the fine grid of its rest frame: fluctuates from pixel to pixel, and has the mean
// transmission above over every 25 A, so that broad-band fluxes are those of the mean. (A damped system or
// the large-scale variance of the real forest, 2% in a band, is not in it.)
std::vector<float> draw_forest(uint64_t object_key, double redshift);

}  // namespace asterism::sky
