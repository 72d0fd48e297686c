#pragma once
// The light of one part of an object on coarse pixels, at any velocity along the line of sight.

#include <span>
#include <vector>

#include "sky/sed.h"

namespace asterism::sky {

class MovingSpectrum {
 public:
  // Stars move with `dispersion_kms`, lines have the widths of the SED; both are blurred by `lsf_kms`.
  MovingSpectrum(Sed sed, double redshift, double dispersion_kms, double lsf_kms);

  // Mean flux density of each pixel between the edges (observed Angstrom), where all is Doppler-shifted by this
  // velocity, its flux kept. edges.size() - 1 values. What lies beyond the light that the SED holds is 0.
  std::vector<float> on(std::span<const double> edges, double velocity_kms) const;

 private:
  double light_below(double rest_angstrom) const;  // of the continuum, 1e-17 erg/s/cm^2, observed
  std::vector<double> below_;                      // at the edges of the fine grid's cells
  std::vector<SedLine> lines_;
  double redshift_;
};

}  // namespace asterism::sky
