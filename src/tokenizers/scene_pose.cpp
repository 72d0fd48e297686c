#include "tokenizers/scene_pose.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "nn/processor_clones.h"

namespace asterism::tokenizers {

namespace {

constexpr double kPriorMean[5] = {0, 0, 0, 0, 0}, kPriorWidth[5] = {0.3, 0.3, 1, 0.8, 0.8};
constexpr double kLongestStep[5] = {0.3, 0.3, 0.5, 0.5, 0.5};  // at once
constexpr double kLeastLogSize = -3.9, kMostLogSize = 3, kMostEllipticity = 3;
constexpr int kSteps = 16;
constexpr double kEnough = 0.02;  // of chi^2: a step that gains less is the last

// Solves A x = b for a symmetric positive definite A [n, n] in place of b, columns b [n, m]; A is overwritten. False
// where A is not.
bool solve(std::vector<double>& a, int64_t n, std::vector<double>& b, int64_t m) {
  const auto at = [&](int64_t i, int64_t j) -> double& { return a[size_t(i * n + j)]; };
  for (int64_t j = 0; j < n; ++j) {
    for (int64_t k = 0; k < j; ++k) at(j, j) -= at(j, k) * at(j, k);
    if (!(at(j, j) > 0) || !std::isfinite(at(j, j))) return false;
    at(j, j) = std::sqrt(at(j, j));
    for (int64_t i = j + 1; i < n; ++i) {
      for (int64_t k = 0; k < j; ++k) at(i, j) -= at(i, k) * at(j, k);
      at(i, j) /= at(j, j);
    }
  }
  for (int64_t c = 0; c < m; ++c) {
    const auto x = [&](int64_t i) -> double& { return b[size_t(i * m + c)]; };
    for (int64_t i = 0; i < n; ++i) {
      for (int64_t k = 0; k < i; ++k) x(i) -= at(i, k) * x(k);
      x(i) /= at(i, i);
    }
    for (int64_t i = n - 1; i >= 0; --i) {
      for (int64_t k = i + 1; k < n; ++k) x(i) -= at(k, i) * x(k);
      x(i) /= at(i, i);
    }
  }
  return true;
}

// a . b in float64, in eight sums abreast.
ASTERISM_CLONES double dot(const double* a, const double* b, int64_t n) {
  double sums[8] = {};
  int64_t i = 0;
  for (; i + 8 <= n; i += 8)
    for (int k = 0; k < 8; ++k) sums[k] += a[i + k] * b[i + k];
  for (; i < n; ++i) sums[0] += a[i] * b[i];
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

ASTERISM_CLONES void weigh(const float* row, const float* weight, int64_t n, double* out) {
  for (int64_t i = 0; i < n; ++i) out[i] = double(row[i] * weight[i]);
}

// Products of the first n of the rows, each pixel with its weight, among each other: [n, n]. Positive semidefinite but
// for the rounding of float64, as a matrix of information beside a weak prior must be.
std::vector<double> gram(const std::vector<float>& rows, int64_t n, const std::vector<float>& root_weight_P,
                         std::vector<double>& weighted) {
  const auto pixels = int64_t(root_weight_P.size());
  weighted.resize(size_t(n * pixels));
  std::vector<double> out(size_t(n * n), 0.0);
  for (int64_t i = 0; i < n; ++i) {
    double* row = weighted.data() + i * pixels;
    weigh(rows.data() + i * pixels, root_weight_P.data(), pixels, row);
    for (int64_t j = 0; j <= i; ++j)
      out[size_t(i * n + j)] = out[size_t(j * n + i)] = dot(row, weighted.data() + j * pixels, pixels);
  }
  return out;
}

class Search {
 public:
  Search(SceneKind kind, const ScenePlane& plane)
      : kind_(kind), plane_(plane), g_(gaussians_of(kind)), s_(shapes_of(kind)), p_(plane.view.side * plane.view.side) {
    rows_.resize(size_t((g_ + 1 + s_) * p_));
    root_weight_.resize(size_t(p_));
    float* flux = row(g_);
    float* root = root_weight_.data();
    double sum = 0, variance = 0;
    for (int64_t i = 0; i < p_; ++i) {
      flux[i] = plane.flux_P[size_t(i)];
      root[i] = std::sqrt(plane.weight_P[size_t(i)]);
      sum += double(flux[i]);
      if (root[i] > 0) variance += 1 / double(plane.weight_P[size_t(i)]);
    }
    const double total = std::abs(sum) + std::sqrt(variance);
    ridge_ = total > 0 ? 1 / (total * total) : 1;
  }

  // A pose with the fluxes that suit it best, what they leave, and what counts against it.
  struct Tried {
    ScenePose pose;
    std::vector<double> flux_G;
    double chi2 = 0, cost = 0;
    bool sound = false;
  };

  Tried try_at(const ScenePose& pose) {
    const auto products = sums(pose);
    const auto at = [&](int64_t i, int64_t j) { return products[size_t(i * (g_ + 1) + j)]; };
    Tried out{pose, {}, at(g_, g_), 0, false};
    std::vector<double> squares(size_t(g_ * g_), 0.0);
    for (int64_t i = 0; i < g_; ++i) {
      out.flux_G.push_back(at(i, g_));
      for (int64_t j = 0; j < g_; ++j) squares[size_t(i * g_ + j)] = at(i, j) + (i == j ? ridge_ : 0);
    }
    out.sound = solve(squares, g_, out.flux_G, 1);
    if (!out.sound) return out;
    for (int64_t i = 0; i < g_; ++i) {
      const double flux = out.flux_G[size_t(i)];
      out.cost += flux * flux * ridge_;
      out.chi2 -= 2 * flux * at(i, g_);
      for (int64_t j = 0; j < g_; ++j) out.chi2 += flux * out.flux_G[size_t(j)] * at(i, j);
    }
    for (int64_t j = 0; j < s_; ++j) out.cost += std::pow((pose.at[j] - kPriorMean[j]) / kPriorWidth[j], 2);
    out.cost += out.chi2;
    out.sound = std::isfinite(out.cost);
    return out;
  }

  // The matrix and the right side of a step from here, the fluxes following along.
  void linearise(const Tried& here, std::vector<double>& matrix, std::vector<double>& right) {
    scene_slopes(kind_, here.pose, plane_.view, here.flux_G, row(0), row(g_ + 1));
    const auto products = gram(rows_, g_ + 1 + s_, root_weight_, weighted_);
    const auto at = [&](int64_t i, int64_t j) { return products[size_t(i * (g_ + 1 + s_) + j)]; };
    std::vector<double> squares(size_t(g_ * g_), 0.0), mixed(size_t(g_ * s_), 0.0);
    for (int64_t i = 0; i < g_; ++i) {
      for (int64_t j = 0; j < g_; ++j) squares[size_t(i * g_ + j)] = at(i, j) + (i == j ? ridge_ : 0);
      for (int64_t j = 0; j < s_; ++j) mixed[size_t(i * s_ + j)] = at(i, g_ + 1 + j);
    }
    auto answer = mixed;
    if (!solve(squares, g_, answer, s_)) answer.assign(answer.size(), 0);
    matrix.assign(size_t(s_ * s_), 0);
    right.assign(size_t(s_), 0);
    for (int64_t j = 0; j < s_; ++j) {
      const double prior = 1 / (kPriorWidth[j] * kPriorWidth[j]);
      right[size_t(j)] = at(g_ + 1 + j, g_) - (here.pose.at[j] - kPriorMean[j]) * prior;
      for (int64_t i = 0; i < g_; ++i) right[size_t(j)] -= mixed[size_t(i * s_ + j)] * here.flux_G[size_t(i)];
      for (int64_t k = 0; k < s_; ++k) {
        double value = at(g_ + 1 + j, g_ + 1 + k) + (j == k ? prior : 0);
        for (int64_t i = 0; i < g_; ++i) value -= mixed[size_t(i * s_ + j)] * answer[size_t(i * s_ + k)];
        matrix[size_t(j * s_ + k)] = value;
      }
    }
  }

  // Of the Gaussians and, last, the flux: [G+1, G+1].
  std::vector<double> sums(const ScenePose& pose) {
    scene_light(kind_, pose, plane_.view, row(0));
    return gram(rows_, g_ + 1, root_weight_, weighted_);
  }

  int64_t shapes() const { return s_; }

 private:
  float* row(int64_t i) { return rows_.data() + i * p_; }

  SceneKind kind_;
  const ScenePlane& plane_;
  int64_t g_, s_, p_;
  std::vector<float> rows_, root_weight_;  // Gaussians, flux, slopes
  std::vector<double> weighted_;           // work space
  double ridge_ = 1;
};

ScenePose stepped(const ScenePose& from, const std::vector<double>& step, int64_t shapes) {
  auto out = from;
  for (int64_t j = 0; j < shapes; ++j) out.at[j] += std::clamp(step[size_t(j)], -kLongestStep[j], kLongestStep[j]);
  out.at[2] = std::clamp(out.at[2], kLeastLogSize, kMostLogSize);
  for (const int j : {3, 4}) out.at[j] = std::clamp(out.at[j], -kMostEllipticity, kMostEllipticity);
  return out;
}

}  // namespace

ScenePose first_pose(const ScenePlane& plane) {
  const auto& view = plane.view;
  const double scale = view.pixel_scale_arcsec, middle = 0.5 * double(view.side - 1),
               width = 0.1 * double(view.side) * scale, window2 = width * width;
  double whole = 0, xx = 0, xy = 0, yy = 0;
  for (int64_t row = 0, i = 0; row < view.side; ++row)
    for (int64_t column = 0; column < view.side; ++column, ++i) {
      const double x = (double(column) - middle) * scale, y = (double(row) - middle) * scale;
      const double light = double(plane.flux_P[size_t(i)]) * std::exp(-0.5 * (x * x + y * y) / window2);
      whole += light;
      xx += light * x * x;
      xy += light * x * y;
      yy += light * y * y;
    }
  ScenePose out;
  const double psf2 = std::pow(view.psf_fwhm_arcsec / 2.2, 2);
  const double seen2 = std::clamp(0.5 * (xx + yy) / whole, 1e-4 * window2, 0.95 * window2);
  const double size2 = std::clamp(1 / (1 / seen2 - 1 / window2) - psf2, 0.01, 60.0);
  if (!std::isfinite(size2) || !(whole > 0)) return out;
  out.at[2] = 0.5 * std::log(size2);
  out.at[3] = std::clamp((xx - yy) / whole / (2 * (psf2 + size2)), -0.8, 0.8);
  out.at[4] = std::clamp(2 * xy / whole / (2 * (psf2 + size2)), -0.8, 0.8);
  return out;
}

PoseFit fit_pose(SceneKind kind, const ScenePlane& plane, const ScenePose& start) {
  Search search(kind, plane);
  auto best = search.try_at(start);
  if (!best.sound) return {start, best.chi2};
  const int64_t n = search.shapes();
  std::vector<double> matrix, right;
  search.linearise(best, matrix, right);
  double damping = 1e-2;
  for (int i = 0; i < kSteps && damping < 1e4; ++i) {
    auto damped = matrix;
    auto step = right;
    for (int64_t j = 0; j < n; ++j) damped[size_t(j * n + j)] *= 1 + damping;
    const bool solved = solve(damped, n, step, 1);
    auto next = solved ? search.try_at(stepped(best.pose, step, n)) : Search::Tried{};
    if (!solved || !next.sound || !(next.cost < best.cost)) {
      damping *= 6;
      continue;
    }
    const double gained = best.cost - next.cost;
    best = std::move(next);
    if (gained < kEnough) break;
    damping *= 0.3;
    search.linearise(best, matrix, right);
  }
  return {best.pose, best.chi2};
}

void scene_sums(SceneKind kind, const ScenePlane& plane, const ScenePose& pose, double* squares_GG,
                double* products_G) {
  const int64_t g = gaussians_of(kind);
  const auto sums = Search(kind, plane).sums(pose);
  const double* from = sums.data();
  for (int64_t i = 0; i < g; ++i) {
    std::copy(from + i * (g + 1), from + i * (g + 1) + g, squares_GG + i * g);
    products_G[i] = from[i * (g + 1) + g];
  }
}

}  // namespace asterism::tokenizers
