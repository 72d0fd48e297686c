#include "data/match_positions.h"

#include <unistd.h>

#include <cmath>
#include <fstream>
#include <limits>

#include "base/atomic_file.h"
#include "base/error.h"
#include "io/json.h"

namespace asterism::data {

void PositionCheck::operator()(const MatchInput& table, int side, SkyColumns& rows) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (size_t i = 0; i < rows.ra_deg.size(); ++i) {
    double& ra = rows.ra_deg[i];
    double& dec = rows.dec_deg[i];
    if (std::abs(ra) <= 360 && std::abs(dec) <= 90) continue;
    if (std::isnan(ra) || std::isnan(dec)) {
      ++unplaced[side];
    } else {
      places_[side].push_back(bad_.rows().size());
      bad_.add(table.path().string(), std::to_string(rows.first + int64_t(i)),
               fmt::format("ra {}, dec {}: ra must lie in [-360, 360], dec in [-90, 90]", ra, dec));
    }
    ra = dec = nan;
  }
}

void PositionCheck::save(int side, const std::filesystem::path& file) const {
  auto bad = nlohmann::json::array();
  for (const size_t at : places_[side]) {
    const auto& row = bad_.rows()[at];
    bad.push_back({row.file, row.row, row.reason});
  }
  io::write_json(file, {{"unplaced", unplaced[side]}, {"bad", bad}});
}

bool PositionCheck::load(int side, const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) return false;
  const auto found = io::read_json(file);
  try {
    unplaced[side] = found.at("unplaced").get<int64_t>();
    for (const auto& row : found.at("bad")) {
      places_[side].push_back(bad_.rows().size());
      bad_.add(row.at(0).get<std::string>(), row.at(1).get<std::string>(), row.at(2).get<std::string>());
    }
  } catch (const nlohmann::json::exception& error) {
    base::data_error("{} is damaged ({}); remove the folder and run again", file.string(), error.what());
  }
  return true;
}

std::string write_bad_positions(const BadRows& bad, const std::filesystem::path& out) {
  const std::filesystem::path list = out.string() + ".bad_rows.csv";
  base::write_text(list, bad.csv());
  return fmt::format("{} rows have no valid position, see {}", bad.count(), list.string());
}

void check_match_output(const std::filesystem::path& out) {
  if (out.extension() != ".parquet" && out.extension() != ".csv")
    base::user_error("{}: the result is written as .parquet or .csv", out.string());
  const std::filesystem::path folder = out.has_parent_path() ? out.parent_path() : std::filesystem::path(".");
  if (!std::filesystem::is_directory(folder))
    base::user_error("{}: there is no folder {}", out.string(), folder.string());
  if (access(folder.c_str(), W_OK) != 0) base::user_error("{}: the folder may not be written to", out.string());
  if (std::filesystem::is_directory(out)) base::user_error("{} is a folder; name a file", out.string());
}

int64_t free_memory_bytes() {
  std::ifstream file("/proc/meminfo");
  for (std::string word; file >> word;) {
    int64_t kib = 0;
    if (word == "MemAvailable:" && file >> kib) return kib << 10;
  }
  return int64_t{4} << 30;
}

}  // namespace asterism::data
