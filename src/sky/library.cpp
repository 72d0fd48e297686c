#include "sky/library.h"

#include <cmath>

#include "astro/cosmology.h"
#include "astro/extinction.h"
#include "base/error.h"

namespace asterism::sky {
namespace {

// -2.5 log10 of the flux that a template has at z over the one it has at 0, distance aside: the k-correction.
double k_correction(const PhotometryTable& table, const Mixture& mixture, double z, double dust_av) {
  return -2.5 * std::log10(table.fluxes(mixture, z, dust_av)[kDecamR] / table.fluxes(mixture, 0, dust_av)[kDecamR]);
}

Mixture typical_galaxy(bool red) {
  double weights[kAgeBins];
  age_weights(9, red ? 1.0 : 6.0, 0, weights);
  return population_mixture(weights, red ? 0.0 : -0.3);
}

CountTable galaxy_counts(const PhotometryTable& table, bool red) {
  const Mixture mixture = typical_galaxy(red);
  const double dust_av = red ? 0.1 : 0.7;  // of what draw_galaxy draws around the knee of the luminosity function
  const Schechter& luminosities = red ? kRedGalaxies : kBlueGalaxies;
  return CountTable(0.003, kHighestGalaxyRedshift, [&](double r, double z) {
    return luminosities.at(r - astro::distance_modulus(z) - k_correction(table, mixture, z, dust_av), z) *
           astro::comoving_volume_element(z);
  });
}

CountTable quasar_table() {
  return CountTable(0.15, kHighestQuasarRedshift, [](double r, double z) {
    const double k = -2.5 * 0.5 * std::log10(1 + z);  // of f_nu ~ nu^-0.5
    return quasar_density(r - astro::distance_modulus(z) - k, z) * astro::comoving_volume_element(z);
  });
}

PhotometryTable::Options options_of_galaxies(BandGroup group) {
  return {kHighestGalaxyRedshift, kHighestGalaxyAv, astro::kriek_conroy, nullptr, group};
}

PhotometryTable::Options options_of_quasars(BandGroup group) {
  return {kHighestQuasarRedshift, kHighestQuasarAv, astro::small_magellanic_cloud, mean_forest, group};
}

template <int kGroup>
const FurtherPhotometry& made_once() {
  static const FurtherPhotometry made{BandGroup(kGroup)};
  return made;
}

}  // namespace

Library::Library()
    : populations(stars),
      star_photometry(stars.templates(), {}),
      galaxy_photometry(populations.templates(), options_of_galaxies(BandGroup::first)),
      quasar_photometry(quasars.templates(), options_of_quasars(BandGroup::first)),
      red_galaxies(galaxy_counts(galaxy_photometry, true)),
      blue_galaxies(galaxy_counts(galaxy_photometry, false)),
      quasar_counts(quasar_table()),
      // At high latitude star counts rise by a factor of 1.35 per magnitude (Bahcall & Soneira 1980, rounded).
      star_counts(0, 0.001, [](double r, double) { return std::pow(10.0, 0.13 * r); }) {}

const Library& library() {
  static const Library made;
  return made;
}

FurtherPhotometry::FurtherPhotometry(BandGroup group)
    : stars(library().stars.templates(), {.group = group}),
      galaxies(library().populations.templates(), options_of_galaxies(group)),
      quasars(library().quasars.templates(), options_of_quasars(group)) {}

const FurtherPhotometry& photometry_of(BandGroup group) {
  ASTERISM_CHECK(group != BandGroup::first, "the first group is in the library itself");
  static constexpr const FurtherPhotometry& (*kOfGroup[kBandGroups])() = {nullptr,      made_once<1>, made_once<2>,
                                                                          made_once<3>, made_once<4>, made_once<5>};
  return kOfGroup[int(group)]();
}

}  // namespace asterism::sky
