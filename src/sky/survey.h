#pragma once
// Depth, resolution and noise of each survey, fixed before any model was trained; docs/mock_sky.md gives sources and
// checks.

#include <span>
#include <string_view>
#include <vector>

#include "sky/bands.h"

namespace asterism::sky {

struct ImagingBand {
  BandId band;
  std::string_view name;           // of the image's band: "des-g"
  std::string_view flux_column;    // of the total flux: "flux_g"
  double depth_5sigma;             // AB magnitude of a point source at S/N 5
  double fwhm_arcsec;              // median seeing; 0: no image in this band
  double electrons_per_nanomaggy;  // for the photon noise of the source
  double recorded = 1;             // what images of the survey hold of a nanomaggy
};

struct ImagingSurvey {
  std::string_view image;  // modality
  double pixel_scale_arcsec;
  int size;  // pixels on a side
  std::span<const ImagingBand> bands;
  BandGroup group;
  double seeing_scatter;  // of ln(FWHM), from object to object and the same in all bands
  bool bare = false;      // images as the files have them: counts, without inverse variances and PSF
};

// The survey on other nights: the PSF of each image `factor` times as wide, the noise of a pixel the same, so that
// point sources are seen to other depths. What has no images (W1, W2) stays. `bands` gets what the answer's bands refer
// to. UserError: a PSF that would be too narrow for the pixels.
ImagingSurvey in_other_seeing(const ImagingSurvey& survey, double factor, std::vector<ImagingBand>& bands);
inline constexpr double kNarrowestPsf = 1.7;  // full width in pixels that images are still drawn well with

// DECam imaging of the DESI Legacy Surveys DR9 (Dey et al. 2019, AJ 157, 168, table 4 and the DR9
// pages: 24.7, 23.9, 23.0 in g r z; i as deep as DES wide), with forced WISE photometry (unWISE, Schlafly et al.
// 2019: 20.7, 20.0 AB).
const ImagingSurvey& legacy_imaging();

// SDSS imaging: 54 s, 95% completeness 22.0 22.2 22.2 21.3 20.5 (York et al. 2000; Abazajian et al. 2009).
const ImagingSurvey& sdss_imaging();

// Hyper Suprime-Cam, Wide layer: 10 minutes in g r, 20 in i z y; 26.5 26.5 26.2 25.2 24.4 and seeing 0.79" to 0.61"
// (Aihara et al. 2022, PASJ 74, 247).
const ImagingSurvey& hsc_imaging();

// Euclid, wide survey, on the pixels of its mosaics: VIS, and NISP Y J H; 26.2, 24.3 24.5 24.4 (Scaramella et al. 2022,
// A&A 662, A112, table 7). Full widths of the PSF with its pixels, rounded: 0.18" and 0.5".
const ImagingSurvey& euclid_imaging();

// LSST after ten years: 26.1 27.4 27.5 26.8 26.1 24.9 and 56 80 184 184 160 160 visits of 30 s; seeing 0.92" to 0.76"
// (Ivezic et al. 2019, ApJ 873, 111, tables 1 and 2).
const ImagingSurvey& lsst_imaging();

// Hubble's ACS in the Groth strip, on the pixels of its mosaics: V and I (F606W, F814W), 2,260 and 2,100 s, point
// sources to 28.14 and 27.52; electrons a second, zero points 26.486 and 25.937 (Davis et al. 2007, ApJ 660, L1). Full
// width of the PSF with its pixels 0.1". Neighbouring pixels of the mosaics share their noise; here each has its own,
// as much as the depth asks for: 2.7 times the scatter of a single pixel there.
const ImagingSurvey& hst_imaging();

inline constexpr double kDepthScatter = 0.10;  // magnitudes, per band
inline constexpr double kFluxFloor = 0.005;    // relative error of photometry that no depth beats

enum class Spectrograph { desi, sdss, deimos, vipers, slitless };

struct SpectralSurvey {
  Spectrograph kind;
  std::string_view spectrum;  // modality
  int pixels;
  bool logarithmic;
  double first, step;   // Angstrom, or log10 of it
  double fibre_arcsec;  // diameter; of slits and slitless spectra: of a round aperture that stands for the extraction
  double seeing_arcsec;
  double noise_scatter;  // of ln(sigma), from object to object
  double wavelength(double pixel) const;
  double lsf_sigma(double wavelength_angstrom) const;  // Angstrom
  // One sigma of sky and read noise per pixel between sky lines, and what the source adds: variance per unit flux.
  // Both in 1e-17 erg/s/cm^2/A, of DEIMOS in its counts.
  double dark_noise(double wavelength_angstrom) const;
  double photon_noise(double wavelength_angstrom) const;
};

// DESI, 1,000 s of dark time (effective). 3,600 to 9,824 A in steps of 0.8 A. The noise is that of the public coadds
// of effective times 2,940 and 14,170 s in the early data, scaled to 1,000 s.
const SpectralSurvey& desi_spectra();

// SDSS-I/II, 45 minutes: (S/N)^2 > 15 per pixel at g = 20.25 and i = 19.9 (York et al. 2000). 1e-4 dex from 3,800 A.
const SpectralSurvey& sdss_spectra();

// VIPERS: VIMOS on the VLT, the low-resolution red grism, 1" slits, 45 minutes (Guzzo et al. 2014, A&A 566, A108):
// 5,500 to 9,500 A in steps of 7.1 A, R about 220 at 7,500 A, the same width in Angstrom everywhere. The noise is
// twice that of the photons (a mirror of 8.2 m, a throughput of at most 0.23, 0.65 of a point source's light through
// the slit, a dark sky), as fringes and the subtraction of the sky add theirs: an object of i = 22.5 has a
// signal-to-noise ratio of 5 to 6 a pixel between sky lines.
const SpectralSurvey& vipers_spectra();

// Slitless spectra as of Euclid's NISP, the red grism (12,060 to 18,907 A in steps of 13.4 A, vacuum): R about 450 at
// 15,500 A, the width of a source of 0.5" full width in all of them, whatever the object's own size. As deep as its
// wide survey: a line of 2e-16 erg/s/cm^2 at 16,000 A has a signal-to-noise ratio of 3.5 (Scaramella et al. 2022, A&A
// 662, A112). No atmosphere, and no neighbour's spectrum on top.
const SpectralSurvey& slitless_spectra();

// Variance of the night sky over that between its lines: 1 plus the lines of OH, O, Na and Hg, as seen at the
// resolution of the spectrograph; and how much less light the atmosphere lets through in its oxygen and water bands.
double sky_line_variance(double wavelength_angstrom, double sigma_angstrom);
double telluric_transmission(double wavelength_angstrom);

}  // namespace asterism::sky
