#include "data/surveys/eros.h"

#include <cmath>

#include "base/error.h"
#include "data/surveys/number_list.h"
#include "data/surveys/scalar_rows.h"
#include "data/surveys/text_table.h"
#include "modalities/light_curve.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;
using modalities::LightCurvePoint;

constexpr const char* kStars = "train.csv";
constexpr const char* kCurves = "train_varlength_features.csv.gz";
constexpr const char* kStarIndex = "Unnamed: 0";
constexpr const char* kCurveIndex = "column_1";  // the header cell is empty
constexpr int64_t kRowsPerBatch = 1024;
const char* const kBands[] = {"b", "r"};

struct Number {
  const char *modality, *column, *unit, *description, *ucd;
};
const Number kNumbers[] = {
    {"variable_class", "type", "", "class of variability, 1 to 4; the files do not name them", "meta.code.class"},
    {"period", "period", "d", "period of the catalogue", "time.period"},
    {"magnitude_b", "magnitude_b", "mag", "mean instrumental magnitude in blue", "phot.mag;em.opt.B"},
    {"magnitude_r", "magnitude_r", "mag", "mean instrumental magnitude in red", "phot.mag;em.opt.R"},
    {"asym_b", "asym_b", "", "asymmetry of the blue light curve", "stat.value"},
    {"asym_r", "asym_r", "", "asymmetry of the red light curve", "stat.value"},
    {"log_p_not_variable", "log_p_not_variable", "", "log10 of the probability that it does not vary",
     "stat.probability"},
    {"sigma_flux_b", "sigma_flux_b", "", "scatter of the blue flux", "stat.stdev"},
    {"sigma_flux_r", "sigma_flux_r", "", "scatter of the red flux", "stat.stdev"},
    {"eros_quality", "quality", "", "quality flag as published", "meta.code.qual"},
    {"div_period", "div_period", "", "as published", "stat.value"},
};

std::vector<std::string> star_columns() {
  std::vector<std::string> out = {kStarIndex, "asc_d", "asc_m", "asc_s", "dec_d", "dec_m", "dec_s"};
  for (const Number& number : kNumbers) out.emplace_back(number.column);
  return out;
}

std::vector<std::string> curve_columns() {
  std::vector<std::string> out = {kCurveIndex};
  for (const char* band : kBands) {
    for (const char* what : {"time", "light", "error"}) out.push_back(std::string(what) + "_points_" + band);
  }
  return out;
}

class ErosImport : public SurveyImport {
 public:
  ErosImport(const fs::path& folder, BadRows& bad)
      : stars_(folder / kStars, star_columns()), curves_(folder / kCurves, curve_columns()), bad_(bad) {
    if (stars_.num_rows() != curves_.num_rows())
      base::data_error("{} has {} rows and {} has {}; both list the same stars", stars_.file(), stars_.num_rows(),
                       curves_.file(), curves_.num_rows());
  }

  DatasetInfo info() const override {
    DatasetInfo info{
        .name = "eros",
        .title = "EROS-1 variable stars of the Large Magellanic Cloud",
        .description =
            "Light curves in two bands, instrumental magnitudes, days after an unknown moment. The period is a "
            "catalogue quantity and a strong hint at the class: say whether it was used.",
        .provenance = "train.csv and train_varlength_features.csv.gz of EROS-1, imported by asterism " ASTERISM_VERSION,
        .licence = "not stated",
        .citation = "Beaulieu et al. 1995, A&A 299, 168; Grison et al. 1995, A&AS 109, 447",
        .acknowledgement = "EROS collaboration"};
    for (const Number& number : kNumbers) info.columns[number.modality] = {number.description, number.ucd};
    return info;
  }

  int64_t expected_rows() const override { return stars_.num_rows(); }

