#include "tokenizers/cube_modes.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.h"

namespace asterism::tokenizers {

namespace {

constexpr int kRounds = 200;  // of conjugate gradients, at most
constexpr double kSmall = 1e-5;

// How many waves of n spaxels are at most `highest` cycles a spaxel: wave k is k / 2n.
int64_t waves_of(int64_t n, double highest) { return std::min(n, int64_t(std::floor(2 * double(n) * highest)) + 1); }

at::Tensor cosines(int64_t waves, int64_t n) {
  const auto k = at::arange(waves, at::kDouble).unsqueeze(1), x = at::arange(n, at::kDouble).unsqueeze(0) + 0.5;
  auto out = at::cos(k * x * (std::numbers::pi / double(n))) * std::sqrt(2 / double(n));
  out[0].mul_(std::sqrt(0.5));
  return out;
}

}  // namespace

CubeModes::CubeModes(int64_t height, int64_t width, double highest, int64_t rings) : height_(height), width_(width) {
  ASTERISM_CHECK(height > 0 && width > 0 && highest > 0 && rings > 0, "waves of {} x {} spaxels", height, width);
  const int64_t g = waves_of(height, highest), h = waves_of(width, highest);
  rows_ = cosines(g, height);
  columns_ = cosines(h, width);
  std::vector<int64_t> place;
  for (int64_t y = 0; y < g; ++y)
    for (int64_t x = 0; x < h; ++x) {
      const double frequency = std::hypot(double(y) / double(2 * height), double(x) / double(2 * width));
      if (frequency > highest) continue;
      place.push_back(y * h + x);
      ring_.push_back(std::min(rings - 1, int64_t(frequency / highest * double(rings))));
      class_.push_back(kParities * ring_.back() + (y % 2 == 0 && x % 2 == 0 ? 1 : 0));
    }
  place_M_ = at::tensor(place, at::kLong);
}

at::Tensor CubeModes::drawn(const at::Tensor& c_JM) const {
  const int64_t J = c_JM.size(0), g = rows_.size(0), h = columns_.size(0);
  const auto waves = at::zeros({J, g * h}, at::kDouble).index_copy_(1, place_M_, c_JM).view({J, g, h});
  return at::matmul(rows_.t(), at::matmul(waves, columns_)).reshape({J, height_ * width_});
}

at::Tensor CubeModes::read(const at::Tensor& maps_JS) const {
  const int64_t J = maps_JS.size(0);
  const auto waves = at::matmul(rows_, at::matmul(maps_JS.view({J, height_, width_}), columns_.t()));
  return waves.reshape({J, -1}).index_select(1, place_M_);
}

at::Tensor most_likely_maps(const CubeModes& modes, const at::Tensor& gram_SJJ, const at::Tensor& right_SJ,
                            const at::Tensor& precision_JM) {
  const int64_t J = right_SJ.size(1);
  const auto mean_JJ = gram_SJJ.mean(0);
  // Of each wave alone, as if all spaxels had the mean weight: near enough to begin with.
  const auto alone_MJJ = mean_JJ.unsqueeze(0) + at::diag_embed(precision_JM.t());
  const auto root_MJJ = at::linalg_cholesky(alone_MJJ);
  const auto scaled = [&](const at::Tensor& r_JM) {
    return at::cholesky_solve(r_JM.t().unsqueeze(2), root_MJJ).squeeze(2).t();
  };
  const auto weighted = [&](const at::Tensor& c_JM) {
    const auto maps_SJ1 = modes.drawn(c_JM).t().unsqueeze(2);
    return modes.read(at::bmm(gram_SJJ, maps_SJ1).squeeze(2).t().contiguous()) + precision_JM * c_JM;
  };
  auto c = at::zeros({J, modes.count()}, at::kDouble);
  auto left = modes.read(right_SJ.t().contiguous());
  auto step = scaled(left);
  double size = (left * step).sum().item<double>();
  const double enough = size * kSmall * kSmall;
  for (int round = 0; round < kRounds && size > enough; ++round) {
    const auto along = weighted(step);
    const double length = size / (step * along).sum().item<double>();
    if (!std::isfinite(length)) break;
    c.add_(step, length);
    left.sub_(along, length);
    const auto next = scaled(left);
    const double now = (left * next).sum().item<double>();
    step = next + step * (now / size);
    size = now;
  }
  return c;
}

}  // namespace asterism::tokenizers
