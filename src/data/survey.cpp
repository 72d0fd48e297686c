#include "data/survey.h"

#include "base/error.h"

namespace asterism::data {
namespace {

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text)
    out += c == '"' ? std::string("\"\"") : c == '\n' || c == '\r' ? std::string(" ") : std::string(1, c);
  return out + "\"";
}

}  // namespace

void BadRows::add(const std::string& file, const std::string& row, const std::string& reason) {
  if (count() >= most_)
    base::data_error(
        "{} (row {} of {}; {} bad rows were skipped before it, and no more are allowed: raise --max-bad, or repair the "
        "input)",
        reason, row, file, count());
  rows_.push_back({file, row, reason});
}

std::string BadRows::csv() const {
  std::string out = "file,row,reason\n";
  for (const auto& row : rows_) out += quoted(row.file) + "," + quoted(row.row) + "," + quoted(row.reason) + "\n";
  return out;
}

std::string BadRows::first() const {
  const Row& row = rows_.at(0);
  if (row.row.empty()) return fmt::format("{} ({})", row.reason, row.file);
  return fmt::format("{} (row {} of {})", row.reason, row.row, row.file);
}

const Survey& find_survey(const std::string& name) {
  std::vector<std::string> names;
  for (const Survey& survey : surveys()) {
    if (name == survey.name) return survey;
    names.emplace_back(survey.name);
  }
  base::user_error("there is no survey '{}'; the nearest is '{}'. Known are {}.", name, base::nearest(name, names),
                   base::quoted_list(names));
}

}  // namespace asterism::data
