// The entries of the importers that take folders of text files and pictures. An input is one text:
//
//   survey zcosmos
//   == zcosmost_bright20k.csv
//   id_zcosmos,ra,...
//   == images/1.jpg
//   ...
//
// Files named *.gz are compressed here, so that what changes is their text. Only DataError and UserError may come out,
// and every batch that does must keep the promises of its blocks.

#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "data/survey.h"
#include "io/file_bytes.h"

namespace {

using namespace asterism;
namespace fs = std::filesystem;

constexpr std::array kSurveys = {"zcosmos",  "eros",       "gaia_xp",   "supernovae", "legacy_galaxy_zoo",
                                 "pictures", "sdss_stars", "deep2_hst", "table",      "ztf"};
constexpr size_t kMostFiles = 8;

// A plain name, at most one folder deep.
bool is_harmless(std::string_view name) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./";
  return !name.empty() && name.size() < 60 && name.front() != '/' && name.back() != '/' && name.front() != '.' &&
         name.find("..") == name.npos && name.find("/.") == name.npos && name.find("//") == name.npos &&
         name.find('/') == name.rfind('/') && name.find_first_not_of(allowed) == name.npos;
}

void write(const fs::path& path, std::string_view text) {
  std::error_code ignored;
  fs::create_directories(path.parent_path(), ignored);
  std::ofstream out(path, std::ios::binary);
  if (path.extension() == ".gz") {
    const auto packed = io::gzip({reinterpret_cast<const std::byte*>(text.data()), text.size()}, 1);
    out.write(reinterpret_cast<const char*>(packed.data()), std::streamsize(packed.size()));
  } else {
    out.write(text.data(), std::streamsize(text.size()));
  }
}

// Writes the files of the text into the folder and returns them.
std::vector<fs::path> unpack(std::string_view text, const fs::path& folder) {
  std::vector<fs::path> files;
  for (size_t at = text.find("\n== "); at != text.npos && files.size() < kMostFiles;) {
    const size_t name_at = at + 4, end = text.find('\n', name_at);
    if (end == text.npos) break;
    const std::string_view name = text.substr(name_at, end - name_at);
    at = text.find("\n== ", end);
    if (!is_harmless(name)) continue;
    const size_t stop = at == text.npos ? text.size() : at + 1;
    write(folder / name, text.substr(end + 1, stop - end - 1));
    files.push_back(folder / name);
  }
  return files;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  if (!text.starts_with("survey ")) return 0;
  const std::string_view named = text.substr(7, text.find('\n') - 7);
  for (const char* survey : kSurveys) {
    if (named != survey) continue;
    const auto folder = fs::temp_directory_path() / ("asterism_folder_fuzz_" + std::to_string(getpid()));
    fs::create_directories(folder);
    const auto files = unpack(text, folder);
    try {
      data::BadRows bad(1000);
      const bool by_file = named == "table" || named == "gaia_xp";
      const auto import =
          data::find_survey(survey).open(by_file ? files : std::vector<fs::path>{folder}, {.picture_size = 0}, bad);
      while (const auto batch = import->next()) modalities::check(*batch);
    } catch (const base::DataError&) {
    } catch (const base::UserError&) {
    }
    std::error_code ignored;
    fs::remove_all(folder, ignored);
  }
  return 0;
}
