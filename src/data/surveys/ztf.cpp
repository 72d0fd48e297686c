#include "data/surveys/ztf.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "base/error.h"
#include "base/log.h"
#include "data/split.h"
#include "data/surveys/alert_file.h"
#include "data/surveys/input_files.h"
#include "data/surveys/scalar_rows.h"
#include "data/surveys/ztf_alert.h"
#include "modalities/image.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr double kSameObjectArcsec = 2;
constexpr size_t kRowsPerBatch = 256;
constexpr double kMjdZero = 2400000.5;

// What is known of an alert before it is read again: the whole of it may not fit in memory, nights have 10^6.
struct Known {
  modalities::ObjectKey key;
  std::string object_id;
  int copies = 0, read = 0;
  uint8_t split = 0;
};

// The alerts of many files in order.
class AlertStream {
 public:
  explicit AlertStream(const std::vector<fs::path>& files) : files_(files) {}
  // The next alert, with where() telling its place; nothing at the end. What cannot be read is given to `refuse` and
  // passed over.
  template <class F>
  std::optional<json> next(F refuse) {
    for (; next_ <= files_.size();) {
      try {
        if (!open_) {
          if (next_ == files_.size()) return std::nullopt;
          open_ = open_alert_file(files_[next_++]);
        }
        if (auto alert = open_->next()) return alert;
        open_.reset();
      } catch (const base::DataError& error) {
        refuse(error.what());
        if (!open_) continue;
      }
    }
    return std::nullopt;
  }
  const fs::path& file() const { return files_[next_ - 1]; }
  std::string place() const { return open_ ? open_->place() : "all"; }

 private:
  const std::vector<fs::path>& files_;
  std::unique_ptr<AlertFile> open_;
  size_t next_ = 0;
};

class ZtfImport : public SurveyImport {
 public:
  ZtfImport(std::vector<fs::path> files, BadRows& bad) : files_(std::move(files)), bad_(bad), stream_(files_) {
    AlertStream all(files_);
    std::vector<Known*> order;
    while (auto alert = all.next([&](const char* reason) { bad_.add(all.file().string(), all.place(), reason); })) {
      try {
        const ZtfKey key = ztf_key(*alert);
        const auto [found, fresh] = alerts_.try_emplace(key.candid);
        Known& known = found->second;
        if (fresh) {
          known.key = {"ztf", key.candid, true, key.ra_deg, key.dec_deg};
          known.object_id = key.object_id;
          order.push_back(&known);
        }
        ++known.copies;
        repeats_ += fresh ? 0 : 1;
      } catch (const base::DataError& error) {
        bad_.add(all.file().string(), all.place(), error.what());
      }
    }
    if (repeats_ > 0) base::log_info("{} alerts repeat the candid of another one: merged", repeats_);
    assign_splits(order);
  }

  DatasetInfo info() const override {
    DatasetInfo info{
        .name = "ztf",
        .title = "ZTF alerts: stamps, light curves and catalogue numbers",
        .description =
            "One row an alert. Stamps in counts, 1 arcsec per pixel (nominal), north up; the difference is science "
            "minus "
            "reference with its sign. Fluxes of the light curve are those of the difference images. Scores (rb, drb) "
            "are outputs of classifiers.",
        .provenance = "public alerts of the Zwicky Transient Facility, imported by asterism " ASTERISM_VERSION,
        .licence = "not stated in the files",
        .citation = "Bellm et al. 2019, PASP 131, 018002; Masci et al. 2019, PASP 131, 018003",
        .acknowledgement =
            "Based on observations obtained with the Samuel Oschin Telescope 48-inch and the 60-inch Telescope at the "
            "Palomar Observatory as part of the Zwicky Transient Facility project.",
        .columns = {{"difference_flux", {"flux of the difference, signed", "phot.flux"}},
                    {"isdiffpos", {"1 where brighter than the reference, 0 where fainter", "meta.code"}},
                    {"mjd", {"modified Julian date of the alert", "time.epoch"}}}};
    for (const auto& number : ztf_numbers()) info.columns[number.name] = {number.description, "stat.value"};
    return info;
  }

  int64_t expected_rows() const override { return int64_t(alerts_.size()); }

  std::optional<modalities::Batch> next() override {
    std::vector<std::pair<const Known*, json>> rows;
    std::vector<fs::path> files;
    while (rows.size() < kRowsPerBatch) {
      // Unreadable alerts are in the list of bad rows already: the first pass met them.
      auto alert = stream_.next([](const char*) {});
      if (!alert) break;
      try {
        Known& known = alerts_.at(ztf_key(*alert).candid);
        if (++known.read < known.copies) {
          auto [held, fresh] = held_.try_emplace(known.key.id, std::move(*alert));
          if (!fresh) merge_ztf_alert(held->second, *alert);
          continue;
        }
        if (const auto held = held_.find(known.key.id); held != held_.end()) {
          json first = std::move(held->second);
          held_.erase(held);
          merge_ztf_alert(first, *alert);
          *alert = std::move(first);
        }
        rows.emplace_back(&known, std::move(*alert));
        files.push_back(stream_.file());
      } catch (const base::DataError& error) {
        if (is_key_fault(*alert)) continue;
        bad_.add(stream_.file().string(), stream_.place(), error.what());
      }
    }
    if (rows.empty()) return std::nullopt;
    auto batch = batch_of(rows, files);
    return batch.size() > 0 ? batch : next();
  }

