#pragma once
// Everything that is computed once and then shared by all objects: templates, tables of photometry, counts.

#include "sky/counts.h"
#include "sky/photometry_table.h"
#include "sky/quasar_spectrum.h"
#include "sky/star_grid.h"
#include "sky/stellar_population.h"

namespace asterism::sky {

inline constexpr double kHighestGalaxyRedshift = 1.5, kHighestQuasarRedshift = 4.5;
inline constexpr double kHighestGalaxyAv = 3, kHighestQuasarAv = 1.5;

struct Library {
  Library();
  StarGrid stars;
  PopulationTemplates populations;
  QuasarTemplates quasars;
  PhotometryTable star_photometry, galaxy_photometry, quasar_photometry;
  CountTable red_galaxies, blue_galaxies, quasar_counts, star_counts;
};

// Built when first asked for, in one to three seconds; 80 MB.
const Library& library();

// Photometry of the bands of a further group (BandGroup::first is in the library itself).
struct FurtherPhotometry {
  explicit FurtherPhotometry(BandGroup group);
  PhotometryTable stars, galaxies, quasars;
};

// Built when first asked for, in about a second. Not from inside a thread of base::parallel_for: it uses them itself.
const FurtherPhotometry& photometry_of(BandGroup group);

}  // namespace asterism::sky
