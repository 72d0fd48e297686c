#include "data/surveys/mapped_light_curve.h"

#include <algorithm>
#include <cmath>

#include "astro/units.h"
#include "base/error.h"
#include "data/surveys/mapped_band.h"
#include "data/surveys/table_cells.h"
#include "data/surveys/unit_conversion.h"
#include "io/any_table.h"
#include "modalities/all.h"
#include "modalities/light_curve.h"

namespace asterism::data {

namespace fs = std::filesystem;

void CurveBand::describe(config::Fields& f) {
  f.add("word", word, "what the column of bands says of it; default: its name");
  f.add("wavelength", wavelength, "effective wavelength, Angstrom; 0: not known").between(0, 1e13);
  f.add("width", width, "full width at half maximum, Angstrom; 0: not known").between(0, 1e13);
  f.add("filter", filter, "a filter whose curve the program has, in their place");
}

void MappedLightCurve::describe(config::Fields& f) {
  f.add("folder", folder, "of the files, from the mapping file on; default: the table's");
  f.add("file", file, "pattern of the files: {column}; a row is a point").required();
  f.add("object", object, "column of the objects' ids, where a file holds many");
  f.add("time", time, "column").required();
  f.add("value", value, "column of fluxes or magnitudes").required();
  f.add("error", error, "column of their standard deviations");
  f.add("upper_limit", upper_limit, "column: where it is not 0, the value is a limit");
  f.add("mask", mask, "column: where it is not 0, the point is bad");
  f.add("band", band, "column of the bands' words; none: there is one band");
  f.add("time_system", time_system, "what days are counted from").one_of({"MJD", "day"});
  f.add("time_offset", time_offset, "days that are added: -2400000.5 makes MJD of JD");
  f.add("unit", unit, "of the values, where the file does not say it");
  f.add("to", to, "unit in the dataset");
  f.add("zero_point", zero_point, "AB magnitude of one count, where values are counts");
  f.add("ignore", ignore, "words of bands whose points are left out");
  f.add("optional", optional, "objects whose file is not there lack the light curve; else their row is bad");
  f.add("description", description, "one line");
  f.tables("bands", bands, "each band");
}

namespace {

// A table of points, and where each object's are.
struct Points {
  std::string path;
  TableCells cells;
  std::map<std::string, std::vector<int64_t>> rows;  // by id; {}: all rows are one object's
  UnitConversion conversion;
};

}  // namespace

struct LightCurveReader::State {
  std::string key, modality;
  MappedLightCurve settings;
  fs::path folder;  // "": the table's
  FilePattern file;
  std::vector<modalities::Band> bands;
  std::map<std::string, int32_t> words;
  std::optional<Points> points;  // of the last file

  State(const std::string& name, const MappedLightCurve& given, const fs::path& mapping_folder)
      : key("[light_curves." + name + "]"), modality(name), settings(given), file(given.file, key + " file") {
    if (given.file.ends_with("]")) base::user_error("{}: `file` takes no HDU: the first table of a file is read", key);
    if (given.bands.empty()) base::user_error("{}: no bands: write [light_curves.{}.bands.NAME] for each", key, name);
    if (given.band.empty() && given.bands.size() > 1)
      base::user_error("{}: {} bands, and no column `band` that tells them apart", key, given.bands.size());
    if (given.band.empty() && !given.ignore.empty()) base::user_error("{}: `ignore` without a column `band`", key);
    if (!std::isnan(given.zero_point) && !given.unit.empty())
      base::user_error("{}: one of `zero_point` and `unit` is wanted", key);
    const auto* known = modalities::find(name);
    if (known != nullptr && known->kind != "light_curve")
      base::user_error("{}: {} is of kind {}: give the light curves another name", key, name, known->kind);
    if (!given.folder.empty()) folder = mapping_folder / given.folder;
    for (const auto& [band, of_band] : given.bands) {
      const std::string word = of_band.word.empty() ? band : of_band.word;
      if (!words.emplace(word, int32_t(bands.size())).second)
        base::user_error("{}, band {}: '{}' is the word of two bands", key, band, word);
      bands.push_back(mapped_band(key, band, of_band.wavelength, of_band.width, of_band.filter));
    }
  }

  UnitConversion conversion_of(const TableCells& cells) const {
    const auto* known = modalities::find(modality);
    const std::string stated = cells.word(settings.value, "unit");
    if (!std::isnan(settings.zero_point)) {
      UnitWords words{
          key, modality, settings.value, "", "nanomaggy", settings.to, known ? std::string(known->unit) : ""};
      auto out = unit_conversion(words);
      out.factor *= astro::nanomaggy_of_counts(1, settings.zero_point);
      return out;
    }
    const std::string from = settings.unit.empty() ? stated : settings.unit;
    std::string usual = known ? std::string(known->unit) : is_magnitude(from) ? "mag" : "";
    if (usual.empty() && !from.empty()) {
      usual = astro::find_unit_factor(from, "nanomaggy") ? "nanomaggy" : from;
    }
    if (usual.empty())
      base::user_error("{}: the file does not say what '{}' is in: give `unit` or `zero_point`", key, settings.value);
    return unit_conversion({key, modality, settings.value, stated, settings.unit, settings.to, usual});
  }

