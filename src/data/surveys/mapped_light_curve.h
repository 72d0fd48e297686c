#pragma once
// Light curves of any survey beside a table (mapping.h): one file an object, or one table of points for all.
//
//   [light_curves.lightcurve_mine]       # the modality
//   file = "points.parquet"              # file_pattern.h; CSV, ECSV, FITS, VOTable or Parquet, a row a point
//   object = "objectId"                  # column of the objects' ids; none where each object has a file: "lc/{id}.csv"
//   time = "midPointMjd"                 # column; time_offset is added: -2400000.5 makes MJD of JD
//   value = "flux"                       # magnitudes or fluxes; error, upper_limit (not 0: a limit), mask (not 0: bad)
//   error = "flux_err"
//   unit = "nJy"                         # where the file does not say it; or zero_point, of counts
//   band = "filter"                      # column; none: there is one band
//   ignore = ["clear"]                   # words of that column that are left out
//   [light_curves.lightcurve_mine.bands.mine-g]
//   word = "g"                           # what that column says of it; default: its name
//   wavelength = 4800                    # Angstrom, and width; or filter = "lsst2023-g"
//
// Magnitudes stay magnitudes, flux densities become nanomaggies unless `to` says otherwise. Points without a time are
// an error, those without a value are left out, and so are magnitudes of 99.

#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/settings.h"
#include "data/surveys/file_pattern.h"
#include "modalities/block.h"

namespace asterism::data {

struct CurveBand {
  std::string word;
  double wavelength = 0, width = 0;  // Angstrom; 0: not known
  std::string filter;                // of the program's own curves, in their place
  void describe(config::Fields& f);
};

struct MappedLightCurve {
  std::string folder, file, object;
  std::string time, value, error, upper_limit, mask, band;
  std::string time_system = "MJD";
  double time_offset = 0;
  std::string unit, to, description;
  double zero_point = std::numeric_limits<double>::quiet_NaN();
  std::vector<std::string> ignore;
  bool optional = false;  // objects may lack the file
  std::map<std::string, CurveBand> bands;
  void describe(config::Fields& f);
};

class LightCurveReader {
 public:
  // UserError for settings that cannot work. `mapping_folder`: what `folder` is relative to.
  LightCurveReader(const std::string& modality, const MappedLightCurve& settings,
                   const std::filesystem::path& mapping_folder);
  ~LightCurveReader();
  LightCurveReader(LightCurveReader&&) noexcept;

  std::vector<std::string> columns() const;  // of the table of objects, that the pattern names
  // One light curve, present; nothing where the object has no file, or no point. DataError: the row is bad.
  std::optional<modalities::LightCurveBlock> read(const RowText& text, const modalities::ObjectKey& object,
                                                  const std::filesystem::path& table_folder);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace asterism::data
