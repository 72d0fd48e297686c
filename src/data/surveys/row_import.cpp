#include "data/surveys/row_import.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace asterism::data {

namespace fs = std::filesystem;

std::optional<modalities::Batch> RowImport::next() {
  std::vector<modalities::Batch> rows;
  batch_rows_.clear();
  while (next_ < rows_ && int64_t(rows.size()) < per_batch_) {
    const int64_t row = next_++;
    try {
      modalities::Batch one = read_row(row);
      modalities::check(one);
      if (example_) {  // what cannot be joined to the first row is the fault of this one
        std::vector<modalities::Batch> pair;
        pair.push_back(*example_);
        pair.push_back(modalities::select(one, {}));
        modalities::concatenate(pair);
      } else {
        example_ = modalities::select(one, {});
      }
      batch_rows_.insert(batch_rows_.end(), size_t(one.size()), row);
      rows.push_back(std::move(one));
    } catch (const base::DataError& error) {
      const Place where = place_of(row);
      bad_.add(where.file, where.row, error.what());
    }
  }
  if (rows.empty()) return std::nullopt;
  if (rows.size() == 1) return std::move(rows.front());
  return modalities::concatenate(rows);
}

std::vector<fs::path> files_of(const std::vector<fs::path>& inputs, bool (*fits)(const std::string& name),
                               std::string_view wanted) {
  std::vector<fs::path> out;
  for (const auto& input : inputs) {
    if (fs::is_regular_file(input)) {
      out.push_back(input);
    } else if (fs::is_directory(input)) {
      for (const auto& entry : fs::recursive_directory_iterator(input)) {
        if (entry.is_regular_file() && fits(entry.path().filename().string())) out.push_back(entry.path());
      }
    } else {
      base::user_error("there is no file or folder {}", input.string());
    }
  }
  if (out.empty()) base::user_error("no {} in {}", wanted, inputs.empty() ? "no input" : inputs.front().string());
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

astro::SkyPosition checked_position(double ra_deg, double dec_deg, const std::string& where) {
  if (!(ra_deg >= -360 && ra_deg < 720 && std::abs(dec_deg) <= 90))
    base::data_error("{}: ({}, {}) is no position; ra in degrees and dec in [-90, 90] are wanted", where, ra_deg,
                     dec_deg);
  return {astro::wrap_ra(ra_deg), dec_deg};
}

fs::path file_inside(const fs::path& folder, const std::string& relative, const std::string& where) {
  const fs::path path(relative);
  if (relative.empty() || path.is_absolute() || std::find(path.begin(), path.end(), "..") != path.end())
    base::data_error("{}: '{}' names no file inside {}", where, relative, folder.string());
  if (!fs::is_regular_file(folder / path))
    base::data_error("{}: the file {} is missing", where, (folder / path).string());
  return folder / path;
}

std::string plain_id(std::string text) {
  if (text.size() >= 3 && text[0] == 'b' && (text[1] == '\'' || text[1] == '"') && text.back() == text[1])
    text = text.substr(2, text.size() - 3);
  const size_t first = text.find_first_not_of(' '), last = text.find_last_not_of(' ');
  return first == std::string::npos ? "" : text.substr(first, last - first + 1);
}

}  // namespace asterism::data
