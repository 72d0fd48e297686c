#pragma once
// zcosmost_bright20k.csv: redshifts of zCOSMOS-bright with COSMOS photometry as AB magnitudes. -99, -99.9 and negative
// errors mean: not measured. The object id is id_zcosmos.
//
// Modalities: flux_cosmos_<band> for fuv nuv u b v g r i z j k ic (nanomaggies, with errors); redshift;
// redshift_confidence (cc as published: the integer part is the spectroscopic class, the decimal how a photometric
// redshift agrees); redshift_ok (3 <= cc < 5 and redshift > 0.002: secure, and no star); i_magnitude (of the
// selection); flag_mask_b, _v, _i, _z, _d.

#include <filesystem>
#include <memory>
#include <vector>

#include "data/survey.h"

namespace asterism::data {

std::unique_ptr<SurveyImport> open_zcosmos(const std::vector<std::filesystem::path>& inputs,
                                           const ImportOptions& options, BadRows& bad);

}  // namespace asterism::data
