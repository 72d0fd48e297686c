#include "sky/draw.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "astro/cosmology.h"
#include "astro/sphere.h"
#include "sky/library.h"

namespace asterism::sky {
namespace {

double clamped_normal(base::Random& random, double mean, double sigma, double low, double high) {
  return std::clamp(mean + sigma * random.normal(), low, high);
}

// Median half-light radius in kpc for an absolute r magnitude: Shen et al. 2003 (MNRAS 343, 978), equations 14 and 15
// with table 1; sizes at higher redshift are smaller as van der Wel et al. 2014 found, (1 + z)^-0.75 and ^-1.3.
double log_radius_kpc(bool early, double absolute_r, double redshift) {
  const double local = early ? -0.4 * 0.60 * absolute_r - 4.63
                             : -0.4 * 0.26 * absolute_r +
                                   (0.51 - 0.26) * std::log10(1 + std::pow(10.0, -0.4 * (absolute_r + 20.91))) - 1.71;
  return local - (early ? 1.3 : 0.75) * std::log10(1 + redshift);
}

// The disc of a thin spheroid seen at a random inclination.
double inclined_axis_ratio(base::Random& random, double thickness) {
  const double c = random.uniform();
  return std::sqrt(thickness * thickness + (1 - thickness * thickness) * c * c);
}

void draw_quiescent(base::Random& random, GalaxyTruth& g, double universe_gyr, double brightness) {
  g.bulge.mass_share = random.uniform() < 0.45 ? 1.0 : random.uniform(0.35, 0.95);
  // What has stopped forming stars did so several times tau ago, at any epoch: tau is a share of the age.
  g.bulge.start_gyr = universe_gyr * random.uniform(0.50, 0.97);
  g.bulge.tau_gyr = g.bulge.start_gyr * (0.025 + 0.045 * random.exponential());
  g.disc.start_gyr = universe_gyr * random.uniform(0.40, 0.90);
  g.disc.tau_gyr = g.disc.start_gyr * (0.04 + 0.06 * random.exponential());
  // Gallazzi et al. 2014 (ApJ 788, 72): a little below solar at 10^10.5 solar masses, a little above at 10^11.
  const double z = clamped_normal(random, -0.08 + 0.08 * brightness, 0.12, -0.9, 0.33);
  g.bulge.log_metallicity = z;
  g.disc.log_metallicity = std::max(-0.98, z - 0.1);
  g.disc.dust_av = std::min(2.0, 0.12 * random.exponential());
  g.bulge.dust_av = 0.5 * g.disc.dust_av;
  // A third of old galaxies have formed a few thousandths of their stars lately (Kaviraj et al. 2007, ApJS 173, 619).
  if (random.uniform() < 0.33)
    (g.bulge.mass_share < 1 ? g.disc : g.bulge).burst_share = std::pow(10.0, random.uniform(-3.5, -2));
}

void draw_star_forming(base::Random& random, GalaxyTruth& g, double universe_gyr, double brightness) {
  g.bulge.mass_share = std::clamp(std::pow(random.uniform(), 2.0) * (0.35 + 0.12 * brightness), 0.0, 0.7);
  g.bulge.start_gyr = universe_gyr * random.uniform(0.55, 0.97);
  g.bulge.tau_gyr = 0.3 + 0.9 * random.exponential();
  g.disc.start_gyr = universe_gyr * random.uniform(0.45, 0.97);
  // Luminous galaxies formed more of their stars early.
  g.disc.tau_gyr = std::clamp(4.0 * std::pow(10.0, -0.03 * brightness + 0.28 * random.normal()), 0.9, 30.0);
  const double z = clamped_normal(random, -0.18 + 0.09 * brightness, 0.14, -0.98, 0.33);
  g.disc.log_metallicity = z;
  g.bulge.log_metallicity = std::min(0.33, z + 0.12);
  if (random.uniform() < 0.15) g.disc.burst_share = std::pow(10.0, random.uniform(-2.7, -0.9));
}

void draw_shape(base::Random& random, ObjectTruth& truth, double absolute_r) {
  GalaxyTruth& g = truth.galaxy;
  const bool early = g.quiescent && g.bulge.mass_share > 0.5;
  const double scatter = (early ? 0.17 : absolute_r < -20.5 ? 0.14 : 0.19) * random.normal();
  const double kpc = std::pow(10.0, log_radius_kpc(early, absolute_r, truth.redshift) + scatter);
  const double arcsec =
      std::clamp(kpc * 1e-3 / astro::angular_diameter_distance_mpc(truth.redshift) / astro::kArcsec, 0.08, 30.0);
  if (early) {
    g.bulge.half_light_arcsec = arcsec * (g.bulge.mass_share > 0.99 ? 1.0 : 0.75);
    g.disc.half_light_arcsec = arcsec * 1.7;
    g.bulge.sersic_n = clamped_normal(random, 3.6 - 0.4 * (absolute_r + 21), 0.8, 1.8, 6.0);
    g.bulge.axis_ratio = clamped_normal(random, 0.74, 0.15, 0.3, 1.0);
    g.disc.axis_ratio = std::max(0.2, inclined_axis_ratio(random, 0.25));
  } else {
    g.disc.half_light_arcsec = arcsec * 1.1;
    g.bulge.half_light_arcsec = arcsec * random.uniform(0.15, 0.40);
    g.bulge.sersic_n = random.uniform(1.0, 4.0);
    g.disc.axis_ratio = inclined_axis_ratio(random, random.uniform(0.12, 0.25));
    g.bulge.axis_ratio = std::max(g.disc.axis_ratio, random.uniform(0.55, 1.0));
  }
  g.disc.sersic_n = random.uniform(0.8, 1.2);
  g.position_angle_deg = random.uniform(0, 180);
}

}  // namespace

void draw_galaxy(base::Random& random, ObjectTruth& truth) {
  GalaxyTruth& g = truth.galaxy;
  const double universe = astro::age_gyr(truth.redshift);
  // Rough absolute magnitude: the exact one waits for the spectrum that it decides.
  const double k = (g.quiescent ? 1.1 : 0.6) * truth.redshift;
  const double absolute_r = truth.r_magnitude - astro::distance_modulus(truth.redshift) - k;
  const double brightness = std::clamp(-20.5 - absolute_r, -5.0, 3.0);
  if (g.quiescent)
    draw_quiescent(random, g, universe, brightness);
  else
    draw_star_forming(random, g, universe, brightness);
  g.disc.mass_share = 1 - g.bulge.mass_share;
  draw_shape(random, truth, absolute_r);
  if (!g.quiescent) {
    // Face-on dust grows with luminosity; a tilted disc shows more of it.
    const double face_on = random.gamma(2.5) / 2.5 * std::clamp(0.62 + 0.15 * brightness, 0.22, 1.1);
    g.disc.dust_av = std::min(kHighestGalaxyAv, face_on * (1 + 0.9 * (1 - g.disc.axis_ratio)));
    g.bulge.dust_av = 0.6 * g.disc.dust_av;
  }
  g.log_ionisation = 0.15 * random.normal();
  if (random.uniform() < (brightness > 0 ? 0.14 : 0.04)) g.agn_share = random.uniform(0.15, 1.0);
  const double spread = 0.07 * random.normal();
  // Faber-Jackson for spheroids; discs turn, seen edge-on faster.
  g.velocity_dispersion_kms =
      std::clamp(std::pow(10.0, 2.20 + 0.10 * brightness + spread - (g.quiescent ? 0 : 0.2)), 40.0, 380.0);
  const double tilt = std::sqrt(std::max(0.05, 1 - g.disc.axis_ratio * g.disc.axis_ratio));
  g.gas_dispersion_kms =
      std::clamp(25 + std::pow(10.0, 1.95 + 0.11 * brightness + spread) * tilt + 120 * g.agn_share, 30.0, 350.0);
}

void draw_star(base::Random& random, ObjectTruth& truth) {
  StarTruth& s = truth.star;
  // Fainter samples hold more red dwarfs of the disc and fewer turn-off stars; two in a hundred are hot.
  const double faint = std::clamp((truth.r_magnitude - 15) / 6, 0.0, 1.2), u = random.uniform();
  if (u < 0.02) {
    s.teff_k = 8000 * std::pow(10.0, 0.12 * random.exponential());
    s.log_g = random.uniform(3.2, 4.6);
    s.fe_h = clamped_normal(random, -1.0, 0.5, -2, 0.35);
  } else if (u < 0.02 + 0.10 * (1 - 0.7 * faint)) {  // red giants and subgiants
    s.log_g = random.uniform(1.0, 3.6);
    s.teff_k = 3950 + 420 * s.log_g + 120 * random.normal();
    s.fe_h = clamped_normal(random, -0.8, 0.6, -2, 0.35);
  } else if (u < 0.62 - 0.25 * faint) {  // turn-off stars and early G
    s.teff_k = clamped_normal(random, 5950, 420, 5000, 7600);
    s.log_g = clamped_normal(random, 4.25, 0.2, 3.5, 4.7);
    s.fe_h = clamped_normal(random, random.uniform() < 0.35 + 0.35 * faint ? -1.4 : -0.5, 0.35, -2, 0.35);
  } else if (u < 0.80 - 0.15 * faint) {  // K dwarfs
    s.teff_k = random.uniform(4000, 5300);
    s.log_g = clamped_normal(random, 4.6, 0.08, 4.3, 4.9);
    s.fe_h = clamped_normal(random, -0.5, 0.4, -2, 0.35);
  } else {  // M dwarfs
    s.teff_k = clamped_normal(random, 3450, 280, 2650, 4000);
    s.log_g = clamped_normal(random, 4.85, 0.1, 4.5, 5.2);
    s.fe_h = clamped_normal(random, -0.15, 0.25, -1.2, 0.35);
  }
  s.radial_velocity_kms = random.normal() * (s.fe_h < -1 ? 130 : 40);
  truth.redshift = s.radial_velocity_kms / 299792.458;
}

void draw_quasar(base::Random& random, ObjectTruth& truth) {
  QuasarTruth& q = truth.quasar;
  q.slope = clamped_normal(random, -1.62, 0.25, -2.5, -0.6);
  // Baldwin effect: the lines of luminous quasars are weaker against their continuum.
  const double absolute =
      truth.r_magnitude - astro::distance_modulus(truth.redshift) + 1.25 * std::log10(1 + truth.redshift);
  q.log_line_strength = std::clamp(0.06 * (absolute + 25.5) + 0.13 * random.normal(), -0.6, 0.5);
  q.line_width_kms = std::clamp(4200 * std::pow(10.0, 0.15 * random.normal()), 1500.0, 12000.0);
  q.iron_strength = std::clamp(std::pow(10.0, 0.18 * random.normal()), 0.2, 3.0);
  q.narrow_strength = std::clamp(std::pow(10.0, 0.08 * (absolute + 24) + 0.3 * random.normal()), 0.05, 5.0);
  q.dust_av =
      std::min(kHighestQuasarAv, random.uniform() < 0.9 ? 0.06 * random.exponential() : 0.35 * random.exponential());
}

namespace {

// More massive than any galaxy: what old or dusty stars far away would need to look so bright. Drawn anew, redshift and
// all; one galaxy in fifty, nearly all of them beyond redshift 1.
constexpr double kMostLogMass = 12.3;
constexpr int kMostTries = 30;

void draw_galaxy_within_reason(base::Random& random, const CountTable& counts, ObjectTruth& t, ObjectLight& light) {
  for (int attempt = 0;; ++attempt) {
    draw_galaxy(random, t);
    light = light_of(t);
    finish_galaxy(t, light, ages_of(t.galaxy));
    if (t.galaxy.log_stellar_mass < kMostLogMass || attempt == kMostTries) return;
    GalaxyTruth fresh;
    fresh.quiescent = t.galaxy.quiescent;
    t.galaxy = fresh;
    const double choose = random.uniform();
    t.redshift = counts.redshift(t.r_magnitude, choose, random.uniform());
  }
}

}  // namespace

ObjectTruth draw_object_and_light(uint64_t seed, int64_t index, const SkySettings& settings, ObjectLight& light) {
  base::Random random(seed, 0, uint64_t(index), "mock object");
  const Library& lib = library();
  ObjectTruth t;
  t.seed = seed;
  t.index = index;
  // A patch of 40 x 30 degrees of the northern galactic cap.
  t.ra_deg = random.uniform(160, 200);
  t.dec_deg = std::asin(random.uniform(0.0, 0.5)) / astro::kDegree;
  const double pick = random.uniform() * (settings.galaxy_weight + settings.star_weight + settings.quasar_weight);
  t.kind = pick < settings.galaxy_weight                          ? ObjectClass::galaxy
           : pick < settings.galaxy_weight + settings.star_weight ? ObjectClass::star
                                                                  : ObjectClass::quasar;
  const bool bright = random.uniform() < settings.spectroscopic_share;
  const double low = bright ? settings.r_bright : settings.r_spectroscopic;
  const double high = bright ? settings.r_spectroscopic : settings.r_faint;
  const double u = random.uniform(), choose = random.uniform(), v = random.uniform(), w = random.uniform();
  if (t.kind == ObjectClass::galaxy) {
    // Red and blue galaxies have one magnitude distribution each; the mixture is drawn by their numbers in the range.
    const double red = lib.red_galaxies.cumulative(high) - lib.red_galaxies.cumulative(low);
    const double blue = lib.blue_galaxies.cumulative(high) - lib.blue_galaxies.cumulative(low);
    t.galaxy.quiescent = w * (red + blue) < red;
    const CountTable& counts = t.galaxy.quiescent ? lib.red_galaxies : lib.blue_galaxies;
    t.r_magnitude = counts.magnitude(low, high, u);
    t.redshift = counts.redshift(t.r_magnitude, choose, v);
    draw_galaxy_within_reason(random, counts, t, light);
    return t;
  }
  if (t.kind == ObjectClass::star) {
    t.r_magnitude = lib.star_counts.magnitude(low, high, u);
    draw_star(random, t);
  } else {
    t.r_magnitude = lib.quasar_counts.magnitude(low, high, u);
    t.redshift = lib.quasar_counts.redshift(t.r_magnitude, choose, v);
    draw_quasar(random, t);
  }
  light = light_of(t);
  return t;
}

}  // namespace asterism::sky
