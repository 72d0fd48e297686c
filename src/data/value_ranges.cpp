#include "data/value_ranges.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/quantile.h"
#include "io/json.h"
#include "modalities/traits.h"

namespace asterism::data {
namespace {

constexpr const char* kNoise = "noise";  // begins the traits of images that stand for their variances
constexpr double kTail = 0.005;          // of the objects, at each end
constexpr double kSlack = 0.01;          // of an end: rounding, and grids that begin a pixel later
constexpr double kManyOutside = 0.1;     // of the objects: 0.01 are to be expected

double number(const nlohmann::json& entry, const char* key, const std::string& source) {
  if (!entry.is_object() || !entry.contains(key) || !entry[key].is_number())
    base::data_error("{}: no number '{}' where one belongs; train the model again, or remove the file", source, key);
  return entry[key].get<double>();
}

// More than a tenth of the objects, and of few objects, or after a small sample, more than chance puts there.
bool many(int64_t outside, int64_t objects, const ValueRange* range) {
  const double of_sample = range == nullptr ? 0 : 4.0 / double(range->objects + 1);
  const double share = std::min(0.9, kManyOutside + of_sample), n = double(objects);
  return double(outside) > n * share + 2 * std::sqrt(n * share * (1 - share));
}

bool outside(double value, const ValueRange& range) {
  return value < range.low - kSlack * std::abs(range.low) || value > range.high + kSlack * std::abs(range.high);
}

std::string sentence(const std::string& modality, const std::string& what, const ValueRange* range, int64_t outside,
                     int64_t objects, double median) {
  const std::string name = what == "value" ? modality : modality + ", " + what;
  if (range == nullptr)
    return fmt::format("{}: no object that the model learned from had it, {} of these have", name, objects);
  const std::string unit = range->unit.empty() ? "" : " " + range->unit;
  return fmt::format(
      "{}: {} of {} objects lie beyond what the model learned from ({:.4g} to {:.4g}{}, median {:.4g}; here {:.4g})",
      name, outside, objects, range->low, range->high, unit, range->median, median);
}

}  // namespace

ValueRanges ranges_of(const modalities::Batch& sample) {
  ValueRanges out;
  for (const auto& [modality, block] : sample.blocks) {
    for (auto& trait : modalities::traits_of(block)) {
      auto& values = trait.value;
      std::erase_if(values, [](double v) { return std::isnan(v); });
      if (values.empty()) continue;
      std::sort(values.begin(), values.end());
      out[modality][trait.what] = {.unit = trait.unit,
                                   .objects = int64_t(values.size()),
                                   .low = base::quantile(values, kTail),
                                   .median = base::quantile(values, 0.5),
                                   .high = base::quantile(values, 1 - kTail)};
    }
  }
  return out;
}

void write_ranges(const std::filesystem::path& folder, const ValueRanges& ranges) {
  auto out = nlohmann::json::object();
  for (const auto& [modality, traits] : ranges)
    for (const auto& [what, range] : traits)
      out[modality][what] = {{"unit", range.unit},
                             {"objects", range.objects},
                             {"low", range.low},
                             {"median", range.median},
                             {"high", range.high}};
  io::write_json(folder / kRangesFile, out);
}

ValueRanges read_ranges(const std::filesystem::path& folder) {
  const auto file = folder / kRangesFile;
  if (!std::filesystem::exists(file)) return {};
  const auto source = file.string();
  const auto found = io::read_json(file);
  if (!found.is_object()) base::data_error("{}: no object of modalities", source);
  ValueRanges out;
  for (const auto& [modality, traits] : found.items()) {
    if (!traits.is_object()) base::data_error("{}: '{}' is no object of traits", source, modality);
    for (const auto& [what, entry] : traits.items())
      out[modality][what] = {.unit = io::text_or(entry, "unit", "", source),
                             .objects = int64_t(number(entry, "objects", source)),
                             .low = number(entry, "low", source),
                             .median = number(entry, "median", source),
                             .high = number(entry, "high", source)};
  }
  return out;
}

void UnlikeObjects::count_without_error(const std::string& modality, const std::map<std::string, ValueRange>& of_sample,
                                        const modalities::Block& block) {
  if (const auto* image = std::get_if<modalities::ImageBlock>(&block)) {
    const auto noise = of_sample.lower_bound(kNoise);  // of any band
    if (image->has_ivar || noise == of_sample.end() || !noise->first.starts_with(kNoise)) return;
    counts_[{modality, kNoise}].without += std::count(image->present.begin(), image->present.end(), uint8_t{1});
    return;
  }
  const auto* scalar = std::get_if<modalities::ScalarBlock>(&block);
  const auto error = of_sample.find("error"), value = of_sample.find("value");
  if (scalar == nullptr || error == of_sample.end() || value == of_sample.end()) return;
  if (double(error->second.objects) < (1 - kManyOutside) * double(value->second.objects)) return;
  auto& count = counts_[{modality, "error"}];
  for (size_t i = 0; i < size_t(scalar->n); ++i)
    count.without += scalar->present[i] != 0 && !(scalar->has_error && scalar->error[i] > 0);
}

void UnlikeObjects::add(const modalities::Batch& batch) {
  for (const auto& modality : modalities_) {
    const auto of_sample = ranges_.find(modality);
    const auto block = batch.blocks.find(modality);
    if (of_sample == ranges_.end() || block == batch.blocks.end()) continue;
    count_without_error(modality, of_sample->second, block->second);
    for (const auto& trait : modalities::traits_of(block->second)) {
      const auto range = of_sample->second.find(trait.what);
      const bool known = range != of_sample->second.end();
      if (!known && !trait.measured) continue;
      if (known && range->second.unit != trait.unit) continue;  // a model that minds units refuses them
      for (const double value : trait.value) {
        if (std::isnan(value)) continue;
        auto& count = counts_[{modality, trait.what}];
        ++count.objects;
        count.outside += !known || outside(value, range->second);
        if (count.values.size() < kKept) count.values.push_back(value);
      }
    }
  }
}

std::vector<std::string> UnlikeObjects::lines() const {
  std::vector<std::pair<double, std::string>> found;
  for (const auto& [key, count] : counts_) {
    const auto& traits = ranges_.at(key.first);
    const auto entry = traits.find(key.second);
    const ValueRange* range = entry == traits.end() ? nullptr : &entry->second;
    if (many(count.without, count.objects + count.without, nullptr))
      found.emplace_back(
          -double(count.without) / double(count.objects + count.without),
          fmt::format("{}: {} of {} objects have no {}, and what the model learned from had one", key.first,
                      count.without, count.objects + count.without, key.second == kNoise ? "variance" : "error"));
    if (count.objects == 0 || !many(count.outside, count.objects, range)) continue;
    auto sorted = count.values;
    std::sort(sorted.begin(), sorted.end());
    found.emplace_back(
        -double(count.outside) / double(count.objects),
        sentence(key.first, key.second, range, count.outside, count.objects, base::quantile(sorted, 0.5)));
  }
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> out;
  for (auto& [share, line] : found) out.push_back(std::move(line));
  return out;
}

}  // namespace asterism::data
