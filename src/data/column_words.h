#pragma once
// What the columns we write mean: description and UCD of names that surveys share. A survey adds its own in
// DatasetInfo::columns.

#include <arrow/type_fwd.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "data/dataset_info.h"

namespace asterism::data {

// By modality name ("redshift", "flux_sdss_u", "spectrum_desi"); empty texts when nothing is known.
ColumnNote column_note(const std::string& modality, const DatasetInfo& info);

// VOUnits text of one of our unit names: "1e-17 erg/s/cm^2/Angstrom" -> "10**-17 erg.s**-1.cm**-2.Angstrom**-1",
// "nanomaggy" -> "nmgy" (a unit that VOUnits does not have). Others are given back as they are.
std::string vo_unit(const std::string& unit);

// A field with these words as its metadata (empty ones left out); list<T> with the element name of our files.
using FieldWords = std::vector<std::pair<std::string, std::string>>;
std::shared_ptr<arrow::Field> described_field(const std::string& name, const std::shared_ptr<arrow::DataType>& type,
                                              const FieldWords& words);
std::shared_ptr<arrow::DataType> list_of(const std::shared_ptr<arrow::DataType>& type);

}  // namespace asterism::data
