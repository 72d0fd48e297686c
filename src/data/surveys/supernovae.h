#pragma once
// Tables made from the Open Supernova Catalog: objects.csv, photometry.csv.gz, spectra.npz with spectra_index.csv.
//
// One row an object, with its light curve and its first spectrum; every further spectrum is a row of its own, named
// "<name>#2" and so on, with the class and redshift of the object. Rows of one object, and objects within 2" of each
// other (aliases), share a split number.
//
// Defects: magnitudes from -1.1 to 71.8 (masked outside 5 to 30); errors missing for most points (0: unknown); bands
// are free text, AB and Vega mixed; positions are missing for 766 objects and lack seconds for some; SN2010dm's
// spectrum has broken columns (a wavelength that is not positive: the spectrum is left out); a few spectra step back in
// wavelength (those pixels are left out) or hold a NaN (masked). Spectra have no uncertainties: their inverse variance
// is 1 where they are usable.
//
// Modalities: lightcurve_supernova (mag, MJD, upper limits flagged); spectrum_supernova; redshift, redshift_ok (known
// and > 0); supernova_class (0 Ia, 1 II, 2 Ib/c, 3 superluminous; absent for other and unknown types), class_uncertain
// (the published type ends in ?); spectrum_mjd; is_extra_spectrum.

#include <filesystem>
#include <memory>
#include <vector>

#include "data/survey.h"

namespace asterism::data {

std::unique_ptr<SurveyImport> open_supernovae(const std::vector<std::filesystem::path>& inputs,
                                              const ImportOptions& options, BadRows& bad);

}  // namespace asterism::data
