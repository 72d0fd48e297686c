#include "data/surveys/supernovae.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "astro/sexagesimal.h"
#include "base/error.h"
#include "data/split.h"
#include "data/surveys/scalar_rows.h"
#include "data/surveys/supernova_spectra.h"
#include "data/surveys/text_table.h"
#include "modalities/light_curve.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;
using modalities::LightCurvePoint;

constexpr double kRepeatArcsec = 2;
constexpr double kBrightest = 5, kFaintest = 30;  // magnitudes beyond are slips
constexpr size_t kRowsPerBatch = 256;
const std::vector<std::string> kFiles = {"objects.csv", "photometry.csv.gz", "spectra_index.csv", "spectra.npz"};

// Classes as the baselines of this set have them; uncertain ("Ia?") and double ("Ib/c") types have none.
std::optional<double> class_of(const std::string& type) {
  if (type.empty() || type.find_first_of("?/") != std::string::npos) return std::nullopt;
  if (type.starts_with("Ia")) return 0;
  if (type.starts_with("II")) return 1;
  if (type.starts_with("Ib") || type.starts_with("Ic")) return 2;
  if (type.starts_with("SLSN")) return 3;
  return std::nullopt;
}

struct Object {
  modalities::ObjectKey key;
  std::optional<double> redshift;
  std::string type;
  std::vector<LightCurvePoint> points;
  std::vector<int64_t> spectra;  // rows of the index
};

class SupernovaImport : public SurveyImport {
 public:
  SupernovaImport(const fs::path& folder, BadRows& bad) : bad_(bad), spectra_(folder) {
    read_objects(folder / kFiles[0]);
    read_photometry(folder / kFiles[1]);
    attach_spectra();
    std::vector<modalities::ObjectKey> keys;
    for (const auto& object : objects_) keys.push_back(object.key);
    splits_ = grouped_split_numbers(keys, kRepeatArcsec);
    for (size_t i = 0; i < objects_.size(); ++i) {
      for (size_t s = 0; s < std::max<size_t>(1, objects_[i].spectra.size()); ++s) rows_.emplace_back(i, s);
    }
  }

  DatasetInfo info() const override {
    return {
        .name = "supernovae",
        .title = "Supernovae of 2010 to 2014: light curves and spectra",
        .description =
            "One row an object with its light curve and first spectrum, and one row for each further spectrum (name#2 "
            "...). Magnitudes as published: AB and Vega mixed, most errors unknown, those outside 5 to 30 masked. "
            "Cadence, depth and the number of limits differ between discovery surveys and may give the class away. "
            "Spectra have no uncertainties: inverse variance 1; whether wavelengths are vacuum is not known.",
        .provenance = "Open Supernova Catalog, repository sne-2010-2014, imported by asterism " ASTERISM_VERSION,
        .licence = "not stated",
        .citation = "Guillochon et al. 2017, ApJ 835, 64",
        .acknowledgement = "The Open Supernova Catalog, and the sources of each measurement",
        .columns = {{"supernova_class", {"0 Ia, 1 II, 2 Ib or Ic, 3 superluminous", "meta.code.class"}},
                    {"class_uncertain", {"1 where the published type carries a question mark", "meta.code.qual"}},
                    {"spectrum_mjd", {"when the spectrum was taken", "time.epoch"}},
                    {"is_extra_spectrum", {"1 in rows that only add a spectrum to an object", "meta.code"}}}};
  }

  int64_t expected_rows() const override { return int64_t(rows_.size()); }

  std::optional<modalities::Batch> next() override {
    if (next_ >= rows_.size()) return std::nullopt;
    const size_t n = std::min(kRowsPerBatch, rows_.size() - next_);
    modalities::Batch batch;
    for (const char* name : {"redshift", "redshift_ok", "supernova_class", "class_uncertain", "is_extra_spectrum"})
      add_scalar_rows(batch, int64_t(n), name);
    add_scalar_rows(batch, int64_t(n), "spectrum_mjd", "d");
    add_scalar_rows(batch, int64_t(n), kSplitColumn);
    size_t longest = 0;
    for (size_t i = 0; i < n; ++i) longest = std::max(longest, objects_[rows_[next_ + i].first].points.size());
    auto curves = modalities::make_light_curves(int64_t(n), int64_t(longest), bands_, "mag", "MJD");
    std::vector<int64_t> spectra;
    for (size_t i = 0; i < n; ++i) {
      const auto& [object, spectrum] = rows_[next_ + i];
      add_row(objects_[object], spectrum, splits_[object], int64_t(i), batch, curves);
      spectra.push_back(spectrum < objects_[object].spectra.size() ? objects_[object].spectra[spectrum] : -1);
    }
    batch.blocks.emplace("lightcurve_supernova", std::move(curves));
    batch.blocks.emplace("spectrum_supernova", spectra_.gather(spectra));
    next_ += n;
    return batch;
  }

