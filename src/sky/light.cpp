#include "sky/light.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "astro/cosmology.h"
#include "astro/photometry.h"
#include "sky/galaxy_lines.h"
#include "sky/library.h"
#include "sky/sersic.h"

namespace asterism::sky {
namespace {

constexpr double kSolarLuminosity = 3.828e33;  // erg/s
constexpr double kMpcCm = 3.0856775814913673e24;

void scale_all(BandFluxes& fluxes, double by) {
  for (double& f : fluxes) f *= by;
}

// The light of a galaxy's lines in the bands of a group.
void add_lines(const ObjectTruth& truth, const GalaxyAges& ages, BandGroup group, BandFluxes& fluxes) {
  const auto bands = band_weights(group);
  double* of_group = fluxes.data() + range_of(group).first;
  for (const LineLight& line : galaxy_lines(truth.galaxy, recent_star_formation(truth.galaxy, ages)))
    for (size_t b = 0; b < bands.size(); ++b)
      of_group[b] += line.luminosity / kSolarLuminosity * bands[b].of_line(line.rest_angstrom * (1 + truth.redshift));
}

ObjectLight galaxy_light(const ObjectTruth& truth) {
  const GalaxyTruth& g = truth.galaxy;
  const GalaxyAges ages = ages_of(g);
  const PhotometryTable& table = library().galaxy_photometry;
  ObjectLight light;
  light.disc = table.fluxes(population_mixture(ages.disc, g.disc.log_metallicity), truth.redshift, g.disc.dust_av);
  light.bulge = table.fluxes(population_mixture(ages.bulge, g.bulge.log_metallicity), truth.redshift, g.bulge.dust_av);
  scale_all(light.disc, g.disc.mass_share);
  scale_all(light.bulge, g.bulge.mass_share);
  add_lines(truth, ages, BandGroup::first, light.disc);
  const double distance = solar_flux(truth.redshift);
  light.scale = astro::nanomaggy_of(truth.r_magnitude) / ((light.disc[kDecamR] + light.bulge[kDecamR]) * distance);
  scale_all(light.disc, light.scale * distance);
  scale_all(light.bulge, light.scale * distance);
  for (int b = 0; b < kBands; ++b) light.total[size_t(b)] = light.disc[size_t(b)] + light.bulge[size_t(b)];
  return light;
}

ObjectLight point_light(const ObjectTruth& truth) {
  ObjectLight light;
  if (truth.kind == ObjectClass::star)
    light.total =
        library().star_photometry.fluxes(StarGrid::mixture(truth.star.teff_k, truth.star.log_g, truth.star.fe_h), 0, 0);
  else
    light.total = library().quasar_photometry.fluxes(QuasarTemplates::mixture(truth.quasar), truth.redshift,
                                                     truth.quasar.dust_av);
  light.scale = astro::nanomaggy_of(truth.r_magnitude) / light.total[kDecamR];
  scale_all(light.total, light.scale);
  return light;
}

// Radius along the major axis that holds half of the light of two parts, each on its own ellipse.
double half_light(const GalaxyTruth& g, double bulge_fraction) {
  const auto disc = sersic_gaussians(g.disc.sersic_n), bulge = sersic_gaussians(g.bulge.sersic_n);
  double low = 0.2 * std::min(g.disc.half_light_arcsec, g.bulge.half_light_arcsec);
  double high = 2 * std::max(g.disc.half_light_arcsec, g.bulge.half_light_arcsec);
  for (int i = 0; i < 12; ++i) {
    const double r = std::sqrt(low * high);
    double inside = 0;
    for (const RoundGaussian& k : disc) {
      const double x = r / (k.sigma * g.disc.half_light_arcsec);
      inside += (1 - bulge_fraction) * k.share * (1 - std::exp(-0.5 * x * x));
    }
    for (const RoundGaussian& k : bulge) {
      const double x = r / (k.sigma * g.bulge.half_light_arcsec);
      inside += bulge_fraction * k.share * (1 - std::exp(-0.5 * x * x));
    }
    (inside < 0.5 ? low : high) = r;
  }
  return std::sqrt(low * high);
}

}  // namespace

double solar_flux(double redshift) {
  const double d = astro::luminosity_distance_mpc(redshift) * kMpcCm;
  return kSolarLuminosity / (4 * std::numbers::pi * d * d);
}

GalaxyAges ages_of(const GalaxyTruth& g) {
  GalaxyAges ages;
  age_weights(g.disc.start_gyr, g.disc.tau_gyr, g.disc.burst_share, ages.disc);
  age_weights(g.bulge.start_gyr, g.bulge.tau_gyr, g.bulge.burst_share, ages.bulge);
  return ages;
}

double recent_star_formation(const GalaxyTruth& g, const GalaxyAges& ages) {
  const double years = age_edges_gyr()[2] * 1e9;
  return (g.disc.mass_share * (ages.disc[0] + ages.disc[1]) + g.bulge.mass_share * (ages.bulge[0] + ages.bulge[1])) /
         years;
}

ObjectLight light_of(const ObjectTruth& truth) {
  return truth.kind == ObjectClass::galaxy ? galaxy_light(truth) : point_light(truth);
}

void add_light(const ObjectTruth& truth, BandGroup group, ObjectLight& light) {
  const FurtherPhotometry& tables = photometry_of(group);
  const BandRange range = range_of(group);
  if (truth.kind != ObjectClass::galaxy) {
    const StarTruth& s = truth.star;
    const BandFluxes fluxes =
        truth.kind == ObjectClass::star
            ? tables.stars.fluxes(StarGrid::mixture(s.teff_k, s.log_g, s.fe_h), 0, 0)
            : tables.quasars.fluxes(QuasarTemplates::mixture(truth.quasar), truth.redshift, truth.quasar.dust_av);
    for (int b = range.first; b < range.end; ++b) light.total[size_t(b)] = light.scale * fluxes[size_t(b)];
    return;
  }
  const GalaxyTruth& g = truth.galaxy;
  const GalaxyAges ages = ages_of(g);
  BandFluxes disc =
      tables.galaxies.fluxes(population_mixture(ages.disc, g.disc.log_metallicity), truth.redshift, g.disc.dust_av);
  const BandFluxes bulge =
      tables.galaxies.fluxes(population_mixture(ages.bulge, g.bulge.log_metallicity), truth.redshift, g.bulge.dust_av);
  scale_all(disc, g.disc.mass_share);
  add_lines(truth, ages, group, disc);
  const double scale = light.scale * solar_flux(truth.redshift);
  for (int b = range.first; b < range.end; ++b) {
    light.disc[size_t(b)] = scale * disc[size_t(b)];
    light.bulge[size_t(b)] = scale * g.bulge.mass_share * bulge[size_t(b)];
    light.total[size_t(b)] = light.disc[size_t(b)] + light.bulge[size_t(b)];
  }
}

void finish_galaxy(ObjectTruth& truth, const ObjectLight& light, const GalaxyAges& ages) {
  GalaxyTruth& g = truth.galaxy;
  double mass = 0, age = 0, recent = 0;
  const auto& populations = library().populations;
  const auto part = [&](const Population& p, const double* weights) {
    const Mixture m = population_mixture(weights, p.log_metallicity);
    for (int i = 0; i < m.count; ++i) {
      const int bin = m.index[size_t(i)] % kAgeBins, z = m.index[size_t(i)] / kAgeBins;
      mass += p.mass_share * double(m.weight[size_t(i)]) * populations.surviving(bin, z);
    }
    for (int i = 0; i < kAgeBins; ++i) {
      const double young = age_edges_gyr()[size_t(i)],
                   old = std::min(age_edges_gyr()[size_t(i) + 1], std::max(p.start_gyr, young));
      age += p.mass_share * weights[i] * 0.5 * (young + old);
      recent +=
          p.mass_share * weights[i] * std::clamp((0.1 - young) / (age_edges_gyr()[size_t(i) + 1] - young), 0.0, 1.0);
    }
  };
  part(g.disc, ages.disc);
  part(g.bulge, ages.bulge);
  g.log_stellar_mass = std::log10(light.scale * mass);
  g.log_ssfr = std::max(-14.0, std::log10(std::max(recent, 1e-30) / 1e8 / mass));
  g.age_gyr = age;
  g.log_metallicity = std::log10(g.disc.mass_share * std::pow(10.0, g.disc.log_metallicity) +
                                 g.bulge.mass_share * std::pow(10.0, g.bulge.log_metallicity));
  g.bulge_fraction = light.bulge[kDecamR] / light.total[kDecamR];
  g.dust_av = (1 - g.bulge_fraction) * g.disc.dust_av + g.bulge_fraction * g.bulge.dust_av;
  g.sersic_n = (1 - g.bulge_fraction) * g.disc.sersic_n + g.bulge_fraction * g.bulge.sersic_n;
  g.axis_ratio = g.bulge_fraction > 0.5 ? g.bulge.axis_ratio : g.disc.axis_ratio;
  g.half_light_arcsec = half_light(g, g.bulge_fraction);
}

}  // namespace asterism::sky
