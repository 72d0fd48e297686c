#pragma once
// Spectral cubes of any instrument beside a table (mapping.h): a FITS file an object, or cut about each object out of
// the cube of a field.
//
//   [cubes.cube_mine]                    # the modality
//   file = "cubes/{id}.fits[FLUX]"       # file_pattern.h; from the table's folder, or from `folder`
//   ivar = "[IVAR]"                      # or `variance`, or `error`: an HDU of that file, or a file
//   mask = "[MASK]"                      # not 0, or one of bad_bits: do not use
//   wavelength = "[WAVE]"                # a list; without it the header of the third axis gives them
//   medium = "air"                       # where neither AWAV nor WAVE in the header says it; default: vacuum
//   unit = "1e-17 erg/s/cm^2/Angstrom"   # where the file does not say it
//   lsf = "[LSF]"                        # Gaussian sigmas, a list or as many as pixels; or resolving_power = 1800
//   size = 32                            # spaxels across about the object; 0: the whole file
//
// Wavelengths and fluxes come out as those of spectra do (mapped_spectrum.h). What is cut is read alone.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/settings.h"
#include "data/surveys/file_pattern.h"
#include "data/surveys/pixel_noise.h"
#include "modalities/block.h"

namespace asterism::data {

struct MappedCube : NoiseWords {
  std::string folder, file;
  std::string wavelength, wavelength_unit, medium = "vacuum";
  bool log10_wavelength = false;
  std::string lsf, unit, to, description;
  double resolving_power = 0;  // 0: not known
  double scale = 0;            // arcsec a spaxel; 0: as the world coordinates say
  int64_t size = 0;
  bool optional = false;  // objects may lack the file
  void describe(config::Fields& f);
};

class CubeReader {
 public:
  // UserError for settings that cannot work. `mapping_folder`: what `folder` is relative to.
  CubeReader(const std::string& modality, const MappedCube& settings, const std::filesystem::path& mapping_folder);
  ~CubeReader();
  CubeReader(CubeReader&&) noexcept;

  std::vector<std::string> columns() const;  // of the table, that the patterns name
  // One cube, present; nothing where the object has none. DataError: the row is bad.
  std::optional<modalities::CubeBlock> read(const RowText& text, const modalities::ObjectKey& object,
                                            const std::filesystem::path& table_folder);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace asterism::data
