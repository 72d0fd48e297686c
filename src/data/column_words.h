#pragma once
// What the columns we write mean: description and UCD of names that surveys share. A survey adds its own in
// DatasetInfo::columns.

#include <string>

#include "data/dataset_info.h"

namespace asterism::data {

// By modality name ("redshift", "flux_sdss_u", "spectrum_desi"); empty texts when nothing is known.
ColumnNote column_note(const std::string& modality, const DatasetInfo& info);

// VOUnits text of one of our unit names: "1e-17 erg/s/cm^2/Angstrom" -> "10**-17 erg.s**-1.cm**-2.Angstrom**-1",
// "nanomaggy" -> "nmgy" (a unit that VOUnits does not have). Others are given back as they are.
std::string vo_unit(const std::string& unit);

}  // namespace asterism::data