 private:
  static bool is_key_fault(const json& alert) {
    try {
      ztf_key(alert);
      return false;
    } catch (const base::DataError&) {
      return true;
    }
  }

  // Groups of positions take the number of the objectId that sorts first; then every objectId has one number.
  void assign_splits(const std::vector<Known*>& order) {
    std::vector<modalities::ObjectKey> keys;
    for (const Known* known : order) {
      keys.push_back(known->key);
      keys.back().id = known->object_id;
    }
    const auto numbers = grouped_split_numbers(keys, kSameObjectArcsec);
    std::unordered_map<std::string, uint8_t> of_object;
    for (size_t i = 0; i < order.size(); ++i)
      order[i]->split = of_object.emplace(order[i]->object_id, numbers[i]).first->second;
  }

  modalities::Batch batch_of(std::vector<std::pair<const Known*, json>>& rows, const std::vector<fs::path>& files) {
    const int64_t n = int64_t(rows.size());
    modalities::Batch batch;
    auto images = modalities::make_images(n, {{"ztf-science", 0, 0}, {"ztf-reference", 0, 0}, {"ztf-difference", 0, 0}},
                                          kZtfStamp, kZtfStamp, "counts", 1.0, false);
    for (const auto& number : ztf_numbers()) add_scalar_rows(batch, n, number.name, number.unit, *number.error != 0);
    add_scalar_rows(batch, n, "difference_flux", "nanomaggy", true);
    add_scalar_rows(batch, n, "isdiffpos");
    add_scalar_rows(batch, n, "mjd", "d");
    add_scalar_rows(batch, n, kSplitColumn);
    std::vector<std::vector<modalities::LightCurvePoint>> points(rows.size());
    std::vector<int64_t> good;
    size_t longest = 0;
    for (int64_t i = 0; i < n; ++i) {
      const auto& [known, alert] = rows[size_t(i)];
      batch.objects.push_back(known->key);
      try {
        points[size_t(i)] = ztf_points(alert);
        read_ztf_stamps(alert, files[size_t(i)], i, images);
        set_numbers(alert["candidate"], *known, i, batch);
        longest = std::max(longest, points[size_t(i)].size());
        good.push_back(i);
      } catch (const base::DataError& error) {
        bad_.add(files[size_t(i)].string(), known->key.id, error.what());
      }
    }
    auto curves = modalities::make_light_curves(n, int64_t(longest), ztf_bands(), "nanomaggy", "MJD");
    for (const int64_t i : good) modalities::set_points(curves, i, std::move(points[size_t(i)]));
    batch.blocks.emplace("image_ztf", std::move(images));
    batch.blocks.emplace("lightcurve_ztf", std::move(curves));
    return int64_t(good.size()) == n ? batch : modalities::select(batch, good);
  }

  static void set_numbers(const json& candidate, const Known& known, int64_t i, modalities::Batch& batch) {
    for (const auto& number : ztf_numbers())
      set_scalar(batch, number.name, i, ztf_number(candidate, number.name),
                 *number.error != 0 ? ztf_number(candidate, number.error).value_or(0) : 0);
    const json alone = {{"candidate", candidate}};
    const auto own = ztf_points(alone).front();
    if (!own.masked && !own.upper_limit) set_scalar(batch, "difference_flux", i, own.value, own.error);
    set_scalar(batch, "isdiffpos", i, ztf_sign(candidate) > 0 ? 1 : 0);
    set_scalar(batch, "mjd", i, ztf_number(candidate, "jd").value() - kMjdZero);
    set_scalar(batch, kSplitColumn, i, known.split);
  }

  std::vector<fs::path> files_;
  BadRows& bad_;
  AlertStream stream_;
  std::unordered_map<std::string, Known> alerts_;  // by candid
  std::unordered_map<std::string, json> held_;     // alerts whose other copies have not come yet
  int64_t repeats_ = 0;
};

bool is_alert_file(const fs::path& path) {
  const std::string name = path.filename().string();
  for (const char* ending : {".avro", ".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz"}) {
    if (name.ends_with(ending)) return true;
  }
  return false;
}

}  // namespace

std::unique_ptr<SurveyImport> open_ztf(const std::vector<fs::path>& inputs, const ImportOptions&, BadRows& bad) {
  return std::make_unique<ZtfImport>(input_files(inputs, is_alert_file, "*.avro or *.jsonl[.gz]"), bad);
}

}  // namespace asterism::data
