#include "astro/filter.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>

#include "astro/acs_filter.h"
#include "astro/wavelength.h"
#include "base/error.h"
#include "base/resources.h"

namespace asterism::astro {
namespace {

constexpr double kLightAngstromPerSecond = kLightSpeedKms * 1e13;
constexpr double kAbJansky = 3631.0;  // of AB magnitude 0; 1 Jy is 1e-23 erg/s/cm^2/Hz

// Integral over [a, b] of the product of two functions that are linear there: Simpson's rule is exact.
double product_integral(double a, double b, double f_a, double f_b, double g_a, double g_b) {
  return (b - a) / 6 * (f_a * g_a + (f_a + f_b) * (g_a + g_b) + f_b * g_b);
}

// Angstrom per unit of the wavelength column that a header line declares; 0 for a unit that we do not know.
double unit_of(const std::string& line) {
  if (line.find("unit: nm") != std::string::npos) return 10;
  if (line.find("unit: micron") != std::string::npos) return 1e4;
  return line.find("unit: Angstrom") != std::string::npos ? 1 : 0;
}

}  // namespace

double ab_flux_density(double wavelength) {
  return kAbJansky * 1e-23 * kLightAngstromPerSecond / (wavelength * wavelength);
}

Filter::Filter(std::string name, std::vector<double> wavelength, std::vector<double> response)
    : name_(std::move(name)), wavelength_(std::move(wavelength)), response_(std::move(response)) {
  if (wavelength_.size() != response_.size() || wavelength_.size() < 2)
    base::data_error("filter {}: {} wavelengths and {} responses; at least two of each, and as many", name_,
                     wavelength_.size(), response_.size());
  for (size_t i = 0; i < wavelength_.size(); ++i) {
    const double last = i ? wavelength_[i - 1] : 0;
    if (!(std::isfinite(wavelength_[i]) && wavelength_[i] > last))
      base::data_error("filter {}, point {}: wavelength {} A after {} A; they must increase", name_, i, wavelength_[i],
                       last);
    if (!(std::isfinite(response_[i]) && response_[i] >= 0))
      base::data_error("filter {}, point {}: response {}; it must be finite and not negative", name_, i, response_[i]);
    // R lambda f_AB = const R / lambda, by the trapezoid in ln(lambda): good to 1e-6 on tables this fine
    if (i > 0) ab_integral_ += 0.5 * (response_[i] + response_[i - 1]) * std::log(wavelength_[i] / wavelength_[i - 1]);
  }
  if (!(ab_integral_ > 0)) base::data_error("filter {}: its response is 0 everywhere", name_);
  ab_integral_ *= ab_flux_density(1.0);
}

double Filter::pivot_wavelength() const {
  double above = 0, below = 0;
  for (size_t i = 1; i < wavelength_.size(); ++i) {
    above += product_integral(wavelength_[i - 1], wavelength_[i], response_[i - 1], response_[i], wavelength_[i - 1],
                              wavelength_[i]);
    below += 0.5 * (response_[i] + response_[i - 1]) * std::log(wavelength_[i] / wavelength_[i - 1]);
  }
  return std::sqrt(above / below);
}

double Filter::effective_wavelength() const {
  double above = 0, below = 0;
  for (size_t i = 1; i < wavelength_.size(); ++i) {
    const double a = wavelength_[i - 1], b = wavelength_[i];
    above += product_integral(a, b, response_[i - 1] * a, response_[i] * b, a, b);
    below += product_integral(a, b, response_[i - 1], response_[i], a, b);
  }
  return above / below;
}

double Filter::full_width_half_maximum() const {
  const double half = 0.5 * *std::max_element(response_.begin(), response_.end());
  double left = wavelength_.front(), right = wavelength_.back();
  for (size_t i = 1; i < wavelength_.size(); ++i)
    if (response_[i - 1] < half && response_[i] >= half) {
      left = wavelength_[i - 1] +
             (wavelength_[i] - wavelength_[i - 1]) * (half - response_[i - 1]) / (response_[i] - response_[i - 1]);
      break;
    }
  for (size_t i = wavelength_.size() - 1; i > 0; --i)
    if (response_[i] < half && response_[i - 1] >= half) {
      right = wavelength_[i] -
              (wavelength_[i] - wavelength_[i - 1]) * (half - response_[i]) / (response_[i - 1] - response_[i]);
      break;
    }
  return right - left;
}

double Filter::at(double wavelength) const {
  const int64_t i = find_interval(wavelength_, wavelength);
  if (i < 0) return 0;
  const size_t j = size_t(i);
  if (j + 1 == wavelength_.size()) return wavelength == wavelength_[j] ? response_[j] : 0;
  const double t = (wavelength - wavelength_[j]) / (wavelength_[j + 1] - wavelength_[j]);
  return response_[j] + t * (response_[j + 1] - response_[j]);
}

double Filter::nanomaggies(std::span<const double> wavelength, std::span<const double> flux) const {
  ASTERISM_CHECK(wavelength.size() == flux.size() && wavelength.size() >= 2, "{} wavelengths, {} fluxes",
                 wavelength.size(), flux.size());
  // Walk both tables at once; on each piece flux and response are linear and lambda is too.
  const double start = std::max(wavelength.front(), wavelength_.front());
  const double end = std::min(wavelength.back(), wavelength_.back());
  if (!(start < end)) return 0;
  size_t i = size_t(std::max<int64_t>(find_interval(wavelength, start), 0));
  size_t j = size_t(std::max<int64_t>(find_interval(wavelength_, start), 0));
  const auto linear = [](double x, double x0, double x1, double y0, double y1) {
    return y0 + (y1 - y0) * (x - x0) / (x1 - x0);
  };
  double sum = 0, a = start;
  while (a < end && i + 1 < wavelength.size() && j + 1 < wavelength_.size()) {
    const double b = std::min({wavelength[i + 1], wavelength_[j + 1], end});
    const double f_a = linear(a, wavelength[i], wavelength[i + 1], flux[i], flux[i + 1]);
    const double f_b = linear(b, wavelength[i], wavelength[i + 1], flux[i], flux[i + 1]);
    const double r_a = linear(a, wavelength_[j], wavelength_[j + 1], response_[j], response_[j + 1]);
    const double r_b = linear(b, wavelength_[j], wavelength_[j + 1], response_[j], response_[j + 1]);
    sum += (b - a) / 6 * (f_a * r_a * a + 4 * 0.25 * (f_a + f_b) * (r_a + r_b) * 0.5 * (a + b) + f_b * r_b * b);
    a = b;
    if (a >= wavelength[i + 1]) ++i;
    if (a >= wavelength_[j + 1]) ++j;
  }
  return 1e9 * sum / ab_integral_;
}

Filter read_filter(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file) base::data_error("filter curve {}: cannot be opened", path.string());
  std::string line;
  double scale = 0;  // to Angstrom
  bool header_seen = false;
  std::vector<double> wavelength, response;
  for (int number = 1; std::getline(file, line); ++number) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (!line.empty() && line[0] == '#') {
      if (line.find("{name: wavelength, unit") != std::string::npos) scale = unit_of(line);
      continue;
    }
    std::istringstream words(line);
    std::string first, second, third;
    words >> first >> second >> third;
    if (!header_seen) {
      if (first != "wavelength" || second != "response" || !third.empty())
        base::data_error("filter curve {}, line {}: columns '{}'; expected 'wavelength response'", path.string(),
                         number, line);
      header_seen = true;
      continue;
    }
    double x = 0, y = 0;
    const auto got_x = std::from_chars(first.data(), first.data() + first.size(), x);
    const auto got_y = std::from_chars(second.data(), second.data() + second.size(), y);
    if (got_x.ec != std::errc() || got_x.ptr != first.data() + first.size() || got_y.ec != std::errc() ||
        got_y.ptr != second.data() + second.size() || !third.empty())
      base::data_error("filter curve {}, line {}: '{}'; expected two numbers", path.string(), number, line);
    wavelength.push_back(x * scale);
    response.push_back(y);
  }
  if (scale == 0)
    base::data_error("filter curve {}: no unit of the wavelength; expected nm, micron or Angstrom", path.string());
  return Filter(path.stem().string(), std::move(wavelength), std::move(response));
}

const Filter& filter(const std::string& name) {
  if (const Filter* acs = acs_filter(name)) return *acs;
  static std::mutex mutex;
  static std::map<std::string, std::unique_ptr<Filter>> kept;
  const std::lock_guard lock(mutex);
  std::unique_ptr<Filter>& entry = kept[name];
  if (entry) return *entry;
  const std::filesystem::path folder = base::resource("filters");
  const std::filesystem::path path = folder / (name + ".ecsv");
  std::error_code code;
  if (name.find('/') != std::string::npos || !std::filesystem::is_regular_file(path, code)) {
    std::vector<std::string> names;
    for (const auto& item : std::filesystem::directory_iterator(folder)) names.push_back(item.path().stem().string());
    std::sort(names.begin(), names.end());
    base::user_error("no filter '{}'; the nearest name is '{}'", name, base::nearest(name, names));
  }
  entry = std::make_unique<Filter>(read_filter(path));
  return *entry;
}

}  // namespace asterism::astro
