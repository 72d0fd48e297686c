// The entries of the importers of FITS files: the first byte chooses one, the rest is its file. Only DataError and
// UserError may come out, and every batch that does must keep the promises of its blocks.

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "data/survey.h"
#include "data/surveys/boss.h"
#include "data/surveys/cutouts.h"
#include "data/surveys/desi.h"
#include "data/surveys/flux_unit.h"
#include "data/surveys/manga.h"
#include "data/surveys/mapped_table.h"
#include "data/surveys/muse.h"

namespace {

using namespace asterism;

struct Entry {
  const char* file;
  std::unique_ptr<data::SurveyImport> (*open)(const std::vector<std::filesystem::path>&, const data::ImportOptions&,
                                              data::BadRows&);
};

// A file of anyone's, by a mapping that says where to look in it.
std::unique_ptr<data::SurveyImport> open_own(const std::vector<std::filesystem::path>& inputs, const char* mapping,
                                             data::BadRows& bad) {
  const auto map = inputs[0].parent_path() / "map.toml", table = inputs[0].parent_path() / "table.csv";
  std::ofstream(map) << "name = 'own'\nid = 'id'\nra = 'ra'\ndec = 'dec'\n" << mapping;
  std::ofstream(table) << "id,ra,dec\n1,150.1,2.2\n";
  return data::open_mapped_table({map, table}, {}, bad);
}

std::unique_ptr<data::SurveyImport> open_own_image(const std::vector<std::filesystem::path>& inputs,
                                                   const data::ImportOptions&, data::BadRows& bad) {
  return open_own(inputs,
                  "[images.image_own]\nfile = 'own.fits'\nivar = '[1]'\nmask = '[2]'\nsize = 8\n"
                  "[images.image_own.bands.own-g]\n[images.image_own.bands.own-r]\nplane = 1\n",
                  bad);
}

std::unique_ptr<data::SurveyImport> open_own_spectrum(const std::vector<std::filesystem::path>& inputs,
                                                      const data::ImportOptions&, data::BadRows& bad) {
  return open_own(inputs, "[spectra.spectrum_own]\nfile = 'own.fits'\nrow = '0'\nivar = '1'\n", bad);
}

std::unique_ptr<data::SurveyImport> open_own_cube(const std::vector<std::filesystem::path>& inputs,
                                                  const data::ImportOptions&, data::BadRows& bad) {
  return open_own(
      inputs,
      "[cubes.cube_own]\nfile = 'own.fits'\nivar = '[2]'\nmask = '[3]'\nwavelength = '[WAVE]'\nlsf = '[4]'\n"
      "size = 4\n",
      bad);
}

constexpr Entry kEntries[] = {{"coadd-1.fits", data::open_desi},
                              {"cube.fits", data::open_manga},
                              {"cube.fits", data::open_muse},
                              {"cutout.fits", data::open_legacy_cutouts},
                              {"a-HSC-G-1.fits", data::open_hsc_cutouts},
                              {"spec-1-2-3.fits", data::open_boss},
                              {"own.fits", open_own_image},
                              {"own.fits", open_own_spectrum},
                              {"own.fits", open_own_cube}};

std::filesystem::path folder() {
  static const std::filesystem::path path = [] {
    auto out = std::filesystem::temp_directory_path() / ("asterism_survey_fuzz_" + std::to_string(getpid()));
    std::filesystem::create_directories(out);
    return out;
  }();
  return path;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const Entry& entry = kEntries[data[0] % std::size(kEntries)];
  data::flux_density_scale(std::string(reinterpret_cast<const char*>(data), std::min<size_t>(size, 80)));
  const auto path = folder() / entry.file;
  std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(data) + 1, std::streamsize(size - 1));
  try {
    data::BadRows bad(1000);
    const auto import = entry.open({path}, {}, bad);
    while (const auto batch = import->next()) modalities::check(*batch);
  } catch (const base::DataError&) {
  } catch (const base::UserError&) {
  }
  return 0;
}
