#pragma once
// What instruments that take a spectrum in every pixel record, on a coarse grid of wavelengths; docs/mock_sky.md.

#include <string_view>

namespace asterism::sky {

struct CubeSurvey {
  std::string_view cube, maps;  // modalities: the cube, and the truth behind it
  double pixel_scale_arcsec;
  int size;    // spaxels on a side
  int planes;  // wavelengths
  bool logarithmic;
  double first, step;  // Angstrom, or log10 of it
  double fwhm_arcsec;  // of a Gaussian PSF, the same at all wavelengths
  bool hexagon;        // the field: spaxels outside are masked
  double lsf_kms;      // Gaussian sigma of the line spread
  // Beside the SDSS spectra of survey.h, between sky lines: noise of a spaxel per Angstrom, electrons per unit flux.
  double noise_over_sdss, electrons_over_sdss;
  double noise_scatter;  // of ln(sigma), from object to object

  double wavelength(double plane) const;
  // Variance of a plane per spaxel without a source, sky lines included, and what the source adds per unit flux. Both
  // in (1e-17 erg/s/cm^2/A)^2.
  double sky_variance(int plane) const;
  double photon_variance(int plane) const;
};

// SDSS-IV MaNGA, the smallest bundle: 12" of 0.5" spaxels, a PSF of 2.5", three hours; S/N 6 per Angstrom and 2" fibre
// at 23 AB mag/arcsec^2 in r (Bundy et al. 2015, ApJ 798, 7: 4 to 8). Every fifth step of its grid: 5e-4 dex from 3,622
// A.
const CubeSurvey& manga_cubes();

// MUSE at the VLT, wide field: 0.2" spaxels, a PSF of 0.7", an hour; 1.4e-19 erg/s/cm^2/A per root Angstrom and spaxel
// at 7,000 A (that of the deep fields, Bacon et al. 2017, A&A 608, A1, scaled by the root of time). 5.75 A from 4,753
// A.
const CubeSurvey& muse_cubes();

}  // namespace asterism::sky
