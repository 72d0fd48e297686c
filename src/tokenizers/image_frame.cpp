#include "tokenizers/image_frame.h"

#include <cmath>

#include "nn/transfer.h"

namespace asterism::tokenizers {

namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr int64_t kCubic = 2, kZeros = 0;  // at::grid_sampler's words

// The value at q of what comes out is that of x at the turned and stretched q, times the stretch.
at::Tensor sampled(const at::Tensor& x_MCSS, const at::Tensor& angle_M, const at::Tensor& stretch_M) {
  const auto along = at::cos(angle_M) * stretch_M, across = at::sin(angle_M) * stretch_M, none = at::zeros_like(along);
  const auto map = at::stack({at::stack({along, -across, none}, 1), at::stack({across, along, none}, 1)}, 1);
  const auto grid = at::affine_grid_generator(nn::sent(map, x_MCSS.device()), x_MCSS.sizes(), false);
  const auto factor = nn::sent(stretch_M, x_MCSS.device()).view({-1, 1, 1, 1});
  return at::grid_sampler(x_MCSS, grid, kCubic, kZeros, false) * factor;
}

}  // namespace

ImageShapes measure_shapes(const at::Tensor& flux_MCSS) {
  const int64_t side = flux_MCSS.size(3);
  const auto x = at::arange(side, at::kFloat) - 0.5 * double(side - 1);
  const double width = 0.1 * double(side);
  const auto window = at::exp(x.square() * (-0.5 / (width * width)));
  const auto light = flux_MCSS.sum(1) * (window.unsqueeze(0) * window.unsqueeze(1));
  const auto moment = [&](const at::Tensor& of) { return (light * of).sum({1, 2}); };
  const auto whole = moment(at::ones({1}));
  const auto xx = moment(x.square().unsqueeze(0)), yy = moment(x.square().unsqueeze(1)),
             xy = moment(x.unsqueeze(0) * x.unsqueeze(1));
  const auto size = at::sqrt((xx + yy) / whole * 0.5);
  const auto sound = at::logical_and(whole > 0, at::isfinite(size));
  ImageShapes out;
  const auto angle = at::remainder(at::atan2(2 * xy, xx - yy) * 0.5, kPi);
  out.angle_M = at::where(at::logical_and(sound, at::isfinite(angle)), angle, at::zeros({}));
  out.size_M = at::where(sound, size, at::full({}, width));
  return out;
}

at::Tensor ImageFrame::poses_of(const ImageShapes& shapes) const {
  const auto& s = settings_;
  const auto part = [](const at::Tensor& share, int64_t parts) {
    return at::floor(share * double(parts)).clamp(0, double(parts - 1)).to(at::kLong);
  };
  const auto size = at::log(shapes.size_M.clamp_min(1e-6) / s.size_low) / std::log(s.size_high / s.size_low);
  return part(shapes.angle_M / kPi, s.angles) * s.sizes + part(size, s.sizes);
}

at::Tensor ImageFrame::angle(const at::Tensor& pose_M) const {
  if (settings_.angles == 1) return at::zeros({pose_M.size(0)});
  const auto place = at::floor_divide(pose_M, settings_.sizes).to(at::kFloat) + 0.5;
  return place * (kPi / double(settings_.angles));
}

at::Tensor ImageFrame::stretch(const at::Tensor& pose_M) const {
  if (settings_.sizes == 1) return at::ones({pose_M.size(0)});
  const auto share = (at::remainder(pose_M, settings_.sizes).to(at::kFloat) + 0.5) / double(settings_.sizes);
  return at::exp((share - 0.5) * std::log(settings_.size_high / settings_.size_low));
}

at::Tensor ImageFrame::onto_sky(const at::Tensor& x_MCSS, const at::Tensor& pose_M) const {
  if (poses() == 1) return x_MCSS;
  return sampled(x_MCSS, -angle(pose_M), 1 / stretch(pose_M));
}

at::Tensor ImageFrame::into_frame(const at::Tensor& x_MCSS, const at::Tensor& pose_M) const {
  if (poses() == 1) return x_MCSS;
  return sampled(x_MCSS, angle(pose_M), stretch(pose_M));
}

}  // namespace asterism::tokenizers
