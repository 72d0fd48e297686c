#pragma once
// DESI coadds (coadd-*.fits[.gz]: arms B, R, Z on their own grids, vacuum, 1e-17 erg/s/cm^2/A) and, beside each, the
// redrock-*.fits with its redshifts where there is one. One row a target; sky fibres are no objects and are left out.
//
// The arms are joined on the common grid of 7,781 pixels, 3,600 to 9,824 A in steps of 0.8 A: each arm's pixels lie on
// it, and where two arms overlap the flux is the mean weighted by inverse variance. The line spread comes from the
// resolution matrix (RESOLUTION): the standard deviation of its column, in Angstrom. See desi_arms.h.
//
// The object id is the TARGETID. A target that several files hold gives a row each: the second and later ones are named
// TARGETID:<file>, and all share a split number, as do targets within 2" of each other.
//
// Defects handled: ZWARN here is the published bit mask (0 is good); the Multimodal Universe's DESI tables turn it into
// a bool that is true where good. Both become redshift_ok = 1. Fluxes of 0 with inverse variance 0 (targets without
// photometry) are absent, not zero.
//
// Modalities: spectrum_desi; flux_g, flux_r, flux_z, flux_w1, flux_w2 (with errors), ebv; redshift, redshift_ok (ZWARN
// is 0), zwarn, delta_chi2, object_class (SPECTYPE), fibre_status.

#include <filesystem>
#include <memory>
#include <vector>

#include "data/survey.h"

namespace asterism::data {

std::unique_ptr<SurveyImport> open_desi(const std::vector<std::filesystem::path>& inputs, const ImportOptions& options,
                                        BadRows& bad);

}  // namespace asterism::data
