#include "tokenizers/scene_light.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "nn/processor_clones.h"
#include "nn/row_math.h"

namespace asterism::tokenizers {

namespace {

// Widths (sigma) of the Gaussians of a galaxy, in units of its size; bulges have kBulgeEllipticity of its ellipticity.
constexpr double kDisc[] = {0.16, 0.32, 0.63, 1.26, 2.5};
constexpr double kBulge[] = {0.03, 0.065, 0.14, 0.3, 0.65, 1.4, 3.0};
constexpr double kBulgeEllipticity = 0.35;
// Of a point, in units of the full width at half maximum of the PSF.
constexpr double kPoint[] = {0.25, 0.33, 0.47, 0.72, 1.4, 2.8};
// A Moffat profile of beta 3.5 out to five full widths: widths and shares of its light, by least squares in the
// logarithm of the radius.
constexpr double kPsfWidth[] = {0.33, 0.47, 0.72, 1.4}, kPsfShare[] = {0.1905, 0.4311, 0.3363, 0.0421};

constexpr double kReach = 6.1;  // sigma: 1e-8 of the peak

// Symmetric 2 x 2.
struct Covariance {
  double xx = 0, xy = 0, yy = 0;
};

// One Gaussian on the sky, and what it is made from.
struct Ellipse {
  Covariance covariance;
  double share = 0;   // of the light of its function
  double width2 = 0;  // squared, in units of the size; 0: not of the source's shape
  bool bulge = false;
};

// Size^2 times the exponential of [[k e1, k e2], [k e2, -k e1]].
Covariance shape_of(const ScenePose& pose, double k) {
  const double e1 = k * pose.at[3], e2 = k * pose.at[4], e = std::hypot(e1, e2), size2 = std::exp(2 * pose.at[2]);
  const double along = std::cosh(e), across = e > 1e-9 ? std::sinh(e) / e : 1;
  return {size2 * (along + across * e1), size2 * across * e2, size2 * (along - across * e1)};
}

// Function g, as the Gaussians that it is through the PSF.
std::vector<Ellipse> ellipses_of(SceneKind kind, int64_t g, const ScenePose& pose, const BandView& view) {
  const double fwhm2 = view.psf_fwhm_arcsec * view.psf_fwhm_arcsec;
  if (kind == SceneKind::point) {
    const double v = kPoint[g] * kPoint[g] * fwhm2;
    return {{{v, 0, v}, 1, 0, false}};
  }
  const int64_t discs = std::size(kDisc);
  const bool bulge = g >= discs;
  const double width = bulge ? kBulge[g - discs] : kDisc[g];
  const auto shape = shape_of(pose, bulge ? kBulgeEllipticity : 1);
  std::vector<Ellipse> out;
  for (size_t k = 0; k < std::size(kPsfWidth); ++k) {
    const double v = kPsfWidth[k] * kPsfWidth[k] * fwhm2, w = width * width;
    out.push_back({{w * shape.xx + v, w * shape.xy, w * shape.yy + v}, kPsfShare[k], w, bulge});
  }
  return out;
}

// The pixels where its light is more than 1e-8 of its peak: rows and columns from first to last, the last left out.
struct Box {
  int64_t row = 0, rows = 0, column = 0, columns = 0;
};

Box box_of(const Ellipse& of, const ScenePose& pose, const BandView& view) {
  const double middle = 0.5 * double(view.side - 1);
  const auto range = [&](double centre, double variance, int64_t& first, int64_t& count) {
    const double at = middle + centre / view.pixel_scale_arcsec,
                 reach = kReach * std::sqrt(variance) / view.pixel_scale_arcsec, end = double(view.side);
    first = int64_t(std::clamp(std::ceil(at - reach), 0.0, end));
    count = std::max<int64_t>(0, int64_t(std::clamp(std::floor(at + reach) + 1, 0.0, end)) - first);
  };
  Box out;
  range(pose.at[0], of.covariance.xx, out.column, out.columns);
  range(pose.at[1], of.covariance.yy, out.row, out.rows);
  return out;
}

// (square x + linear) x + constant at x = first, first + step, ...
ASTERISM_CLONES void polynomial(float square, float linear, float constant, float first, float step, int64_t n,
                                float* out) {
  for (int64_t i = 0; i < n; ++i) {
    const float x = first + step * float(i);
    out[i] = (square * x + linear) * x + constant;
  }
}

// Its light in the pixels of the box [rows, columns].
void draw(const Ellipse& of, const ScenePose& pose, const BandView& view, const Box& box, float* out) {
  const auto& c = of.covariance;
  const double det = c.xx * c.yy - c.xy * c.xy, scale = view.pixel_scale_arcsec;
  const double a = -0.5 * c.yy / det, b = c.xy / det, d = -0.5 * c.xx / det;
  const double level = std::log(of.share * scale * scale / (2 * std::numbers::pi * std::sqrt(det)));
  const double middle = 0.5 * double(view.side - 1), x0 = (double(box.column) - middle) * scale - pose.at[0];
  for (int64_t row = 0; row < box.rows; ++row) {
    const double y = (double(box.row + row) - middle) * scale - pose.at[1];
    polynomial(float(a), float(b * y), float(d * y * y + level), float(x0), float(scale), box.columns,
               out + row * box.columns);
  }
  nn::exp_row(out, box.rows * box.columns, 0);
}

ASTERISM_CLONES void add_line(const float* from, int64_t n, float* to) {
  for (int64_t i = 0; i < n; ++i) to[i] += from[i];
}

void add_box(const float* light, const Box& box, int64_t side, float* image) {
  for (int64_t row = 0; row < box.rows; ++row)
    add_line(light + row * box.columns, box.columns, image + (box.row + row) * side + box.column);
}

// Of one line of an ellipse: its inverse covariance, and how much it counts.
struct Slope {
  float a, b, d, y, first, step, amount, half, whole;
};

ASTERISM_CLONES void add_slope_line(const Slope& s, const float* light, int64_t n, float* by_x, float* by_y,
                                    float* by_xx, float* by_xy, float* by_yy) {
  for (int64_t i = 0; i < n; ++i) {
    const float x = s.first + s.step * float(i), u = s.a * x + s.b * s.y, v = s.b * x + s.d * s.y,
                f = s.amount * light[i];
    by_x[i] += f * u;
    by_y[i] += f * v;
    by_xx[i] += s.half * f * (u * u - s.a);
    by_xy[i] += s.whole * f * (u * v - s.b);
    by_yy[i] += s.half * f * (v * v - s.d);
  }
}

// What it adds to the slopes, its light being `light` times `flux`: by x and y, and by the three numbers of its own
// family's covariance (rows 2 to 4 of discs, 5 to 7 of bulges).
void add_slopes(const Ellipse& of, const ScenePose& pose, const BandView& view, const Box& box, double flux,
                const float* light, float* slopes_8P) {
  const auto& c = of.covariance;
  const double det = c.xx * c.yy - c.xy * c.xy, scale = view.pixel_scale_arcsec, middle = 0.5 * double(view.side - 1);
  Slope slope{float(c.yy / det),
              float(-c.xy / det),
              float(c.xx / det),
              0,
              float((double(box.column) - middle) * scale - pose.at[0]),
              float(scale),
              float(flux),
              float(0.5 * of.width2),
              float(of.width2)};
  const int64_t pixels = view.side * view.side;
  float* by_shape = slopes_8P + (of.bulge ? 5 : 2) * pixels;
  for (int64_t row = 0; row < box.rows; ++row) {
    slope.y = float((double(box.row + row) - middle) * scale - pose.at[1]);
    const int64_t at = (box.row + row) * view.side + box.column;
    add_slope_line(slope, light + row * box.columns, box.columns, slopes_8P + at, slopes_8P + pixels + at,
                   by_shape + at, by_shape + pixels + at, by_shape + 2 * pixels + at);
  }
}

// From the slopes by both families' covariances to those by size and ellipticity.
void slopes_of_shape(const ScenePose& pose, const float* slopes_8P, int64_t pixels, float* out_3P) {
  constexpr double kStep = 1e-4;
  for (int64_t j = 0; j < 3; ++j) {
    auto more = pose, less = pose;
    more.at[2 + j] += kStep;
    less.at[2 + j] -= kStep;
    float* out = out_3P + j * pixels;
    std::fill(out, out + pixels, 0.0F);
    for (const bool bulge : {false, true}) {
      const double k = bulge ? kBulgeEllipticity : 1;
      const auto high = shape_of(more, k), low = shape_of(less, k);
      const auto xx = float((high.xx - low.xx) / (2 * kStep)), xy = float((high.xy - low.xy) / (2 * kStep)),
                 yy = float((high.yy - low.yy) / (2 * kStep));
      const float *by_xx = slopes_8P + (bulge ? 5 : 2) * pixels, *by_xy = by_xx + pixels, *by_yy = by_xy + pixels;
      for (int64_t i = 0; i < pixels; ++i) out[i] += xx * by_xx[i] + xy * by_xy[i] + yy * by_yy[i];
    }
  }
}

}  // namespace

int64_t gaussians_of(SceneKind kind) {
  return kind == SceneKind::point ? std::size(kPoint) : std::size(kDisc) + std::size(kBulge);
}

std::vector<std::pair<int64_t, int64_t>> families_of(SceneKind kind) {
  if (kind == SceneKind::point) return {{0, std::ssize(kPoint)}};
  return {{0, std::ssize(kDisc)}, {std::ssize(kDisc), std::ssize(kBulge)}};
}

int64_t shapes_of(SceneKind kind) { return kind == SceneKind::point ? 2 : 5; }

void scene_light(SceneKind kind, const ScenePose& pose, const BandView& view, float* basis_GP) {
  const int64_t pixels = view.side * view.side;
  std::vector<float> one(size_t(pixels), 0.0F);
  for (int64_t g = 0; g < gaussians_of(kind); ++g) {
    float* out = basis_GP + g * pixels;
    std::fill(out, out + pixels, 0.0F);
    for (const auto& ellipse : ellipses_of(kind, g, pose, view)) {
      const auto box = box_of(ellipse, pose, view);
      draw(ellipse, pose, view, box, one.data());
      add_box(one.data(), box, view.side, out);
    }
  }
}

void scene_slopes(SceneKind kind, const ScenePose& pose, const BandView& view, std::span<const double> flux_G,
                  float* basis_GP, float* slopes_SP) {
  const int64_t pixels = view.side * view.side;
  std::vector<float> one(size_t(pixels), 0.0F), slopes(size_t(8 * pixels), 0.0F);
  for (int64_t g = 0; g < gaussians_of(kind); ++g) {
    float* out = basis_GP + g * pixels;
    std::fill(out, out + pixels, 0.0F);
    for (const auto& ellipse : ellipses_of(kind, g, pose, view)) {
      const auto box = box_of(ellipse, pose, view);
      draw(ellipse, pose, view, box, one.data());
      add_slopes(ellipse, pose, view, box, flux_G[size_t(g)], one.data(), slopes.data());
      add_box(one.data(), box, view.side, out);
    }
  }
  std::copy(slopes.begin(), slopes.begin() + 2 * pixels, slopes_SP);
  if (kind == SceneKind::galaxy) slopes_of_shape(pose, slopes.data(), pixels, slopes_SP + 2 * pixels);
}

}  // namespace asterism::tokenizers
