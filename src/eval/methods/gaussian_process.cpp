#include "eval/methods/gaussian_process.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numbers>

#include "base/error.h"

namespace asterism::eval {
namespace {

constexpr int kParameters = 4, kSteps = 60;
constexpr double kRootThree = 1.7320508075688772;

using Place = std::array<double, kParameters>;

// The lowest value that the simplex finds (Nelder & Mead 1965), from a start and steps of one along each axis.
Place lowest(const std::function<double(const Place&)>& f, const Place& start) {
  std::vector<std::pair<double, Place>> simplex{{f(start), start}};
  for (size_t p = 0; p < kParameters; ++p) {
    auto place = start;
    place[p] += 1;
    simplex.emplace_back(f(place), place);
  }
  const auto by_value = [](const auto& a, const auto& b) { return a.first < b.first; };
  for (int step = 0; step < kSteps; ++step) {
    std::sort(simplex.begin(), simplex.end(), by_value);
    auto& worst = simplex.back();
    const auto along = [&](double share) {  // from the worst through the middle of the others
      Place out{};
      for (size_t p = 0; p < kParameters; ++p) {
        double middle = 0;
        for (size_t i = 0; i < kParameters; ++i) middle += simplex[i].second[p] / kParameters;
        out[p] = middle + share * (middle - worst.second[p]);
      }
      return std::pair<double, Place>(f(out), out);
    };
    const auto reflected = along(1);
    if (reflected.first < simplex.front().first) {
      const auto farther = along(2);
      worst = farther.first < reflected.first ? farther : reflected;
    } else if (reflected.first < simplex[kParameters - 1].first) {
      worst = reflected;
    } else if (const auto nearer = along(-0.5); nearer.first < worst.first) {
      worst = nearer;
    } else {
      for (size_t i = 1; i <= kParameters; ++i) {
        for (size_t p = 0; p < kParameters; ++p)
          simplex[i].second[p] = (simplex[i].second[p] + simplex[0].second[p]) / 2;
        simplex[i].first = f(simplex[i].second);
      }
    }
  }
  return std::min_element(simplex.begin(), simplex.end(), by_value)->second;
}

}  // namespace

std::vector<double> band_means(const CurvePoints& points, int32_t bands) {
  std::vector<double> sum(size_t(bands), 0), weight(size_t(bands), 0);
  double all = 0, total = 0;
  for (size_t i = 0; i < points.size(); ++i) {
    const double w = 1 / (points.error[i] * points.error[i]);
    sum[size_t(points.band[i])] += w * points.value[i];
    weight[size_t(points.band[i])] += w;
    all += w * points.value[i];
    total += w;
  }
  for (size_t b = 0; b < sum.size(); ++b) sum[b] = weight[b] > 0 ? sum[b] / weight[b] : all / total;
  return sum;
}

GaussianProcess::GaussianProcess(CurvePoints points) : points_(std::move(points)) {
  ASTERISM_CHECK(points_.size() > 0 && points_.value.size() == points_.size() &&
                     points_.error.size() == points_.size() && points_.band.size() == points_.size(),
                 "{} points", points_.size());
  at::NoGradGuard no_grad;
  const int32_t bands = 1 + *std::max_element(points_.band.begin(), points_.band.end());
  centres_ = band_means(points_, bands + 1);
  centre_of_all_ = centres_.back();  // nothing is in that band
  double variance = 0;
  for (size_t i = 0; i < points_.size(); ++i) {
    points_.value[i] -= centres_[size_t(points_.band[i])];
    variance += points_.value[i] * points_.value[i] / double(points_.size());
  }
  const auto [first, last] = std::minmax_element(points_.time_day.begin(), points_.time_day.end());
  const double span = std::max(*last - *first, 1e-3), spread = std::max(std::sqrt(variance), 1e-12);
  const auto take = [&](const Place& place) {
    deviation = spread * std::exp(std::clamp(place[0], -8.0, 4.0));
    days = span * std::exp(std::clamp(place[1], -10.0, 3.0));
    between_bands = 1 / (1 + std::exp(-std::clamp(place[2], -8.0, 8.0)));
    noise = spread * std::exp(std::clamp(place[3], -10.0, 2.0));
  };
  const auto cost = [&](const Place& place) {
    take(place);
    const double value = condition();
    return std::isfinite(value) ? -value : 1e300;
  };
  Place best{};
  double least = INFINITY;
  for (const double log_days : {-2.5, -5.0}) {
    const auto place = lowest(cost, {-0.3, log_days, 1.5, -3});
    if (const double value = cost(place); value < least) least = value, best = place;
  }
  take(best);
  log_likelihood = condition();
}

double GaussianProcess::kernel(double days_apart, bool same_band) const {
  const double d = kRootThree * std::abs(days_apart) / days;
  return deviation * deviation * (1 + d) * std::exp(-d) * (same_band ? 1 : between_bands);
}

double GaussianProcess::condition() {
  const auto n = int64_t(points_.size());
  auto k = at::empty({n, n}, at::kDouble);
  auto* row = k.data_ptr<double>();
  for (size_t i = 0; i < size_t(n); ++i, row += n) {
    for (size_t j = 0; j <= i; ++j) {
      row[j] = kernel(points_.time_day[i] - points_.time_day[j], points_.band[i] == points_.band[j]);
      k.data_ptr<double>()[j * size_t(n) + i] = row[j];
    }
    row[i] += points_.error[i] * points_.error[i] + noise * noise;
  }
  const auto [factor, info] = at::linalg_cholesky_ex(k);
  if (info.item<int>() != 0) return -INFINITY;
  const auto y = at::tensor(points_.value, at::kDouble).unsqueeze(1);
  weights_ = at::cholesky_solve(y, factor).squeeze(1).contiguous();
  return -0.5 * weights_.dot(y.squeeze(1)).item<double>() - factor.diagonal().log().sum().item<double>() -
         0.5 * double(n) * std::log(2 * std::numbers::pi);
}

double GaussianProcess::centre(int32_t band) const {
  return band >= 0 && size_t(band) < centres_.size() ? centres_[size_t(band)] : centre_of_all_;
}

double GaussianProcess::mean(double time_day, int32_t band) const {
  double out = centre(band);
  if (!weights_.defined()) return out;
  const double* weight = weights_.const_data_ptr<double>();
  for (size_t i = 0; i < points_.size(); ++i)
    out += weight[i] * kernel(time_day - points_.time_day[i], band == points_.band[i]);
  return out;
}

}  // namespace asterism::eval
