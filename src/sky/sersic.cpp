#include "sky/sersic.h"

#include <algorithm>
#include <cmath>

namespace asterism::sky {
namespace {

constexpr double kIndices[] = {0.6, 0.8, 1.0, 1.4, 2.0, 2.7, 3.5, 4.5, 6.0};
constexpr double kTruncation = 8, kLeastSigma = 0.006, kMostSigma = 4.5;
constexpr double kPsfBeta = 3.5, kPsfTruncation = 5;

// Shares of Rayleigh distributions of the given widths in the distribution of light over radius, dF/dr = 2 pi r I(r) on
// a logarithmic grid.
template <class Profile>
std::vector<double> fit(Profile&& profile, std::span<const double> sigmas, double least, double most, int iterations) {
  constexpr int kPoints = 240;
  std::vector<double> light(kPoints), radius(kPoints);
  const double step = std::log(most / least) / kPoints;
  double total = 0;
  for (int i = 0; i < kPoints; ++i) {
    const double r = radius[size_t(i)] = least * std::exp((i + 0.5) * step);
    total += light[size_t(i)] = profile(r) * r * r;  // per unit of ln r
  }
  for (double& l : light) l /= total;
  const size_t k = sigmas.size();
  std::vector<double> density(kPoints * k), share(k, 1.0 / double(k));
  for (size_t i = 0; i < kPoints; ++i)
    for (size_t j = 0; j < k; ++j) {
      const double x = radius[i] / sigmas[j];
      density[i * k + j] = x * x * std::exp(-0.5 * x * x) * step;
    }
  for (int iteration = 0; iteration < iterations; ++iteration) {
    std::vector<double> next(k, 0.0);
    for (size_t i = 0; i < kPoints; ++i) {
      double sum = 1e-300;
      for (size_t j = 0; j < k; ++j) sum += share[j] * density[i * k + j];
      for (size_t j = 0; j < k; ++j) next[j] += light[i] * share[j] * density[i * k + j] / sum;
    }
    share.swap(next);
  }
  double sum = 0;
  for (const double s : share) sum += s;
  for (double& s : share) s /= sum;
  return share;
}

std::array<double, kSersicGaussians> sigma_grid() {
  std::array<double, kSersicGaussians> sigmas{};
  for (int k = 0; k < kSersicGaussians; ++k)
    sigmas[size_t(k)] = kLeastSigma * std::pow(kMostSigma / kLeastSigma, double(k) / (kSersicGaussians - 1));
  return sigmas;
}

const std::vector<std::vector<double>>& sersic_shares() {
  static const std::vector<std::vector<double>> shares = [] {
    const auto sigmas = sigma_grid();
    std::vector<std::vector<double>> made;
    for (const double n : kIndices)
      made.push_back(fit([n](double r) { return sersic_profile(n, r); }, sigmas, 0.002, kTruncation, 400));
    return made;
  }();
  return shares;
}

}  // namespace

double sersic_b(double n) {
  return 2 * n - 1.0 / 3 + 4 / (405 * n) + 46 / (25515 * n * n) + 131 / (1148175 * n * n * n);
}

double sersic_profile(double n, double r) { return std::exp(-sersic_b(n) * (std::pow(r, 1 / n) - 1)); }

std::array<RoundGaussian, kSersicGaussians> sersic_gaussians(double n) {
  const auto& shares = sersic_shares();
  static const auto sigmas = sigma_grid();
  const double kept = std::clamp(n, kLeastSersic, kMostSersic);
  size_t i = 0;
  while (i + 2 < std::size(kIndices) && kept > kIndices[i + 1]) ++i;
  const double t = (kept - kIndices[i]) / (kIndices[i + 1] - kIndices[i]);
  std::array<RoundGaussian, kSersicGaussians> out;
  for (size_t k = 0; k < out.size(); ++k) out[k] = {(1 - t) * shares[i][k] + t * shares[i + 1][k], sigmas[k]};
  return out;
}

std::span<const RoundGaussian> psf_gaussians() {
  static const std::vector<RoundGaussian> psf = [] {
    const double alpha = 0.5 / std::sqrt(std::pow(2.0, 1 / kPsfBeta) - 1);  // of a Moffat of full width 1
    const double sigmas[] = {0.36, 0.56, 1.15};
    const auto shares = fit([&](double r) { return std::pow(1 + r * r / (alpha * alpha), -kPsfBeta); }, sigmas, 0.02,
                            kPsfTruncation, 400);
    std::vector<RoundGaussian> made;
    for (size_t k = 0; k < std::size(sigmas); ++k) made.push_back({shares[k], sigmas[k]});
    return made;
  }();
  return psf;
}

}  // namespace asterism::sky
