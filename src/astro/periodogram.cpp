#include "astro/periodogram.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>

#include "base/error.h"

namespace asterism::astro {
namespace {

constexpr int64_t kBlock = 64;  // frequencies that are done together, from one table of rotations a point
constexpr size_t kFewest = 8;   // points
constexpr int64_t kPeaks = 4;
constexpr double kDoubtOfDoubling = 10;  // twice the period must lower chi^2's logarithm by this over the points
constexpr double kTurn = 2 * std::numbers::pi;

// The unit circle after so many turns.
std::complex<double> turned(double turns) { return std::polar(1.0, kTurn * (turns - std::nearbyint(turns))); }

void check(const Series& s) {
  ASTERISM_CHECK(s.value.size() == s.time_day.size() && s.weight.size() == s.time_day.size() &&
                     s.group.size() == s.time_day.size(),
                 "{} times, {} values, {} weights, {} groups", s.time_day.size(), s.value.size(), s.weight.size(),
                 s.group.size());
}

// Takes from every column (one value a point) its weighted mean in each group.
void centre(const Series& s, std::vector<double>& column) {
  const int32_t groups = s.group.empty() ? 0 : 1 + *std::max_element(s.group.begin(), s.group.end());
  std::vector<double> sum(size_t(groups), 0), weight(size_t(groups), 0);
  for (size_t i = 0; i < column.size(); ++i) {
    sum[size_t(s.group[i])] += s.weight[i] * column[i];
    weight[size_t(s.group[i])] += s.weight[i];
  }
  for (size_t i = 0; i < column.size(); ++i) column[i] -= sum[size_t(s.group[i])] / weight[size_t(s.group[i])];
}

// Solves a x = b for a symmetric positive definite a [n, n], in place.
std::vector<double> solve(std::vector<double> a, std::vector<double> b) {
  const size_t n = b.size();
  for (size_t j = 0; j < n; ++j) {
    for (size_t k = 0; k < j; ++k) a[j * n + j] -= a[j * n + k] * a[j * n + k];
    a[j * n + j] = std::sqrt(std::max(a[j * n + j], 1e-300));
    for (size_t i = j + 1; i < n; ++i) {
      for (size_t k = 0; k < j; ++k) a[i * n + j] -= a[i * n + k] * a[j * n + k];
      a[i * n + j] /= a[j * n + j];
    }
  }
  for (size_t i = 0; i < n; ++i) {
    for (size_t k = 0; k < i; ++k) b[i] -= a[i * n + k] * b[k];
    b[i] /= a[i * n + i];
  }
  for (size_t i = n; i-- > 0;) {
    for (size_t k = i + 1; k < n; ++k) b[i] -= a[k * n + i] * b[k];
    b[i] /= a[i * n + i];
  }
  return b;
}

// Sums over the points at kBlock frequencies, weights adding up to 1.
struct Sums {
  float c[kBlock] = {}, s[kBlock] = {}, yc[kBlock] = {}, ys[kBlock] = {}, cc[kBlock] = {}, cs[kBlock] = {};

  // A point: its phase at the block's first frequency, and its rotations from there.
  void add(std::complex<double> first, const float* step_c, const float* step_s, float weight, float value) {
    const auto c0 = float(first.real()), s0 = float(first.imag());
    const float weighted = weight * value;
    for (int64_t j = 0; j < kBlock; ++j) {
      const float cosine = c0 * step_c[j] - s0 * step_s[j], sine = s0 * step_c[j] + c0 * step_s[j];
      c[j] += weight * cosine;
      s[j] += weight * sine;
      yc[j] += weighted * cosine;
      ys[j] += weighted * sine;
      cc[j] += weight * cosine * cosine;
      cs[j] += weight * cosine * sine;
    }
  }

