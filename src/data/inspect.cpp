#include "data/inspect.h"

#include <arrow/api.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_set>

#include "base/error.h"
#include "base/progress.h"
#include "base/quantile.h"
#include "base/signals.h"
#include "data/batch_table.h"
#include "data/column_faults.h"
#include "data/row_store.h"
#include "data/split.h"
#include "io/json.h"
#include "io/place.h"

namespace asterism::data {
namespace {

using modalities::Batch;
using modalities::Block;
using modalities::CatalogBlock;
using modalities::CubeBlock;
using modalities::ImageBlock;
using modalities::LightCurveBlock;
using modalities::MapBlock;
using modalities::ScalarBlock;
using modalities::SpectrumBlock;
using modalities::VectorBlock;

constexpr size_t kPixelsPerRow = 64;               // looked at for percentiles
constexpr double kBrightNanomaggy = 1e6;           // magnitude 7.5
constexpr double kMoonNanomaggy = 1e14;            // magnitude -12.5
constexpr int64_t kBatchBytes = int64_t{1} << 28;  // decoded at a time

// Gathers one column's values as the batches pass.
class Gatherer {
 public:
  Gatherer(ColumnReport& report, int64_t rows)
      : report_(report),
        every_(std::max<int64_t>(1, rows / kSample)),
        every_with_pixels_(std::max<int64_t>(1, rows * int64_t(kPixelsPerRow) / kSample)) {}

  void add(const Block& block, int64_t first_row) {
    if (const auto* scalar = std::get_if<ScalarBlock>(&block)) {
      for (int64_t i = 0; i < scalar->n; ++i) {
        if (scalar->present[size_t(i)] == 0) continue;
        ++report_.present;
        value(scalar->value[size_t(i)], (first_row + i) % every_ == 0);
      }
    } else if (const auto* image = std::get_if<ImageBlock>(&block)) {
      const int64_t size = int64_t(image->bands.size()) * image->height * image->width;
      report_.shape = fmt::format("{} bands, {} x {}", image->bands.size(), image->height, image->width);
      pixels(image->present, image->flux.data(), image->mask.data(), size, first_row);
    } else if (const auto* spectrum = std::get_if<SpectrumBlock>(&block)) {
      longest_ = std::max(longest_, spectrum->length);
      report_.shape = fmt::format("{} pixels", longest_);
      pixels(spectrum->present, spectrum->flux.data(), spectrum->mask.data(), spectrum->length, first_row,
             spectrum->wavelength_angstrom.data());
    } else if (const auto* map = std::get_if<MapBlock>(&block)) {
      const int64_t size = int64_t(map->layers.size()) * map->height * map->width;
      report_.shape = fmt::format("{} layers, {} x {}", map->layers.size(), map->height, map->width);
      pixels(map->present, map->value.data(), map->mask.data(), size, first_row);
    } else if (const auto* cube = std::get_if<CubeBlock>(&block)) {
      longest_ = std::max(longest_, cube->length);
      report_.shape = fmt::format("{} x {} x {}", longest_, cube->height, cube->width);
      pixels(cube->present, cube->flux.data(), cube->mask.data(), cube->length * cube->height * cube->width, first_row);
    } else if (const auto* vector = std::get_if<VectorBlock>(&block)) {
      report_.shape = fmt::format("{} numbers", vector->width);
      pixels(vector->present, vector->value.data(), nullptr, vector->width, first_row);
    } else if (const auto* curve = std::get_if<LightCurveBlock>(&block)) {
      longest_ = std::max(longest_, curve->length);
      report_.shape = fmt::format("{} bands, {} points", curve->bands.size(), longest_);
      lists(curve->present, curve->count, curve->value.data(), curve->mask.data(), curve->length, 1, first_row);
    } else if (const auto* list = std::get_if<CatalogBlock>(&block)) {
      longest_ = std::max(longest_, list->length);
      report_.shape = fmt::format("{} columns, {} rows", list->columns.size(), longest_);
      lists(list->present, list->count, list->value.data(), list->mask.data(), list->length,
            int64_t(list->columns.size()), first_row);
    }
  }

