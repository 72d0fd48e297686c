#pragma once
// What a dataset says about itself: written into its catalogue, read back by inspect.

#include <map>
#include <string>

namespace asterism::data {

struct ColumnNote {
  std::string description;  // one line
  std::string ucd;          // UCD1+ 1.6, "" when none fits
};

struct DatasetInfo {
  std::string name;         // letters, digits, _ and -: the folder and table name
  std::string title;        // one line
  std::string description;  // what was selected, units, caveats
  std::string provenance;   // survey and release, importer or simulator with its version and seed
  std::string licence;      // as the source states it; "not stated" when it states none
  std::string citation;     // BibTeX, or a reference in words
  std::string acknowledgement;
  std::map<std::string, ColumnNote> columns;  // by modality name; for names that column_words.h does not know
};

}  // namespace asterism::data
