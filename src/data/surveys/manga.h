#pragma once
// SDSS-IV MaNGA, two kinds of files.
//
//   cubes      manga-PLATE-IFU-LOGCUBE.fits[.gz] of the data reduction pipeline: FLUX, IVAR, MASK (wavelength, line,
//              pixel), WAVE, LSFPOST or LSFPRE (sigma, Angstrom). One object a file, named by PLATEIFU, at OBJRA,
//              OBJDEC. Bundles have 19 to 127 fibres: smaller cubes stand in the middle of the largest one's frame,
//              masked around.
//   spectra    a file of single spectra, one a line: WAVE, FLUX, IVAR, MASK, SRES, Z. One object a spectrum, named
//              <file>-<number>, without a position (the file has none). Spectra of the same redshift come from the same
//              galaxy and share a split number.
//
// Wavelengths are vacuum, fluxes 1e-17 erg/s/cm^2/A a spaxel (the pipeline's convention where the header says nothing).
// A good pixel has a positive inverse variance and, in cubes, none of the mask bits NOCOV, LOWCOV, DEADFIBER, FORESTAR,
// DONOTUSE (0 to 3 and 10 of MANGA_DRP3PIXMASK). A negative inverse variance is refused.
//
// Defects handled: SRES holds negative and absurd resolutions where there are no data: the line spread there is
// unknown.
//
// Modalities: cube_manga (or spectrum_manga), redshift (spectra; 0 or less is none).

#include <filesystem>
#include <memory>
#include <vector>

#include "data/survey.h"

namespace asterism::data {

std::unique_ptr<SurveyImport> open_manga(const std::vector<std::filesystem::path>& inputs, const ImportOptions& options,
                                         BadRows& bad);

}  // namespace asterism::data
