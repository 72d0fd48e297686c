#pragma once
// Where the objects of a table have their files: "cutouts/{id}-{band}.fits[SCI]" in a mapping file (mapping.h). What
// stands in braces is a column of the table, or {band}; in brackets follows the HDU, by name or number, where it is not
// the first that will do. "[WEIGHT]" alone is an HDU of the file that another pattern names.

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "io/fits.h"

namespace asterism::data {

// The text of a cell of the row that is being read, by column.
using RowText = std::function<std::string(const std::string& column)>;

struct FileReference {
  std::string path, hdu;     // path relative to a folder, "" where the pattern names an HDU alone
  std::string text() const;  // "path[hdu]"
};

class FilePattern {
 public:
  // UserError naming `key` for braces or brackets that do not match.
  FilePattern(const std::string& text, const std::string& key);
  const std::vector<std::string>& columns() const { return columns_; }  // without {band}
  bool names_a_file() const { return !path_.empty(); }
  // Filled in. Nothing where the row has no text for one of the columns.
  std::optional<FileReference> of(const RowText& text, const std::string& band) const;

 private:
  std::string path_, hdu_;
  std::vector<std::string> columns_;
};

// The file of a reference inside a folder: nothing where it is not there and may be missing. DataError otherwise, and
// for paths that lead out of the folder.
std::optional<std::filesystem::path> find_file(const std::filesystem::path& folder, const FileReference& reference,
                                               bool may_be_missing, const std::string& where);

// The HDU that a reference names: by number (at most five digits) or name. DataError where there is none.
io::FitsHdu hdu_of(const io::FitsFile& file, const std::string& hdu);

}  // namespace asterism::data
