#pragma once
// Survey files to a dataset.

#include <filesystem>
#include <string>
#include <vector>

#include "data/hats_write.h"
#include "data/survey.h"

namespace asterism::data {

struct Imported {
  WrittenDataset dataset;
  int64_t bad_rows = 0;
  std::vector<std::string> notes = {};  // SurveyImport::notes
};

// Imports the inputs of a survey (find_survey) to the dataset `out`. Objects whose survey and id came before are bad
// rows. Bad rows are listed in bad_rows.csv of the dataset. UserError for wrong inputs, DataError when too many rows
// are bad or none is good; nothing is left behind then. Progress on stderr; a stop signal ends it with UserError
// "stopped". with: only rows that have all of these modalities; UserError where none has.
Imported import_survey(const std::string& survey, const std::vector<std::filesystem::path>& inputs,
                       const std::filesystem::path& out, const ImportOptions& options = {},
                       const HatsOptions& hats = {}, const std::vector<std::string>& with = {});

}  // namespace asterism::data