  void finish() {
    if (report_.shape.empty()) report_.shape = "one number";
    if (pixels_ > 0) report_.masked_fraction = double(masked_) / double(pixels_);
    auto& sample = report_.sample;
    if (report_.values > 0 && sample.empty()) sample.push_back(report_.least);
    if (sample.empty()) return;
    std::vector<double> sorted = sample;
    std::sort(sorted.begin(), sorted.end());
    report_.low = base::quantile(sorted, 0.01);
    report_.median = base::quantile(sorted, 0.5);
    report_.high = base::quantile(sorted, 0.99);
  }

 private:
  void value(double v, bool sampled) {
    report_.least = report_.values == 0 ? v : std::min(report_.least, v);
    report_.greatest = report_.values == 0 ? v : std::max(report_.greatest, v);
    ++report_.values;
    if (sampled) report_.sample.push_back(v);
  }

  // Where a wavelength is 0 there is padding, which is nothing.
  void pixels(const base::AlignedVector<uint8_t>& present, const float* values, const uint8_t* mask, int64_t size,
              int64_t first_row, const float* wavelength = nullptr) {
    const int64_t stride = std::max<int64_t>(1, size / int64_t(kPixelsPerRow));
    for (size_t row = 0; row < present.size(); ++row) {
      if (present[row] == 0) continue;
      ++report_.present;
      const bool sampled = (first_row + int64_t(row)) % every_with_pixels_ == 0;
      for (int64_t i = 0; i < size; ++i) {
        const size_t at = row * size_t(size) + size_t(i);
        if (wavelength != nullptr && wavelength[at] == 0) continue;
        ++pixels_;
        if (mask != nullptr && mask[at] != 0) {
          ++masked_;
        } else {
          value(double(values[at]), sampled && i % stride == 0);
        }
      }
    }
  }

  // The first count[row] values of each of `width` lists a row; the padding is nothing.
  void lists(const base::AlignedVector<uint8_t>& present, const base::AlignedVector<int32_t>& count,
             const float* values, const uint8_t* mask, int64_t length, int64_t width, int64_t first_row) {
    for (size_t row = 0; row < present.size(); ++row) {
      if (present[row] == 0) continue;
      ++report_.present;
      const bool sampled = (first_row + int64_t(row)) % every_with_pixels_ == 0;
      for (int64_t i = 0; i < width * length; ++i) {
        if (i % length >= count[row]) continue;
        const size_t at = row * size_t(width * length) + size_t(i);
        ++pixels_;
        if (mask[at] != 0) {
          ++masked_;
        } else {
          value(double(values[at]), sampled);
        }
      }
    }
  }

