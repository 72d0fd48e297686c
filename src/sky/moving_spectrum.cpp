#include "sky/moving_spectrum.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "sky/broaden.h"

namespace asterism::sky {
namespace {

constexpr double kReach = 6;  // sigma beyond which a line has ended

}  // namespace

MovingSpectrum::MovingSpectrum(Sed sed, double redshift, double dispersion_kms, double lsf_kms)
    : below_(size_t(kFineCells) + 1, 0), lines_(std::move(sed.lines)), redshift_(redshift) {
  auto& cells = sed.continuum.fine;
  broaden(cells, 0, kFineCells, std::hypot(dispersion_kms, lsf_kms));
  for (int i = 0; i < kFineCells; ++i) {
    const double width = fine_angstrom(i + 0.5) - fine_angstrom(i - 0.5);
    below_[size_t(i) + 1] = below_[size_t(i)] + double(cells[size_t(i)]) * width * (1 + redshift);
  }
  for (auto& line : lines_) line.sigma_kms = std::hypot(line.sigma_kms, lsf_kms);
}

double MovingSpectrum::light_below(double rest) const {
  const double place = std::clamp((std::log10(rest) - kFineStart) / kFineStep, 0.0, double(kFineCells));
  const auto cell = std::min(size_t(place), size_t(kFineCells) - 1);
  return below_[cell] + (place - double(cell)) * (below_[cell + 1] - below_[cell]);
}

std::vector<float> MovingSpectrum::on(std::span<const double> edges, double velocity_kms) const {
  const double doppler = 1 + velocity_kms / kLightKms;
  std::vector<double> light;
  light.reserve(edges.size());
  for (const double edge : edges) light.push_back(light_below(edge / ((1 + redshift_) * doppler)));
  std::vector<float> out;
  out.reserve(edges.size() - 1);
  for (size_t i = 0; i + 1 < edges.size(); ++i)
    out.push_back(float((light[i + 1] - light[i]) / (edges[i + 1] - edges[i])));
  for (const auto& line : lines_) {
    const double centre = line.observed_angstrom * doppler, sigma = centre * line.sigma_kms / kLightKms;
    const auto first = std::upper_bound(edges.begin(), edges.end(), centre - kReach * sigma);
    for (auto i = size_t(std::max<ptrdiff_t>(0, first - edges.begin() - 1)); i + 1 < edges.size(); ++i) {
      if (edges[i] > centre + kReach * sigma) break;
      const double root = sigma * std::numbers::sqrt2;
      const double share = 0.5 * (std::erf((edges[i + 1] - centre) / root) - std::erf((edges[i] - centre) / root));
      out[i] += float(line.flux * share / (edges[i + 1] - edges[i]));
    }
  }
  return out;
}

}  // namespace asterism::sky
