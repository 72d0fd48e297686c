#include "sky/photometry_table.h"

#include <gtest/gtest.h>

#include <cmath>

#include "astro/extinction.h"
#include "sky/library.h"

namespace asterism::sky {
namespace {

// The same flux by the filter's own integral over the full-resolution template.
double direct(const ModelSpectrum& s, BandId band, double z, double av) {
  std::vector<double> w, f;
  const auto add = [&](double rest, float value) {
    w.push_back(rest * (1 + z));
    f.push_back(double(value) / (1 + z) * astro::transmission(av * astro::kriek_conroy(rest)));
  };
  for (int i = 0; i < kFineCells; ++i) add(fine_angstrom(i), s.fine[size_t(i)]);
  for (int c = kFineCells / kFinePerCoarse; c < kCoarseCells; ++c) add(coarse_angstrom(c), s.coarse[size_t(c)]);
  return astro::filter(filter_name(band)).nanomaggies(w, f);
}

TEST(PhotometryTable, AgreesWithTheIntegralWithinOnePercent) {
  const auto& lib = library();
  for (const int bin : {1, 4, 6, 9})
    for (const double z : {0.013, 0.2471, 0.5133, 0.913, 1.402})
      for (const double av : {0.0, 0.31, 1.27}) {
        const int t = PopulationTemplates::index(bin, 2);
        Mixture m;
        m.add(t, 1);
        const BandFluxes fluxes = lib.galaxy_photometry.fluxes(m, z, av);
        for (const BandId band : {kDecamG, kDecamR, kDecamI, kDecamZ, kSdssU, kSdssG, kWiseW1, kWiseW2}) {
          const double exact = direct(lib.populations.templates()[size_t(t)], band, z, av);
          EXPECT_NEAR(fluxes[band] / exact, 1, 0.01)
              << filter_name(band) << " bin " << bin << " z " << z << " Av " << av;
        }
      }
}

TEST(PhotometryTable, StaysInItsRange) {
  Mixture m;
  m.add(0, 1);
  const auto& table = library().galaxy_photometry;
  EXPECT_NEAR(table.fluxes(m, 9, 0)[kDecamZ] / table.fluxes(m, 8, 0)[kDecamZ], 1, 1e-9);
  EXPECT_GT(table.fluxes(m, 0.5, 99)[kDecamZ], 0);
}

}  // namespace
}  // namespace asterism::sky