  ColumnReport& report_;
  int64_t every_, every_with_pixels_, pixels_ = 0, masked_ = 0, longest_ = 0;
};

std::string description_of(const arrow::Schema& schema, const std::string& column) {
  const auto field = schema.GetFieldByName(column);
  if (!field || !field->metadata()) return "";
  const int at = field->metadata()->FindKey("description");
  return at < 0 ? "" : field->metadata()->value(at);
}

void suspect(ColumnReport& c, int64_t rows) {
  const auto add = [&](const std::string& text) { c.suspicions.push_back(text); };
  if (c.present == 0) return add("present nowhere");
  if (double(c.present) < 0.01 * double(rows)) add(fmt::format("present in {} of {} rows only", c.present, rows));
  if (c.values == 0) return add("every value is masked");
  if (c.least == c.greatest && rows > 1) add(fmt::format("constant: {}", c.least));
  if (c.masked_fraction > 0.5)
    add(fmt::format("{:.0f}% of the {} are masked", 100 * c.masked_fraction,
                    c.kind == "light_curve" ? "points (upper limits among them)" : "pixels"));
  if (c.kind == "scalar" && c.unit == "nanomaggy" && std::abs(c.median) > kBrightNanomaggy)
    add(fmt::format("half of the objects are brighter than magnitude 7.5 ({:g} nanomaggy): is that its unit?",
                    c.median));
  if (c.unit == "nanomaggy" && std::max(std::abs(c.least), std::abs(c.greatest)) > kMoonNanomaggy)
    add(fmt::format("values up to {:.3g} nanomaggy, brighter than the Moon: a mark for missing magnitudes?",
                    std::max(std::abs(c.least), std::abs(c.greatest))));
  if (c.kind == "scalar" && c.modality != kSplitColumn) {
    for (const double sentinel : {-99.0, -99.9, -999.0, -9999.0, 99.0, 999.0, 9999999.0}) {
      const auto n = std::count(c.sample.begin(), c.sample.end(), sentinel);
      if (double(n) > 0.001 * double(c.sample.size()) && c.median != sentinel)
        add(fmt::format("{} looks like a mark for missing values", sentinel));
    }
  } else if (c.kind != "vector" && c.kind != "map" && c.high == c.low) {
    add("nearly all values are equal");
  }
  const double width = c.high - c.low;
  if (width > 0 &&
      std::max(std::abs(c.least), std::abs(c.greatest)) > std::max(std::abs(c.low), std::abs(c.high)) + 1e4 * width)
    add(fmt::format("extreme values: {:g} to {:g}", c.least, c.greatest));
}

void suspect_repeats(DatasetReport& report, const std::vector<modalities::ObjectKey>& keys) {
  std::unordered_set<uint64_t> seen;
  int64_t repeats = 0;
  for (const auto& key : keys) repeats += seen.insert(key.hash()).second ? 0 : 1;
  if (repeats > 0) report.suspicions.push_back(fmt::format("{} rows repeat the id of another row", repeats));
  const auto groups = position_groups(keys, 1.0);
  int64_t close = 0;
  for (size_t i = 0; i < groups.size(); ++i) close += groups[i] != int64_t(i);
  if (close > 0) report.suspicions.push_back(fmt::format("{} rows lie within 1\" of another row", close));
}

}  // namespace

DatasetReport inspect(const HatsReader& dataset) {
  DatasetReport report;
  report.name = dataset.name();
  report.path = dataset.path().string();
  report.info = dataset.info();
  report.rows = dataset.num_rows();
  report.files = int64_t(dataset.files().size());
  for (const auto& file : dataset.files()) report.bytes += int64_t(io::file_bytes(file.path));
  std::map<std::string, Gatherer> gatherers;
  for (const auto& c : dataset.layout().modalities) {
    ColumnReport column;
    column.modality = c.modality;
    column.kind = c.kind;
    column.column = c.column;
    column.unit = c.unit;
    column.description = description_of(*dataset.schema(), c.column);
    report.columns.push_back(column);
  }
  for (auto& column : report.columns) gatherers.emplace(column.modality, Gatherer(column, report.rows));
  std::vector<modalities::ObjectKey> keys;
  base::Progress progress("inspecting " + report.name, uint64_t(report.rows));
  const int64_t every = std::max<int64_t>(1, report.rows / kSample);
  const int64_t row_bytes = std::max<int64_t>(1, decoded_bytes(dataset, {}) / std::max<int64_t>(1, report.rows));
  const int64_t step = std::clamp<int64_t>(kBatchBytes / row_bytes, 1, 1024);
  ColumnFaults faults(dataset.layout());
  dataset.for_each_table({}, step, [&](const arrow::Table& part, const HatsReader::Group& group, int64_t first_row) {
    base::stop_if_requested("stopped by a signal");
    faults.add(part, first_row);
    const Batch batch = from_table(part, dataset.layout(), {}, dataset.where(group), first_row);
    for (const auto& [name, block] : batch.blocks) gatherers.at(name).add(block, first_row);
    for (int64_t i = 0; i < batch.size(); ++i) {
      const auto& key = batch.objects[size_t(i)];
      report.placed += key.has_position;
      if (!key.has_position || (first_row + i) % every != 0) continue;
      report.ra_deg.push_back(key.ra_deg);
      report.dec_deg.push_back(key.dec_deg);
    }
    keys.insert(keys.end(), batch.objects.begin(), batch.objects.end());
    for (const auto number : split_numbers(batch)) ++report.sides[side_of(number)];
    progress.add(uint64_t(batch.size()));
    return true;
  });
  for (auto& [name, gatherer] : gatherers) gatherer.finish();
  for (auto& column : report.columns) suspect(column, report.rows);
  for (const auto& line : faults.lines()) report.suspicions.push_back(line);
  suspect_repeats(report, keys);
  return report;
}

std::string sides_text(const DatasetReport& report) {
  std::string out;
  for (const char* side : {"train", "validation", "test"})
    if (const auto found = report.sides.find(side); found != report.sides.end())
      out += fmt::format("{}{} {}", out.empty() ? "" : ", ", side, found->second);
  return out;
}

std::string report_text(const DatasetReport& report) {
  std::string out =
      fmt::format("{}  {}\n{} rows, {} with a position, in {} files of {:.1f} MB\n", report.name, report.info.title,
                  report.rows, report.placed, report.files, double(report.bytes) / 1e6);
  out += fmt::format("sides: {}\n", sides_text(report));
  for (const auto& [label, text] : {std::pair<const char*, std::string>{"provenance", report.info.provenance},
                                    {"licence", report.info.licence},
                                    {"cite", report.info.citation}}) {
    if (!text.empty()) out += fmt::format("{}: {}\n", label, text);
  }
  out += fmt::format("\n{:<22} {:<11} {:<20} {:>8} {:>7} {:>11} {:>11} {:>11}  {}\n", "modality", "kind", "shape",
                     "present", "masked", "1%", "median", "99%", "unit");
  for (const auto& c : report.columns) {
    out += fmt::format("{:<22} {:<11} {:<20} {:>7.1f}% ", c.modality, c.kind, c.shape,
                       100 * double(c.present) / double(std::max<int64_t>(1, report.rows)));
    out += c.kind == "scalar" ? fmt::format("{:>7}", "") : fmt::format("{:>6.1f}%", 100 * c.masked_fraction);
    out += c.values > 0 ? fmt::format(" {:>11.5g} {:>11.5g} {:>11.5g}", c.low, c.median, c.high)
                        : fmt::format(" {:>11} {:>11} {:>11}", "-", "-", "-");
    out += "  " + c.unit;
    if (c.kind == "scalar" && !c.description.empty()) out += (c.unit.empty() ? "" : ", ") + c.description;
    out += "\n";
  }
  std::string suspicions;
  for (const auto& text : report.suspicions) suspicions += "  " + text + "\n";
  for (const auto& c : report.columns) {
    for (const auto& text : c.suspicions) suspicions += fmt::format("  {}: {}\n", c.modality, text);
  }
  return out + (suspicions.empty() ? "\nnothing suspicious\n" : "\nlook at these:\n" + suspicions);
}

std::string report_json(const DatasetReport& report) {
  nlohmann::json out = {{"name", report.name},
                        {"path", report.path},
                        {"rows", report.rows},
                        {"placed", report.placed},
                        {"files", report.files},
                        {"bytes", report.bytes},
                        {"sides", report.sides},
                        {"title", report.info.title},
                        {"licence", report.info.licence},
                        {"provenance", report.info.provenance},
                        {"suspicions", report.suspicions},
                        {"modalities", nlohmann::json::array()}};
  for (const auto& c : report.columns) {
    nlohmann::json column = {{"modality", c.modality},    {"kind", c.kind},
                             {"column", c.column},        {"unit", c.unit},
                             {"shape", c.shape},          {"description", c.description},
                             {"present", c.present},      {"masked_fraction", c.masked_fraction},
                             {"suspicions", c.suspicions}};
    if (c.values > 0)
      column.update(
          {{"p01", c.low}, {"median", c.median}, {"p99", c.high}, {"least", c.least}, {"greatest", c.greatest}});
    out["modalities"].push_back(column);
  }
  return io::dump_json(out);
}

modalities::Batch find_object(const HatsReader& dataset, const std::string& id) {
  const auto keys = dataset.keys();
  const auto fits = [&](const modalities::ObjectKey& key) { return key.id == id || key.survey + "/" + key.id == id; };
  const auto found = std::find_if(keys.begin(), keys.end(), fits);
  if (found == keys.end()) base::user_error("{} holds no object '{}'", dataset.path().string(), id);
  const int64_t row = found - keys.begin();
  for (const auto& group : dataset.groups()) {
    if (row < group.first_row + group.rows) return modalities::select(dataset.read(group), {row - group.first_row});
  }
  base::data_error("{}: row {} is missing", dataset.path().string(), row);
}

}  // namespace asterism::data
