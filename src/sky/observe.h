#pragma once
// The mock sky as surveys see it. Same (seed, index, settings): the same object and the same noise, whatever the number
// of threads, and whatever else is observed beside it.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "modalities/block.h"
#include "sky/objects.h"

namespace asterism::sky {

// Objects first_index .. first_index + n - 1 of the sky `seed`, as a batch with
//   ObjectKey {survey "mock", id "mock-<seed>-<index>", position},
//   the truth, as scalars: redshift, object_class (0 galaxy, 1 star, 2 quasar), log_stellar_mass, age_gyr,
//   log_metallicity, dust_av, log_ssfr, bulge_fraction, sersic_n, half_light_radius, axis_ratio, teff, log_g, fe_h,
//   r_magnitude (a truth that a class does not have is absent),
//   and what each survey records:
//   legacy       image_legacy (g r i z, 96 x 96, 0.262"/pixel, nanomaggy), flux_g flux_r flux_i flux_z flux_w1 flux_w2
//   sdss         image_sdss (u g r i z, 96 x 96, 0.396"/pixel), flux_sdss_u .. flux_sdss_z, spectrum_sdss
//   desi         spectrum_desi (7,781 pixels from 3,600 A in steps of 0.8 A)
//   hsc          image_hsc (g r i z y, 96 x 96, 0.168"/pixel), flux_hsc_g .. flux_hsc_y
//   euclid       image_euclid (VIS Y J H, 160 x 160, 0.1"/pixel), flux_euclid_vis .. flux_euclid_h
//   lsst         image_lsst (u g r i z y, 96 x 96, 0.2"/pixel), flux_lsst_u .. flux_lsst_y
//   hst          image_hst (F606W F814W, 128 x 128, 0.03"/pixel, counts), flux_hst_f606w flux_hst_f814w
//   deimos       spectrum_deimos (8,810 pixels from 6,350 A in steps of 0.33 A, counts; deimos.h)
//   vipers       spectrum_vipers (564 pixels from 5,500 A in steps of 7.1 A)
//   slitless     spectrum_slitless (512 pixels from 12,060 A in steps of 13.4 A)
//   gaia         flux_gaia_g flux_gaia_bp flux_gaia_rp, bp_coefficients, rp_coefficients and their errors (gaia.h)
//   ztf          lightcurve_ztf (light_curve.h) and the truth variable_class, variable_period, variable_peak_mjd
//   lsst_curves  lightcurve_lsst and the same truth
//   manga        cube_manga (24 x 24 spaxels of 0.5", 800 planes of 5e-4 dex from 3,622 A), maps_lines_manga (without
//                noise: line fluxes, velocity) and the truth rotation_velocity
//   muse         cube_muse (24 x 24 spaxels of 0.2", 800 planes of 5.75 A from 4,753 A), maps_lines_muse, the same
//   truth
// Spectra (of desi, sdss, deimos, vipers and slitless) and cubes are present for objects brighter than
// settings.r_spectroscopic. UserError for another survey names the nearest. Works on base::threads() threads; the first
// call of a process takes one to three seconds more, for the tables of library.h, and one more for each of hsc, euclid,
// lsst, hst and gaia.
modalities::Batch observe(uint64_t seed, int64_t first_index, int64_t n, const std::vector<std::string>& surveys,
                          const SkySettings& settings = {});

// The same without images and spectra: fluxes with errors of all surveys asked for, and the truth.
modalities::Batch observe_scalars(uint64_t seed, int64_t first_index, int64_t n,
                                  const std::vector<std::string>& surveys, const SkySettings& settings = {});

// The surveys that can be asked for, and for the help text a line about each.
std::vector<std::string> surveys();
std::string what_surveys_give();

}  // namespace asterism::sky