  const Points& open(const fs::path& path) {
    if (points && points->path == path.string()) return *points;
    points.reset();
    Points fresh{path.string(), TableCells(io::read_any_table(path), path.string()), {}, {}};
    for (const auto& column : {settings.object, settings.time, settings.value, settings.error, settings.upper_limit,
                               settings.mask, settings.band}) {
      if (!column.empty()) fresh.cells.need(column);
    }
    fresh.conversion = conversion_of(fresh.cells);
    for (int64_t row = 0; !settings.object.empty() && row < fresh.cells.num_rows(); ++row)
      fresh.rows[fresh.cells.id(row, settings.object)].push_back(row);
    points.emplace(std::move(fresh));
    return *points;
  }

  std::optional<int32_t> band_at(const TableCells& cells, int64_t row) const {
    if (settings.band.empty()) return 0;
    const std::string word = cells.text(row, settings.band);
    if (std::find(settings.ignore.begin(), settings.ignore.end(), word) != settings.ignore.end()) return std::nullopt;
    const auto found = words.find(word);
    if (found != words.end()) return found->second;
    std::vector<std::string> all;
    for (const auto& [one, number] : words) all.push_back(one);
    base::data_error("{}: a point in '{}', which is no band of the mapping (the nearest is '{}') and not in `ignore`",
                     key, word, base::nearest(word, all));
  }

  std::optional<modalities::LightCurvePoint> point_at(const Points& from, int64_t row) const {
    const TableCells& cells = from.cells;
    const auto band = band_at(cells, row);
    const auto value = cells.number(row, settings.value);
    if (!band || !value || from.conversion.is_mark(*value)) return std::nullopt;
    const auto time = cells.number(row, settings.time);
    if (!time) base::data_error("{}, row {}: a point without a time", from.path, cells.number_of(row));
    const auto of = [&](const std::string& column) {
      return column.empty() ? std::nullopt : cells.number(row, column);
    };
    const auto error = of(settings.error);
    const bool known = error && *error > 0 && !from.conversion.is_mark(*error);
    const auto measured = from.conversion.apply({*value, known ? *error : 0});
    if (!measured || !std::isfinite(float(measured->value)) || !std::isfinite(float(measured->error)))
      return std::nullopt;
    modalities::LightCurvePoint point;
    point.time_day = *time + settings.time_offset;
    point.band = *band;
    point.value = float(measured->value);
    point.error = float(measured->error);
    point.masked = of(settings.mask).value_or(0) != 0;
    point.upper_limit = of(settings.upper_limit).value_or(0) != 0;
    return point;
  }
};

LightCurveReader::LightCurveReader(const std::string& modality, const MappedLightCurve& settings,
                                   const fs::path& mapping_folder)
    : state_(std::make_unique<State>(modality, settings, mapping_folder)) {}
LightCurveReader::~LightCurveReader() = default;
LightCurveReader::LightCurveReader(LightCurveReader&&) noexcept = default;

std::vector<std::string> LightCurveReader::columns() const { return state_->file.columns(); }

std::optional<modalities::LightCurveBlock> LightCurveReader::read(const RowText& text,
                                                                  const modalities::ObjectKey& object,
                                                                  const fs::path& table_folder) {
  State& s = *state_;
  const auto reference = s.file.of(text, "");
  if (!reference) return std::nullopt;
  const auto path = find_file(s.folder.empty() ? table_folder : s.folder, *reference, s.settings.optional, s.key);
  if (!path) return std::nullopt;
  const Points& from = s.open(*path);
  std::vector<modalities::LightCurvePoint> points;
  const auto add = [&](int64_t row) {
    if (const auto point = s.point_at(from, row)) points.push_back(*point);
  };
  if (s.settings.object.empty()) {
    for (int64_t row = 0; row < from.cells.num_rows(); ++row) add(row);
  } else if (const auto found = from.rows.find(object.id); found != from.rows.end()) {
    for (const int64_t row : found->second) add(row);
  }
  if (points.empty()) return std::nullopt;
  auto block =
      modalities::make_light_curves(1, int64_t(points.size()), s.bands, from.conversion.unit, s.settings.time_system);
  modalities::set_points(block, 0, std::move(points));
  return block;
}

}  // namespace asterism::data