  // Equation 5 of Zechmeister & Kuerster.
  float power(int64_t j, double yy) const {
    const double c1 = c[j], s1 = s[j], c2 = cc[j] - c1 * c1, s2 = 1 - double(cc[j]) - s1 * s1, cross = cs[j] - c1 * s1;
    const double d = c2 * s2 - cross * cross;
    if (!(d > 1e-9) || !(yy > 0)) return 0;
    const double p = (s2 * yc[j] * yc[j] + c2 * ys[j] * ys[j] - 2 * cross * yc[j] * ys[j]) / (yy * d);
    return float(std::clamp(p, 0.0, 1.0));
  }
};

double chi_square(const Series& s, const std::vector<double>& residual) {
  double sum = 0;
  for (size_t i = 0; i < residual.size(); ++i) sum += s.weight[i] * residual[i] * residual[i];
  return sum;
}

// The frequencies of the highest peaks.
std::vector<double> peaks_of(const std::vector<float>& power, double low, double step) {
  std::vector<int64_t> peaks;
  const auto count = int64_t(power.size());
  for (int64_t j = 0; j < count; ++j)
    if ((j == 0 || power[size_t(j)] >= power[size_t(j - 1)]) &&
        (j + 1 == count || power[size_t(j)] > power[size_t(j + 1)]))
      peaks.push_back(j);
  const auto most = std::min<int64_t>(kPeaks, int64_t(peaks.size()));
  std::partial_sort(peaks.begin(), peaks.begin() + most, peaks.end(),
                    [&](int64_t a, int64_t b) { return power[size_t(a)] > power[size_t(b)]; });
  std::vector<double> out;
  for (int64_t k = 0; k < most; ++k) out.push_back(low + double(peaks[size_t(k)]) * step);
  return out;
}

double log_chi_square(const Folded& folded, size_t points) {
  return double(points) * std::log(std::max(1 - folded.explained, 1e-12));
}

}  // namespace

std::vector<double> about_group_means(const Series& series) {
  check(series);
  auto out = series.value;
  centre(series, out);
  return out;
}

std::vector<float> periodogram(const Series& series, double low, double step, int64_t count) {
  ASTERISM_CHECK(count >= 0, "{} frequencies", count);
  const auto y = about_group_means(series);
  const size_t n = y.size();
  std::vector<float> out(size_t(count), 0);
  double total = 0, middle = 0;
  for (size_t i = 0; i < n; ++i) total += series.weight[i], middle += series.time_day[i] / double(n);
  if (n == 0 || !(total > 0)) return out;
  const double yy = chi_square(series, y) / total;
  std::vector<float> step_c(n * kBlock), step_s(n * kBlock);
  std::vector<std::complex<double>> first(n), block(n);  // turned on from frequency to frequency, block to block
  for (size_t i = 0; i < n; ++i) {
    const double t = series.time_day[i] - middle;
    const auto one = turned(step * t);
    std::complex<double> so_far = 1;
    for (size_t j = 0; j < kBlock; ++j, so_far *= one) {
      step_c[i * kBlock + j] = float(so_far.real());
      step_s[i * kBlock + j] = float(so_far.imag());
    }
    first[i] = turned(low * t);
    block[i] = turned(double(kBlock) * step * t);
  }
  for (int64_t start = 0; start < count; start += kBlock) {
    Sums sums;
    for (size_t i = 0; i < n; ++i) {
      sums.add(first[i], step_c.data() + i * kBlock, step_s.data() + i * kBlock, float(series.weight[i] / total),
               float(y[i]));
      first[i] *= block[i];
    }
    for (int64_t j = 0; j < std::min(kBlock, count - start); ++j) out[size_t(start + j)] = sums.power(j, yy);
  }
  return out;
}

double Folded::at(double phase) const {
  double out = 0;
  for (size_t k = 0; k < cosine.size(); ++k)
    out += cosine[k] * std::cos(kTurn * double(k + 1) * phase) + sine[k] * std::sin(kTurn * double(k + 1) * phase);
  return out;
}

Folded fold(const Series& series, double frequency, double zero_day, int64_t harmonics) {
  ASTERISM_CHECK(harmonics >= 1, "{} harmonics", harmonics);
  const auto y = about_group_means(series);
  const size_t n = y.size(), width = 2 * size_t(harmonics);
  Folded out;
  out.frequency = frequency;
  out.cosine.assign(size_t(harmonics), 0);
  out.sine = out.cosine;
  const double before = chi_square(series, y);
  if (n == 0 || !(before > 0)) return out;
  std::vector<std::vector<double>> columns(width, std::vector<double>(n));
  double total = 0;
  for (size_t i = 0; i < n; ++i) {
    total += series.weight[i];
    const auto one = turned(frequency * (series.time_day[i] - zero_day));
    auto so_far = one;
    for (size_t k = 0; k < size_t(harmonics); ++k, so_far *= one) {
      columns[2 * k][i] = so_far.real();
      columns[2 * k + 1][i] = so_far.imag();
    }
  }
  for (auto& column : columns) centre(series, column);
  std::vector<double> a(width * width, 0), b(width, 0);
  for (size_t p = 0; p < width; ++p) {
    for (size_t i = 0; i < n; ++i) b[p] += series.weight[i] * columns[p][i] * y[i];
    for (size_t q = 0; q <= p; ++q) {
      double sum = 0;
      for (size_t i = 0; i < n; ++i) sum += series.weight[i] * columns[p][i] * columns[q][i];
      a[p * width + q] = a[q * width + p] = sum;
    }
    a[p * width + p] += total / (4 * before);
  }
  const auto x = solve(std::move(a), std::move(b));
  auto residual = y;
  for (size_t p = 0; p < width; ++p)
    for (size_t i = 0; i < n; ++i) residual[i] -= x[p] * columns[p][i];
  for (size_t k = 0; k < size_t(harmonics); ++k) out.cosine[k] = x[2 * k], out.sine[k] = x[2 * k + 1];
  out.explained = std::clamp(1 - chi_square(series, residual) / before, 0.0, 1.0);
  return out;
}

Folded find_period(const Series& series, double zero_day, const PeriodSearch& search) {
  check(series);
  const size_t n = series.time_day.size();
  if (n < kFewest) return {};
  const auto [first, last] = std::minmax_element(series.time_day.begin(), series.time_day.end());
  const double span = *last - *first;
  if (!(span > 0) || !(chi_square(series, about_group_means(series)) > 0)) return {};
  const double low = 1 / span, step = low / search.oversample;
  const double wanted = std::max(0.0, (1 / search.shortest_day - low) / step);
  const auto count = std::min<int64_t>(search.most_frequencies, 1 + int64_t(std::min(wanted, 1e9)));
  Folded best;
  for (const double frequency : peaks_of(periodogram(series, low, step, count), low, step)) {
    auto at_peak = fold(series, frequency, zero_day, search.harmonics);
    auto at_half = fold(series, frequency / 2, zero_day, search.harmonics);
    const bool doubled =
        frequency / 2 >= low && log_chi_square(at_half, n) < log_chi_square(at_peak, n) - kDoubtOfDoubling;
    auto& better = doubled ? at_half : at_peak;
    if (best.frequency == 0 || better.explained > best.explained) best = std::move(better);
  }
  for (double width = step / 4; width > step / 100; width /= 4) {
    const double middle = best.frequency;
    for (int k = -4; k <= 4; ++k) {
      const double frequency = middle + width * k;
      if (k == 0 || !(frequency > 0)) continue;
      if (auto near = fold(series, frequency, zero_day, search.harmonics); near.explained > best.explained)
        best = std::move(near);
    }
  }
  return best;
}

}  // namespace asterism::astro
