#pragma once
// Images of any instrument beside a table (mapping.h): FITS files, one a band or one for all, whole or cut about each
// object.
//
//   [images.image_mine]                     # the modality
//   file = "cutouts/{id}-{band}.fits"       # file_pattern.h; from the table's folder, or from `folder`
//   ivar = "[WEIGHT]"                       # or `variance`, or `error` (a standard deviation)
//   mask = "[FLAGS]"                        # not 0, or one of bad_bits: do not use
//   zero_point = 27.0                       # AB magnitude of one count; or zero_point_keyword, or unit
//   size = 64                               # pixels across about the object; 0: the whole file
//   [images.image_mine.bands.mine-g]
//   wavelength = 4800                       # Angstrom, and width; or filter = "hsc2017-g"
//   width = 1400
//   file = "{image_g}"                      # where no one pattern fits all bands
//
// Fluxes come in nanomaggies where the file or the mapping say how (surface brightnesses by the area of a pixel), else
// in the unit of the file, else in counts. A band that an object lacks is masked.

#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/settings.h"
#include "data/surveys/file_pattern.h"
#include "data/surveys/pixel_noise.h"
#include "modalities/block.h"

namespace asterism::data {

struct MappedBand {
  double wavelength = 0, width = 0;  // Angstrom; 0: not known
  std::string filter;                // of the program's own curves, in their place
  std::string file;                  // pattern of its own
  int64_t plane = -1;                // of an image with three axes
  double zero_point = std::numeric_limits<double>::quiet_NaN();
  double psf_fwhm = 0;
  void describe(config::Fields& f);
};

struct MappedImage : NoiseWords {
  std::string folder, file;
  std::string unit, to, zero_point_keyword, psf_keyword, description;
  double zero_point = std::numeric_limits<double>::quiet_NaN();
  double psf_fwhm = 0;  // arcsec; 0: not known
  double scale = 0;     // arcsec a pixel; 0: as the world coordinates say
  int64_t size = 0;
  bool optional = false;  // objects may lack the file
  std::map<std::string, MappedBand> bands;
  void describe(config::Fields& f);
};

class ImageReader {
 public:
  // UserError for settings that cannot work. `mapping_folder`: what `folder` is relative to.
  ImageReader(const std::string& modality, const MappedImage& settings, const std::filesystem::path& mapping_folder);
  ~ImageReader();
  ImageReader(ImageReader&&) noexcept;

  std::vector<std::string> columns() const;  // of the table, that the patterns name
  // One image, present; nothing where the object has none. DataError: the row is bad.
  std::optional<modalities::ImageBlock> read(const RowText& text, const modalities::ObjectKey& object,
                                             const std::filesystem::path& table_folder);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace asterism::data