 private:
  void add_row(const Object& object, size_t spectrum, int split, int64_t i, modalities::Batch& batch,
               modalities::LightCurveBlock& curves) const {
    modalities::ObjectKey key = object.key;
    if (spectrum > 0) key.id += "#" + std::to_string(spectrum + 1);
    batch.objects.push_back(key);
    set_scalar(batch, "redshift", i, object.redshift);
    set_scalar(batch, "redshift_ok", i, object.redshift && *object.redshift > 0 ? 1 : 0);
    set_scalar(batch, "supernova_class", i, class_of(object.type));
    if (!object.type.empty())
      set_scalar(batch, "class_uncertain", i, object.type.find('?') != std::string::npos ? 1 : 0);
    set_scalar(batch, "is_extra_spectrum", i, spectrum > 0 ? 1 : 0);
    set_scalar(batch, kSplitColumn, i, split);
    if (spectrum < object.spectra.size()) set_scalar(batch, "spectrum_mjd", i, spectra_.mjd(object.spectra[spectrum]));
    if (spectrum == 0 && !object.points.empty()) modalities::set_points(curves, i, object.points);
  }

  void read_objects(const fs::path& path) {
    const TextTable table(path, {"name", "ra", "dec", "redshift", "claimedtype"});
    for (int64_t row = 0; row < table.num_rows(); ++row) {
      try {
        Object object;
        object.key = {"osc", table.text(row, "name"), false, 0, 0};
        if (object.key.id.empty()) base::data_error("an object without a name");
        const std::string ra = table.text(row, "ra"), dec = table.text(row, "dec");
        if (!ra.empty() || !dec.empty()) {
          const auto hours = astro::parse_sexagesimal(ra), degrees = astro::parse_sexagesimal(dec);
          if (!hours || !degrees || *hours < 0 || *hours >= 24 || std::abs(*degrees) > 90)
            base::data_error("position '{}' '{}'", ra.substr(0, 20), dec.substr(0, 20));
          object.key.has_position = true;
          object.key.ra_deg = 15 * *hours;
          object.key.dec_deg = *degrees;
        }
        object.redshift = table.number(row, "redshift");
        object.type = table.text(row, "claimedtype");
        if (!places_.emplace(object.key.id, objects_.size()).second) base::data_error("a name that came before");
        objects_.push_back(std::move(object));
      } catch (const base::DataError& error) {
        bad_.add(table.file(), std::to_string(table.line(row)), error.what());
      }
    }
  }

  void read_photometry(const fs::path& path) {
    const TextTable table(path, {"name", "mjd", "mag", "e_mag", "band", "upperlimit"});
    std::map<std::string, int32_t> numbers;
    for (int64_t row = 0; row < table.num_rows(); ++row) {
      try {
        const auto found = places_.find(table.text(row, "name"));
        if (found == places_.end()) base::data_error("'{}' is no object of objects.csv", table.text(row, "name"));
        const double time = table.need_number(row, "mjd"), mag = table.need_number(row, "mag");
        const auto error = table.number(row, "e_mag");
        const auto limit = table.need_number(row, "upperlimit");
        const auto [band, fresh] = numbers.emplace(table.text(row, "band"), int32_t(bands_.size()));
        if (fresh) bands_.push_back({band->first, 0, 0});
        objects_[found->second].points.push_back({time, band->second, float(mag),
                                                  error && *error > 0 ? float(*error) : 0.0F,
                                                  !(mag > kBrightest && mag < kFaintest), limit != 0});
      } catch (const base::DataError& error) {
        bad_.add(table.file(), std::to_string(table.line(row)), error.what());
      }
    }
  }

  void attach_spectra() {
    for (int64_t row = 0; row < spectra_.num_rows(); ++row) {
      const auto found = places_.find(spectra_.name(row));
      try {
        if (found == places_.end()) base::data_error("'{}' is no object of objects.csv", spectra_.name(row));
        spectra_.check_row(row);
        objects_[found->second].spectra.push_back(row);
      } catch (const base::DataError& error) {
        bad_.add(kFiles[3], std::to_string(row), error.what());
      }
    }
  }

  BadRows& bad_;
  SupernovaSpectra spectra_;
  std::vector<Object> objects_;
  std::map<std::string, size_t> places_;
  std::vector<modalities::Band> bands_;
  std::vector<uint8_t> splits_;
  std::vector<std::pair<size_t, size_t>> rows_;  // object, and which of its spectra
  size_t next_ = 0;
};

}  // namespace

std::unique_ptr<SurveyImport> open_supernovae(const std::vector<fs::path>& inputs, const ImportOptions&, BadRows& bad) {
  if (inputs.size() == 1 && !fs::is_directory(inputs[0])) base::user_error("there is no folder {}", inputs[0].string());
  if (inputs.size() != 1) base::user_error("supernovae takes one input: the folder of {}", base::quoted_list(kFiles));
  for (const auto& name : kFiles) {
    if (!fs::is_regular_file(inputs[0] / name))
      base::user_error("there is no {}; supernovae takes the folder of {}", (inputs[0] / name).string(),
                       base::quoted_list(kFiles));
  }
  return std::make_unique<SupernovaImport>(inputs[0], bad);
}

}  // namespace asterism::data
