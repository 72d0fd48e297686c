#include "eval/questions/cube_measures.h"

#include <cmath>

#include "base/error.h"
#include "eval/metrics.h"
#include "eval/residual.h"

namespace asterism::eval {
namespace {

using modalities::CubeBlock;

constexpr double kLight = 299792.458;                      // km/s
constexpr double kHalf = 500, kBeside = 1300, kTo = 2600;  // km/s: clear of [NII] beside H alpha, and of [OIII]4959
constexpr int kFewestBeside = 2;                           // planes, on either side
constexpr MappedLine kLines[] = {
    {"[OII]", 3728.483}, {"Hbeta", 4862.683}, {"[OIII]5007", 5008.240}, {"Halpha", 6564.614}};

double width_of(std::span<const float> w, size_t k) {
  const size_t before = k > 0 ? k - 1 : k, after = k + 1 < w.size() ? k + 1 : k;
  return after > before ? (double(w[after]) - double(w[before])) / double(after - before) : 1;
}

}  // namespace

std::span<const MappedLine> mapped_lines() { return kLines; }

Spaxel spaxel_of(const CubeBlock& cubes, int64_t row, int64_t pixel) {
  Spaxel out;
  const int64_t plane = cubes.height * cubes.width;
  for (int64_t k = 0; k < cubes.length; ++k) {
    const auto at = size_t((row * cubes.length + k) * plane + pixel);
    out.flux.push_back(cubes.flux[at]);
    out.ivar.push_back(cubes.ivar[at]);
    out.mask.push_back(cubes.mask[at]);
  }
  return out;
}

std::vector<double> spaxel_chi_squares(const CubeBlock& observed, const CubeBlock& rebuilt, int64_t row) {
  ASTERISM_CHECK(
      observed.length == rebuilt.length && observed.height == rebuilt.height && observed.width == rebuilt.width,
      "cubes of {} x {} x {} and {} x {} x {}", observed.length, observed.height, observed.width, rebuilt.length,
      rebuilt.height, rebuilt.width);
  std::vector<double> out;
  for (int64_t p = 0; p < observed.height * observed.width; ++p) {
    const auto data = spaxel_of(observed, row, p), model = spaxel_of(rebuilt, row, p);
    const auto chi = chi_square(data.flux, data.ivar, data.mask, model.flux, model.mask);
    out.push_back(chi.count > 0 ? chi.per_value : NAN);
  }
  return out;
}

std::vector<double> spaxel_signal_to_noise(const CubeBlock& observed, int64_t row) {
  std::vector<double> out;
  for (int64_t p = 0; p < observed.height * observed.width; ++p) {
    const auto data = spaxel_of(observed, row, p);
    std::vector<double> ratio;
    for (size_t k = 0; k < data.flux.size(); ++k)
      if (data.mask[k] == 0 && data.ivar[k] > 0)
        ratio.push_back(double(data.flux[k]) * std::sqrt(double(data.ivar[k])));
    out.push_back(ratio.empty() ? NAN : median(std::move(ratio)));
  }
  return out;
}

LineFlux line_flux(std::span<const float> wavelength, const Spaxel& spaxel, double expected) {
  double sum = 0, variance = 0, width = 0, beside[2] = {0, 0}, beside_variance[2] = {0, 0};
  int count[2] = {0, 0}, inside = 0;
  for (size_t k = 0; k < wavelength.size(); ++k) {
    const double v = (double(wavelength[k]) / expected - 1) * kLight;
    if (wavelength[k] <= 0 || std::abs(v) > kTo) continue;
    const bool good = spaxel.mask[k] == 0 && spaxel.ivar[k] > 0;
    if (std::abs(v) <= kHalf) {
      if (!good) return {};
      const double step = width_of(wavelength, k);
      sum += double(spaxel.flux[k]) * step;
      variance += step * step / double(spaxel.ivar[k]);
      width += step;
      ++inside;
    } else if (std::abs(v) >= kBeside && good) {
      const size_t side = v > 0;
      beside[side] += double(spaxel.flux[k]);
      beside_variance[side] += 1 / double(spaxel.ivar[k]);
      ++count[side];
    }
  }
  if (inside == 0 || count[0] < kFewestBeside || count[1] < kFewestBeside) return {};
  const double continuum = (beside[0] / count[0] + beside[1] / count[1]) / 2;
  const double of_continuum =
      (beside_variance[0] / (count[0] * count[0]) + beside_variance[1] / (count[1] * count[1])) / 4;
  return {sum - continuum * width, std::sqrt(variance + width * width * of_continuum)};
}

LineMap line_map(const CubeBlock& observed, const CubeBlock& rebuilt, int64_t row, double expected) {
  LineMap out;
  const std::span<const float> wavelength(observed.wavelength_angstrom.data() + row * observed.length,
                                          size_t(observed.length));
  for (int64_t p = 0; p < observed.height * observed.width; ++p) {
    auto data = spaxel_of(observed, row, p);
    const auto model = spaxel_of(rebuilt, row, p);
    for (size_t k = 0; k < data.mask.size(); ++k)
      if (model.mask[k] != 0) data.mask[k] = 1;
    out.observed.push_back(line_flux(wavelength, data, expected));
    data.flux = model.flux;
    out.rebuilt.push_back(line_flux(wavelength, data, expected).flux);
  }
  return out;
}

}  // namespace asterism::eval
