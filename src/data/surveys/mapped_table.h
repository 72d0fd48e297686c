#pragma once
// Any table in CSV, ECSV, FITS, VOTable or Parquet, with a mapping file that says what its columns are (mapping.h): the
// inputs are one .toml and the tables, whose rows follow each other. Images, spectra and light curves may lie in files
// that the rows name (mapped_files.h).
//
// Units are converted once, here: from that of the file (its own word, or the mapping's) to that of the modality. Text
// for missing values, nulls, NaN, the mapping's numbers and values out of its range are absent. Rows at one place
// (same_object_arcsec) are counted and share a side of every split.

#include <filesystem>
#include <memory>
#include <vector>

#include "data/survey.h"

namespace asterism::data {

std::unique_ptr<SurveyImport> open_mapped_table(const std::vector<std::filesystem::path>& inputs,
                                                const ImportOptions& options, BadRows& bad);

}  // namespace asterism::data
