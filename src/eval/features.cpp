#include "eval/features.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <numeric>

#include "base/error.h"
#include "eval/level.h"
#include "eval/metrics.h"

namespace asterism::eval {
namespace {

using modalities::ImageBlock;
using modalities::ScalarBlock;
using modalities::SpectrumBlock;

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
constexpr int kBins = 64;
constexpr double kLowest = 3000, kHighest = 11000;  // Angstrom: the range that the bins of spectra divide

bool is_photometry(const std::string& name) { return name.rfind("flux_", 0) == 0 || name.rfind("mag_", 0) == 0; }

std::vector<double> binned(const SpectrumBlock& spectrum, int64_t i) {
  std::vector<double> sum(kBins, 0), count(kBins, 0), size;
  for (int64_t p = i * spectrum.length; p < (i + 1) * spectrum.length; ++p) {
    const auto at = size_t(p);
    const double wavelength = spectrum.wavelength_angstrom[at];
    if (spectrum.mask[at] != 0 || wavelength < kLowest || wavelength >= kHighest) continue;
    const auto bin = size_t((wavelength - kLowest) / (kHighest - kLowest) * kBins);
    sum[bin] += spectrum.flux[at];
    count[bin] += 1;
    size.push_back(std::abs(spectrum.flux[at]));
  }
  std::vector<double> out(kBins + 1, kMissing);
  if (spectrum.present[size_t(i)] == 0 || size.empty()) return out;
  const double scale = std::max(median(std::move(size)), 1e-12);
  for (size_t b = 0; b < kBins; ++b)
    if (count[b] > 0) out[b] = sum[b] / count[b] / scale;
  out[kBins] = std::log(scale);
  return out;
}

// Missing values become the mean of their column; undefined when no column holds a value. Columns without any value are
// left out.
Features table_of(const std::vector<std::vector<double>>& columns) {
  Features made;
  std::vector<at::Tensor> out;
  for (const auto& column : columns) {
    double sum = 0;
    int64_t count = 0;
    made.present.resize(column.size(), 0);
    for (size_t i = 0; i < column.size(); ++i) {
      if (!std::isfinite(column[i])) continue;
      made.present[i] = 1;
      sum += column[i];
      ++count;
    }
    if (count == 0) continue;
    auto filled = column;
    for (double& value : filled)
      if (!std::isfinite(value)) value = sum / double(count);
    out.push_back(at::tensor(filled, at::kDouble));
  }
  if (!out.empty()) made.values_NF = at::stack(out, 1);
  return made;
}

// Where a band stands by wavelength, by the letters after its name's last underscore; unknown ones come last.
int place_of(const std::string& name) {
  static constexpr const char* kOrder[] = {"fuv", "nuv", "u", "b", "g", "v",  "r",  "i", "ic",
                                           "z",   "y",   "j", "h", "k", "ks", "w1", "w2"};
  const std::string letters = name.substr(name.rfind('_') + 1);
  const auto* found = std::find_if(std::begin(kOrder), std::end(kOrder), [&](const char* k) { return letters == k; });
  return int(found - std::begin(kOrder));
}

// What the asinh turns linear at: the median error, or a tenth of the median |flux|.
double softening(const std::vector<double>& flux, const std::vector<double>& error) {
  std::vector<double> sizes, errors;
  for (size_t i = 0; i < flux.size(); ++i) {
    if (!std::isfinite(flux[i])) continue;
    sizes.push_back(std::abs(flux[i]));
    if (error[i] > 0) errors.push_back(error[i]);
  }
  if (!errors.empty()) return median(std::move(errors));
  const double typical = sizes.empty() ? 0 : 0.1 * median(std::move(sizes));
  return typical > 0 ? typical : 1;
}

}  // namespace

void FeatureGatherer::add_band(const std::string& table, const std::string& band, const std::vector<double>& flux,
                               const std::vector<double>& error) {
  auto& entry = photometry_[table][band];
  entry.flux.resize(size_t(rows_), kMissing);  // batches that lacked the band
  entry.error.resize(size_t(rows_), 0);
  entry.flux.insert(entry.flux.end(), flux.begin(), flux.end());
  entry.error.insert(entry.error.end(), error.begin(), error.end());
}

std::vector<size_t> FeatureGatherer::places_of(const std::string& modality, const ImageBlock& image) {
  auto& known = bands_[modality];
  std::vector<size_t> out;
  for (const auto& band : image.bands) {
    size_t place = 0;
    while (place < known.size() && (known[place] != band.name || std::find(out.begin(), out.end(), place) != out.end()))
      ++place;
    if (place == known.size()) known.push_back(band.name);
    out.push_back(place);
  }
  return out;
}

void FeatureGatherer::add_level(const std::string& name, const modalities::Block& block) {
  const auto columns = levels_of(block);
  if (columns.empty()) return;
  const auto* image = std::get_if<ImageBlock>(&block);
  std::vector<size_t> places(columns.size());
  std::iota(places.begin(), places.end(), size_t{0});
  if (image != nullptr) places = places_of(name, *image);
  auto& table = levels_[name];
  for (size_t c = 0; c < columns.size(); ++c) {
    table.resize(std::max(table.size(), places[c] + 1));
    auto& column = table[places[c]];
    column.resize(size_t(rows_), kMissing);
    column.insert(column.end(), columns[c].begin(), columns[c].end());
  }
}

void FeatureGatherer::add(const modalities::Batch& batch) {
  for (const auto& name : modalities_) {
    const auto found = batch.blocks.find(name);
    if (found == batch.blocks.end()) continue;
    add_level(name, found->second);
    if (const auto* scalar = std::get_if<ScalarBlock>(&found->second); scalar != nullptr && is_photometry(name)) {
      std::vector<double> flux(scalar->value.begin(), scalar->value.end()),
          error(scalar->error.begin(), scalar->error.end());
      error.resize(flux.size(), 0);
      for (size_t i = 0; i < flux.size(); ++i)
        if (scalar->present[i] == 0) flux[i] = kMissing;
      add_band("magnitudes and colours", fmt::format("{:03} {}", place_of(name), name), flux, error);
    } else if (const auto* image = std::get_if<ImageBlock>(&found->second)) {
      const auto places = places_of(name, *image);
      for (size_t band = 0; band < image->bands.size(); ++band) {
        std::vector<double> flux, error;
        add_aperture(*image, int64_t(band), flux, error);
        // The order of the bands is that of the first image.
        add_band("aperture colours of " + name, fmt::format("{:03} {}", places[band], image->bands[band].name), flux,
                 error);
      }
    } else if (const auto* spectrum = std::get_if<SpectrumBlock>(&found->second)) {
      auto& rows = spectra_["binned " + name];
      rows.resize(size_t(rows_), std::vector<double>(kBins + 1, kMissing));
      for (int64_t i = 0; i < spectrum->n; ++i) rows.push_back(binned(*spectrum, i));
    }
  }
  rows_ += batch.size();
}

std::map<std::string, Features> FeatureGatherer::finish() const {
  std::map<std::string, Features> out;
  for (const auto& [table, bands] : photometry_) {
    std::vector<std::vector<double>> columns;
    std::vector<std::vector<double>> scaled;
    for (const auto& [name, band] : bands) {
      auto flux = band.flux;
      auto error = band.error;
      flux.resize(size_t(rows_), kMissing);
      error.resize(size_t(rows_), 0);
      // Magnitudes are logarithms already.
      const double soft = softening(flux, error);
      if (name.find(" mag_") == std::string::npos)
        for (double& value : flux) value = std::asinh(value / soft);
      scaled.push_back(std::move(flux));
    }
    for (size_t b = 0; b < scaled.size(); ++b) {
      columns.push_back(scaled[b]);
      if (b == 0) continue;
      std::vector<double> colour(scaled[b].size());
      for (size_t i = 0; i < colour.size(); ++i) colour[i] = scaled[b - 1][i] - scaled[b][i];
      columns.push_back(std::move(colour));
    }
    if (auto made = table_of(columns); made.values_NF.defined()) out[table] = std::move(made);
  }
  for (const auto& [table, rows] : spectra_) {
    std::vector<std::vector<double>> columns(kBins + 1, std::vector<double>(size_t(rows_), kMissing));
    for (size_t i = 0; i < rows.size(); ++i)
      for (size_t b = 0; b < columns.size(); ++b) columns[b][i] = rows[i][b];
    if (auto made = table_of(columns); made.values_NF.defined()) out[table] = std::move(made);
  }
  return out;
}

std::map<std::string, Features> FeatureGatherer::levels() const {
  std::map<std::string, Features> out;
  for (const auto& [name, columns] : levels_) {
    auto whole = columns;
    for (auto& column : whole) column.resize(size_t(rows_), kMissing);
    if (auto made = table_of(whole); made.values_NF.defined()) out[name] = std::move(made);
  }
  return out;
}

}  // namespace asterism::eval