  std::optional<modalities::Batch> next() override {
    std::vector<int64_t> good;
    modalities::Batch batch;
    std::vector<std::vector<LightCurvePoint>> curves;
    const int64_t n = std::min(kRowsPerBatch, stars_.num_rows() - next_);
    if (n <= 0) return std::nullopt;
    for (const Number& number : kNumbers) add_scalar_rows(batch, n, number.modality, number.unit);
    size_t longest = 0;
    for (int64_t i = 0; i < n; ++i, ++next_) {
      batch.objects.emplace_back();
      curves.emplace_back();
      try {
        batch.objects.back() = key_of(next_);
        for (const Number& number : kNumbers)
          set_scalar(batch, number.modality, i, stars_.number(next_, number.column));
        curves.back() = points_of(next_);
        longest = std::max(longest, curves.back().size());
        good.push_back(i);
      } catch (const base::DataError& error) {
        bad_.add(stars_.file(), std::to_string(stars_.line(next_)), error.what());
      }
    }
    auto block = modalities::make_light_curves(n, int64_t(longest), {{"eros-b", 0, 0}, {"eros-r", 0, 0}}, "mag", "day");
    for (const int64_t i : good) modalities::set_points(block, i, std::move(curves[size_t(i)]));
    batch.blocks.emplace("lightcurve_eros", std::move(block));
    return good.empty() ? next() : modalities::select(batch, good);
  }

 private:
  modalities::ObjectKey key_of(int64_t row) const {
    const std::string id = stars_.text(row, kStarIndex);
    if (id.empty() || id != curves_.text(row, kCurveIndex))
      base::data_error("the star is '{}' in one file and '{}' in the other", id, curves_.text(row, kCurveIndex));
    const double h = stars_.need_number(row, "asc_d"), hm = stars_.need_number(row, "asc_m"),
                 hs = stars_.need_number(row, "asc_s");
    const double d = stars_.need_number(row, "dec_d"), dm = stars_.need_number(row, "dec_m"),
                 ds = stars_.need_number(row, "dec_s");
    const double ra = 15 * (h + hm / 60 + hs / 3600), size = std::abs(d) + dm / 60 + ds / 3600;
    if (!(ra >= 0 && ra < 360 && size <= 90 && hm >= 0 && hm < 60 && dm >= 0 && dm < 60))
      base::data_error("position {} {} {}, {} {} {}", h, hm, hs, d, dm, ds);
    return {"eros", id, true, ra, std::signbit(d) ? -size : size};
  }

  std::vector<LightCurvePoint> points_of(int64_t row) const {
    std::vector<LightCurvePoint> out;
    for (int32_t b = 0; b < 2; ++b) {
      const auto list = [&](const std::string& what) {
        const std::string column = what + "_points_" + kBands[b];
        return parse_number_list(curves_.text(row, column), column);
      };
      const auto time = list("time"), light = list("light"), error = list("error");
      if (light.size() != time.size() || error.size() != time.size())
        base::data_error("{} times, {} magnitudes and {} errors in {}", time.size(), light.size(), error.size(),
                         kBands[b]);
      for (size_t i = 0; i < time.size(); ++i) {
        if (!std::isfinite(time[i])) base::data_error("time {} of {} is no number", i, kBands[b]);
        const bool bad = !std::isfinite(light[i]) || !(error[i] >= 0);
        out.push_back({time[i], b, bad ? 0.0F : float(light[i]), bad ? 0.0F : float(error[i]), bad, false});
      }
    }
    return out;
  }

  TextTable stars_, curves_;
  BadRows& bad_;
  int64_t next_ = 0;
};

}  // namespace

std::unique_ptr<SurveyImport> open_eros(const std::vector<fs::path>& inputs, const ImportOptions&, BadRows& bad) {
  if (inputs.size() != 1) base::user_error("eros takes one input: the folder of {} and {}", kStars, kCurves);
  if (!fs::exists(inputs[0])) base::user_error("there is no file or folder {}", inputs[0].string());
  const fs::path folder = fs::is_directory(inputs[0]) ? inputs[0] : inputs[0].parent_path();
  for (const char* name : {kStars, kCurves}) {
    if (!fs::is_regular_file(folder / name))
      base::user_error("there is no {}; eros takes the folder of {} and {}", (folder / name).string(), kStars, kCurves);
  }
  return std::make_unique<ErosImport>(folder, bad);
}

}  // namespace asterism::data
