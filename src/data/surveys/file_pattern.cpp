#include "data/surveys/file_pattern.h"

#include <algorithm>

#include "base/error.h"
#include "data/surveys/row_import.h"

namespace asterism::data {
namespace {

// Calls text(piece) and name(column) for what stands outside and inside of braces, in order.
template <class Text, class Name>
void for_each_piece(const std::string& pattern, Text&& text, Name&& name) {
  size_t at = 0;
  while (at < pattern.size()) {
    const size_t open = std::min(pattern.find('{', at), pattern.size());
    text(pattern.substr(at, open - at));
    if (open == pattern.size()) return;
    const size_t close = pattern.find('}', open);
    name(pattern.substr(open + 1, close - open - 1));
    at = close + 1;
  }
}

}  // namespace

std::string FileReference::text() const { return hdu.empty() ? path : path + "[" + hdu + "]"; }

FilePattern::FilePattern(const std::string& text, const std::string& key) {
  int depth = 0;
  bool wrong = text.empty();
  for (const char c : text) {
    depth += c == '{' ? 1 : c == '}' ? -1 : 0;
    wrong |= depth < 0 || depth > 1;
  }
  const size_t bracket = text.ends_with(']') ? text.rfind('[') : text.size();
  if (wrong || depth != 0 || bracket == std::string::npos || text.find("{}") != std::string::npos)
    base::user_error("{}: '{}' is no pattern of files: folder/{{column}}.fits, with [HDU] behind it where one is meant",
                     key, text);
  path_ = text.substr(0, bracket);
  if (bracket < text.size()) hdu_ = text.substr(bracket + 1, text.size() - bracket - 2);
  for_each_piece(
      text, [](const std::string&) {},
      [&](const std::string& column) {
        if (column != "band" && std::find(columns_.begin(), columns_.end(), column) == columns_.end())
          columns_.push_back(column);
      });
}

std::optional<FileReference> FilePattern::of(const RowText& text, const std::string& band) const {
  bool missing = false;
  const auto filled = [&](const std::string& pattern) {
    std::string out;
    for_each_piece(
        pattern, [&](const std::string& piece) { out += piece; },
        [&](const std::string& column) {
          const std::string word = column == "band" ? band : text(column);
          missing |= word.empty();
          out += word;
        });
    return out;
  };
  FileReference out{filled(path_), filled(hdu_)};
  return missing ? std::nullopt : std::optional(out);
}

std::optional<std::filesystem::path> find_file(const std::filesystem::path& folder, const FileReference& reference,
                                               bool may_be_missing, const std::string& where) {
  if (may_be_missing && !reference.path.empty() && !std::filesystem::exists(folder / reference.path))
    return std::nullopt;
  return file_inside(folder, reference.path, where);
}

io::FitsHdu hdu_of(const io::FitsFile& file, const std::string& hdu) {
  const bool number = !hdu.empty() && hdu.size() < 6 && hdu.find_first_not_of("0123456789") == std::string::npos;
  return number ? file.hdu(std::stoi(hdu)) : file.hdu(hdu);
}

}  // namespace asterism::data
