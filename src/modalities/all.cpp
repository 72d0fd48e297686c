#include "modalities/all.h"

#include <array>

namespace asterism::modalities {
namespace {

constexpr std::string_view kSpectrum = "1e-17 erg/s/cm^2/Angstrom";

constexpr Known kAll[] = {
    {"image_legacy", "image", "nanomaggy",
     "DESI Legacy Surveys DR9 cutout, bands des-g des-r des-i des-z, 0.262 arcsec/pixel"},
    {"image_hsc", "image", "nanomaggy",
     "Hyper Suprime-Cam cutout, bands hsc-g hsc-r hsc-i hsc-z hsc-y, 0.168 arcsec/pixel"},
    {"image_sdss", "image", "nanomaggy", "SDSS cutout, bands sdss-u sdss-g sdss-r sdss-i sdss-z, 0.396 arcsec/pixel"},
    {"image_euclid", "image", "nanomaggy", "Euclid VIS and NISP cutout"},
    {"image_lsst", "image", "nanomaggy", "Rubin LSST cutout, bands u g r i z y, 0.2 arcsec/pixel"},
    {"image_hst", "image", "counts", "Hubble ACS cutout"},
    {"image_muse", "image", kSpectrum, "image made from a VLT MUSE cube, flux density per pixel, 0.2 arcsec/pixel"},
    {"image_jwst", "image", "nanomaggy", "James Webb NIRCam cutout"},
    {"image_ztf", "image", "counts",
     "ZTF alert stamps: science, reference, and their difference with its sign, 1 arcsec/pixel"},
    {"rgb_image", "image", "display", "picture made for the eye: red, green, blue in 0..1, no flux scale"},
    {"spectrum_desi", "spectrum", kSpectrum, "DESI spectrum, 7,781 pixels of 0.8 A from 3,600 A"},
    {"spectrum_sdss", "spectrum", kSpectrum, "SDSS, BOSS or eBOSS spectrum, steps of 1e-4 dex"},
    {"spectrum_boss", "spectrum", kSpectrum, "BOSS or eBOSS spectrum where it is kept apart from SDSS"},
    {"spectrum_supernova", "spectrum", kSpectrum, "supernova spectrum as published, no uncertainties"},
    {"spectrum_deimos", "spectrum", "counts", "Keck DEIMOS spectrum, not flux-calibrated"},
    {"spectrum_manga", "spectrum", kSpectrum, "SDSS-IV MaNGA spectrum of one spaxel, steps of 1e-4 dex"},
    {"cube_manga", "cube", kSpectrum, "SDSS-IV MaNGA cube, 0.5 arcsec/spaxel"},
    {"cube_muse", "cube", kSpectrum, "VLT MUSE cube, 0.2 arcsec/spaxel, steps of 1.25 A in air"},
    {"maps_manga", "map", "", "what the MaNGA data analysis pipeline measured in each spaxel"},
    {"maps_manga_geometry", "map", "", "maps of the same pipeline without an uncertainty: coordinates, bins"},
    {"image_manga", "image", "nanomaggy", "broad-band image made from a MaNGA cube, 0.5 arcsec/pixel"},
    {"maps_fields", "map", "", "bit mask of the exposures' fields that a pixel of a mosaic comes from"},
    {"maps_footprint", "map", "", "1 where a pixel belongs to the object, 0 elsewhere"},
    {"maps_mask_planes", "map", "", "the survey's own mask bits of each band, combined"},
    {"psf_hsc", "image", "", "point-spread function in each Hyper Suprime-Cam band; sum 1"},
    {"catalog_blend", "catalog", "", "peaks of a blend: X, Y, and the truth of those that were matched"},
    {"maps_segmentation", "map", "", "number of the source that a pixel belongs to; 0 none"},
    {"lightcurve_ztf", "light_curve", "nanomaggy",
     "ZTF difference fluxes in g, r, i: negative where fainter than the reference"},
    {"lightcurve_lsst", "light_curve", "nanomaggy", "LSST fluxes in u g r i z y (PLAsTiCC simulation)"},
    {"lightcurve_supernova", "light_curve", "mag", "supernova magnitudes as published: bands and systems are mixed"},
    {"lightcurve_eros", "light_curve", "mag", "EROS-1 magnitudes in blue and red, days after an unknown moment"},
    {"lightcurve_tess", "light_curve", "electron/s", "TESS flux, one broad red band"},
    {"catalog_legacy", "catalog", "", "Legacy Survey sources on a cutout: X, Y, SHAPE_E1, SHAPE_E2, SHAPE_R, ..."},
    {"bp_coefficients", "vector", "", "Gaia DR3 BP spectrum: 55 coefficients of the continuous basis functions"},
    {"bp_coefficients_error", "vector", "", "standard deviations of bp_coefficients"},
    {"rp_coefficients", "vector", "", "Gaia DR3 RP spectrum: 55 coefficients of the continuous basis functions"},
    {"rp_coefficients_error", "vector", "", "standard deviations of rp_coefficients"},
    {"difference_flux", "scalar", "nanomaggy", "flux of an alert in the difference image, signed"},
    {"flux_g", "scalar", "nanomaggy", "total flux, DECam g"},
    {"flux_r", "scalar", "nanomaggy", "total flux, DECam r"},
    {"flux_i", "scalar", "nanomaggy", "total flux, DECam i"},
    {"flux_z", "scalar", "nanomaggy", "total flux, DECam z"},
    {"flux_w1", "scalar", "nanomaggy", "total flux, WISE W1 (3.4 um), AB"},
    {"flux_w2", "scalar", "nanomaggy", "total flux, WISE W2 (4.6 um), AB"},
    {"flux_sdss_u", "scalar", "nanomaggy", "total flux, SDSS u"},
    {"flux_sdss_g", "scalar", "nanomaggy", "total flux, SDSS g"},
    {"flux_sdss_r", "scalar", "nanomaggy", "total flux, SDSS r"},
    {"flux_sdss_i", "scalar", "nanomaggy", "total flux, SDSS i"},
    {"flux_sdss_z", "scalar", "nanomaggy", "total flux, SDSS z"},
    {"redshift", "scalar", "", "spectroscopic redshift, heliocentric"},
    {"object_class", "scalar", "", "0 galaxy, 1 star, 2 quasar"},
    {"ebv", "scalar", "mag", "Galactic reddening E(B-V)"},
    {"log_stellar_mass", "scalar", "log(solMass)", "stellar mass, living stars and remnants"},
    {"age_gyr", "scalar", "Gyr", "mean age of the stars by mass formed"},
    {"log_metallicity", "scalar", "", "log10 of the metal fraction over the solar one, mean by mass formed"},
    {"dust_av", "scalar", "mag", "attenuation in V by dust inside the object, mean by r flux"},
    {"log_ssfr", "scalar", "log(1/yr)", "star-formation rate of the last 100 Myr over stellar mass"},
    {"bulge_fraction", "scalar", "", "share of the bulge in the r flux"},
    {"sersic_n", "scalar", "", "Sersic index, mean of the parts by r flux"},
    {"half_light_radius", "scalar", "arcsec", "half-light radius along the major axis, before the PSF"},
    {"axis_ratio", "scalar", "", "minor over major axis"},
    {"teff", "scalar", "K", "effective temperature of a star"},
    {"log_g", "scalar", "log(cm/s**2)", "surface gravity of a star"},
    {"fe_h", "scalar", "", "iron abundance of a star over the solar one, dex"},
    {"r_magnitude", "scalar", "mag", "AB magnitude in DECam r without noise"},
    {"spiral_fraction", "scalar", "", "debiased share of votes for a spiral (Galaxy Zoo)"},
};

constexpr std::string_view kSurveys[] = {"legacy", "hsc", "sdss", "desi", "euclid", "lsst", "gaia", "mock"};

}  // namespace

std::span<const Known> all() { return kAll; }

const Known* find(std::string_view name) {
  for (const Known& known : kAll)
    if (known.name == name) return &known;
  return nullptr;
}

std::span<const std::string_view> survey_ids() { return kSurveys; }

}  // namespace asterism::modalities
