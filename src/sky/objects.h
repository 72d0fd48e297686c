#pragma once
// What an object of the mock sky is, and how one is drawn. docs/mock_sky.md gives the distributions and their sources.

#include <array>
#include <cstdint>
#include <string>

#include "config/settings.h"

namespace asterism::sky {

enum class ObjectClass : uint8_t { galaxy = 0, star = 1, quasar = 2 };

// The population to draw. The spectroscopic part (r brighter than r_spectroscopic) and the faint part are each
// magnitude limited, with number counts that follow from luminosity functions.
struct SkySettings {
  double galaxy_weight = 0.75, star_weight = 0.15, quasar_weight = 0.10;  // relative numbers
  double r_bright = 14.5;                                                 // AB, DECam r
  double r_spectroscopic = 20.5;     // spectra are taken of objects brighter than this
  double r_faint = 23.0;             // fluxes and images of objects down to this
  double spectroscopic_share = 0.7;  // of the objects that lie in the spectroscopic part
  bool defects = true;               // bad pixels, columns and edges in images; bad pixels in spectra
  double seeing = 1;                 // of images: their PSF's width over that which the survey has (survey.h)
  // What images show beyond bulge and disc (structure.h).
  double spiral_share = 0;     // of star-forming galaxies with a disc
  double bar_share = 0;        // of galaxies with a disc
  double merger_share = 0;     // of galaxies
  double lens_share = 0;       // of galaxies massive enough to show it
  double neighbour_share = 0;  // of objects: another one within 7"
  // What varies, where light curves are asked for (variable.h); it changes nothing else.
  double supernova_ia_share = 0.05;    // of galaxies, within three years: a thousand times nature's rate
  double core_collapse_share = 0.05;   // of star-forming galaxies
  double rr_lyrae_share = 0.25;        // of stars of 6,000 to 7,500 K
  double eclipsing_share = 0.05;       // of the other stars
  double variable_quasar_share = 1.0;  // of quasars
  void describe(config::Fields& f);
};

// UserError where the settings contradict one another.
void check(const SkySettings& settings);

// Star-forming history and structure of one part of a galaxy. SFR(t) ~ t exp(-t / tau) from its birth until observed.
struct Population {
  double mass_share = 0;  // of the stellar mass formed, bulge + disc = 1
  double start_gyr = 0;   // age of its oldest stars at the time of observation
  double tau_gyr = 1;
  double burst_share = 0;      // of its mass, formed at a constant rate in the last 100 Myr
  double log_metallicity = 0;  // log10(Z / Z_sun)
  double dust_av = 0;          // magnitudes, Kriek & Conroy 2013
  double sersic_n = 1, half_light_arcsec = 1, axis_ratio = 1;
};

struct GalaxyTruth {
  Population disc, bulge;
  double log_stellar_mass = 0;    // living stars and remnants, log10 of solar masses
  double log_ssfr = 0;            // log10( SFR over the last 100 Myr / stellar mass / yr^-1 ), -14 at least
  double age_gyr = 0;             // mean age of the stars by mass formed
  double log_metallicity = 0;     // mean by mass formed
  double dust_av = 0;             // mean by r flux
  double position_angle_deg = 0;  // of the major axis, east of north
  double half_light_arcsec = 0;   // along the major axis, before the PSF, r band
  double axis_ratio = 1;          // of the part that is brighter in r
  double bulge_fraction = 0;      // of the r flux
  double sersic_n = 1;            // mean of the two parts by r flux
  bool quiescent = false;
  double velocity_dispersion_kms = 100, gas_dispersion_kms = 60;
  double log_ionisation = 0;  // how far along the star-forming branch of the BPT diagram beyond metallicity
  double agn_share = 0;       // of the narrow lines that an active nucleus excites, 0..1
};

struct StarTruth {
  double teff_k = 0, log_g = 0, fe_h = 0;
  double radial_velocity_kms = 0;
};

struct QuasarTruth {
  double slope = -1.5;           // f_lambda ~ lambda^slope blueward of 5,000 A
  double log_line_strength = 0;  // of the broad lines, dex around the mean (with the Baldwin effect)
  double iron_strength = 1, narrow_strength = 1;
  double line_width_kms = 4000;  // full width at half maximum of the broad lines
  double dust_av = 0;            // Small Magellanic Cloud
};

struct ObjectTruth {
  uint64_t seed = 0;
  int64_t index = 0;
  std::string id() const;  // "mock-<seed>-<index>"
  uint64_t key() const;    // what its random streams are keyed by
  ObjectClass kind = ObjectClass::galaxy;
  double ra_deg = 0, dec_deg = 0;
  double redshift = 0;     // of a star: its radial velocity over c; peculiar velocities of galaxies are not drawn
  double r_magnitude = 0;  // AB, DECam r, total, without noise
  GalaxyTruth galaxy;      // each is meaningful for its kind alone
  StarTruth star;
  QuasarTruth quasar;
};

// The object `index` of the sky `seed`. The first call builds the tables of library.h, in one to three seconds.
ObjectTruth draw_object(uint64_t seed, int64_t index, const SkySettings& settings = {});

}  // namespace asterism::sky
