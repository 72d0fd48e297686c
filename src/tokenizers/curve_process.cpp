#include "tokenizers/curve_process.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"

namespace asterism::tokenizers {
namespace {

constexpr int64_t kParts = 3, kAmplitudes = 3 + kParts;
constexpr double kRootThree = 1.7320508075688772;
constexpr double kFirstDay = -200, kLastDay = 1000;
constexpr int64_t kTimes = 36, kColours = 8, kGrid = kTimes * kColours;
constexpr int64_t kRounds = 2;  // of the weights of points
constexpr double kLeastWeight = 0.02, kMostWeight = 1.5;
constexpr double kSmooth = 1;  // of the first mean curve: what a second difference costs, in points of unit weight
constexpr double kSmallestHeight = 0.3;  // of the kinds' mean curves to begin with, of the first's
constexpr std::array<double, kColours> kColourKnots{-1.0986, -0.5108, -0.3102, -0.0870, 0.0800, 0.2877, 0.7340, 1.2993};
// ln of 2000, 2300, 2600, 3600, 4400, 4800, 5500, 6200, 6500, 7600, 8200, 9000, 12500, 16500, 22000, 40000 over 6000
constexpr std::array<double, kCells> kCellColours{-1.0986, -0.9589, -0.8362, -0.5108, -0.3102, -0.2231,
                                                  -0.0870, 0.0328,  0.0800,  0.2364,  0.3124,  0.4055,
                                                  0.7340,  1.0116,  1.2993,  1.8971};
// Over the scatter: level, slope, offset, functions of time.
constexpr std::array<double, kAmplitudes> kFirstAmplitudes{1.4, 0.7, 0.15, 0.7, 0.3, 0.15};
constexpr double kLong = 1e4;
constexpr std::array<std::array<double, 3>, kParts> kFirstLengths{
    {{0.6, kLong, 0.5}, {kLong, 15, 0.3}, {kLong, 200, 0.5}}};
// How kinds begin to differ: ln of the amplitudes of what varies, of the noise.
constexpr std::array<std::array<double, 2>, 8> kFirstKinds{
    {{0, 0}, {-0.7, 0}, {0.7, 0}, {0, 1.5}, {-1.5, 0.5}, {1.2, 1.2}, {-0.7, 1.5}, {0.5, -0.5}}};
constexpr double kFirstNoise = 0.05, kFirstFreedom = 4, kFirstTemperature = 2;
constexpr std::array<double, 5> kStretches{0.6, 0.8, 1, 1.25, 1.6};
constexpr std::array<double, 7> kShifts{-15, -10, -5, 0, 5, 10, 15};
static_assert(kStretches.size() * kShifts.size() == size_t(kPoses));

at::Tensor arcsinh_time(const at::Tensor& time) { return at::asinh(time / kPeakDays); }

// The four grid places around each place, and their weights: [N, 4] each.
struct Corners {
  at::Tensor index_N4, weight_N4;
};

Corners corners_of(const ProcessPlaces& places, const CurvePose& pose) {
  const int64_t n = places.time_N.size(0);
  Corners out{at::empty({n, 4}, at::kLong), at::empty({n, 4}, at::kDouble)};
  const auto time = arcsinh_time((places.time_N - pose.shift_day) / pose.stretch).contiguous(),
             colour = places.colour_N.contiguous();
  const double low = std::asinh(kFirstDay / kPeakDays), high = std::asinh(kLastDay / kPeakDays);
  for (int64_t i = 0; i < n; ++i) {
    const double t = std::clamp((time.const_data_ptr<double>()[i] - low) / (high - low), 0.0, 1.0) * double(kTimes - 1);
    const auto row = std::min(int64_t(t), kTimes - 2);
    const double c = std::clamp(colour.const_data_ptr<double>()[i], kColourKnots.front(), kColourKnots.back());
    const auto above = std::upper_bound(kColourKnots.begin() + 1, kColourKnots.end() - 1, c);
    const auto first = row * kColours + int64_t(above - kColourKnots.begin()) - 1;
    const double f = t - double(row), g = (c - *(above - 1)) / (*above - *(above - 1));
    const std::array<int64_t, 4> index{first, first + 1, first + kColours, first + kColours + 1};
    const std::array<double, 4> weight{(1 - f) * (1 - g), (1 - f) * g, f * (1 - g), f * g};
    std::copy(index.begin(), index.end(), out.index_N4.data_ptr<int64_t>() + 4 * i);
    std::copy(weight.begin(), weight.end(), out.weight_N4.data_ptr<double>() + 4 * i);
  }
  return out;
}

// The same as one row of the grid each: [N, G].
at::Tensor on_grid(const ProcessPlaces& places) {
  const auto corners = corners_of(places, {});
  return at::zeros({places.time_N.size(0), kGrid}, at::kDouble).scatter_add_(1, corners.index_N4, corners.weight_N4);
}

// Second differences in time, first in colour: [R, G], each to be small.
at::Tensor differences() {
  const auto unit = at::eye(kGrid, at::kDouble).view({kTimes, kColours, kGrid});
  const auto middle = unit.narrow(0, 1, kTimes - 2);
  const auto bent = unit.narrow(0, 0, kTimes - 2) + unit.narrow(0, 2, kTimes - 2) - 2 * middle;
  const auto tilted = unit.narrow(1, 1, kColours - 1) - unit.narrow(1, 0, kColours - 1);
  return at::cat({bent.reshape({-1, kGrid}), tilted.reshape({-1, kGrid}) * std::sqrt(0.3)});
}

at::Tensor of_values(std::initializer_list<int64_t> sizes, auto&& value) {
  auto out = at::empty(sizes);
  for (int64_t i = 0; i < out.numel(); ++i) out.data_ptr<float>()[i] = float(value(i));
  return out;
}

at::Tensor first_amplitudes(int64_t kinds, double scatter) {
  return of_values({kinds, kAmplitudes}, [scatter](int64_t i) {
    const double varies = i % kAmplitudes > 1 ? kFirstKinds[size_t(i / kAmplitudes)][0] : 0;
    return std::log(kFirstAmplitudes[size_t(i % kAmplitudes)] * scatter) + varies;
  });
}

}  // namespace

int64_t cell_of(double colour) {
  const auto nearer = [&](double a, double b) { return std::abs(a - colour) < std::abs(b - colour); };
  return std::min_element(kCellColours.begin(), kCellColours.end(), nearer) - kCellColours.begin();
}

CurvePose pose_of(int64_t pose) {
  const auto at = size_t(std::clamp<int64_t>(pose, 0, kPoses - 1));
  return {kStretches[at / kShifts.size()], kShifts[at % kShifts.size()]};
}

double colour_of_cell(int64_t cell) { return kCellColours[size_t(std::clamp<int64_t>(cell, 0, kCells - 1))]; }

CurveProcess::CurveProcess(const nn::Scope& scope, int64_t kinds) {
  ASTERISM_CHECK(kinds >= 1 && size_t(kinds) <= kFirstKinds.size(), "{} kinds", kinds);
  at::NoGradGuard no_grad;
  const auto make = [&](const char* name, const at::Tensor& first) {
    auto out = scope.parameter(name, first.sizes(), nn::Init::zeros());
    out.copy_(first);
    return out;
  };
  mean_HG_ = make("mean", at::zeros({kinds, kGrid}));
  log_amplitude_HC_ = make("log_amplitude", first_amplitudes(kinds, 1));
  log_length_ =
      make("log_length",
           of_values({kParts, 3}, [](int64_t i) { return std::log(kFirstLengths[size_t(i / 3)][size_t(i % 3)]); }));
  log_noise_H2_ =
      make("log_noise", of_values({kinds, 2}, [](int64_t i) {
             return i % 2 == 0 ? kFirstKinds[size_t(i / 2)][1] : std::log(kFirstNoise) + kFirstKinds[size_t(i / 2)][1];
           }));
  log_prior_H_ = make("log_prior", at::zeros({kinds}));
  log_freedom_ = make("log_freedom", at::full({}, std::log(kFirstFreedom)));
  log_temperature_ = make("log_temperature", at::full({}, std::log(kFirstTemperature)));
}

CurveProcess CurveProcess::on_cpu() const {
  auto out = *this;
  for (auto* x : {&out.mean_HG_, &out.log_amplitude_HC_, &out.log_length_, &out.log_noise_H2_, &out.log_prior_H_,
                  &out.log_freedom_, &out.log_temperature_})
    *x = x->to(at::kCPU, at::kDouble);
  return out;
}

at::Tensor CurveProcess::mean(const ProcessPlaces& places) const {
  std::vector<at::Tensor> index, weight;
  for (int64_t pose = 0; pose < kPoses; ++pose) {
    const auto corners = corners_of(places, pose_of(pose));
    index.push_back(corners.index_N4);
    weight.push_back(corners.weight_N4);
  }
  const auto index_NQ4 = at::stack(index, 1), weight_NQ4 = at::stack(weight, 1);
  const auto heights = mean_HG_.index_select(1, index_NQ4.flatten());
  return (heights.view({kinds(), index_NQ4.size(0), kPoses, 4}) * weight_NQ4).sum(3);
}

at::Tensor CurveProcess::mean(const ProcessPlaces& places, int64_t kind, int64_t pose) const {
  const auto corners = corners_of(places, pose_of(pose));
  const auto heights = mean_HG_[kind].index_select(0, corners.index_N4.flatten());
  return (heights.view({-1, 4}) * corners.weight_N4).sum(1);
}

at::Tensor CurveProcess::parts(const ProcessPlaces& a, const ProcessPlaces& b) const {
  const auto apart = [](const at::Tensor& x, const at::Tensor& y) { return x.unsqueeze(1) - y.unsqueeze(0); };
  const auto colour = apart(a.colour_N, b.colour_N), days = apart(a.time_N, b.time_N).abs();
  const auto arcsinh = apart(arcsinh_time(a.time_N), arcsinh_time(b.time_N)).abs();
  const auto same_cell = a.cell_N.unsqueeze(1).eq(b.cell_N.unsqueeze(0)).to(at::kDouble);
  std::vector<at::Tensor> out{at::ones_like(colour), at::outer(a.colour_N, b.colour_N), same_cell};
  const auto length = log_length_.exp();
  for (int64_t i = 0; i < kParts; ++i) {
    const auto d = (arcsinh / length[i][0] + days / length[i][1]) * kRootThree;
    out.push_back((1 + d) * at::exp(-d - 0.5 * (colour / length[i][2]).square()));
  }
  return at::stack(out);
}

at::Tensor CurveProcess::covariance(const ProcessPlaces& a, const ProcessPlaces& b) const {
  const auto of_pairs = parts(a, b);
  const auto weight = (2 * log_amplitude_HC_).exp();
  return at::matmul(weight, of_pairs.flatten(1)).view({kinds(), of_pairs.size(1), of_pairs.size(2)});
}

at::Tensor CurveProcess::covariance(const ProcessPlaces& a, const ProcessPlaces& b, int64_t kind) const {
  const auto of_pairs = parts(a, b);
  return at::matmul((2 * log_amplitude_HC_[kind]).exp(), of_pairs.flatten(1)).view(of_pairs[0].sizes());
}

CurveProcess::Expected CurveProcess::expected(const ProcessPoints& points, const ProcessPlaces& asked) const {
  const auto left = points.value_N.unsqueeze(1) - mean(points.places);  // [H, N, Q]
  const auto prior = covariance(points.places, points.places);
  const auto scale = (2 * log_noise_H2_).exp();
  const auto noise = points.error_N.square().unsqueeze(0) * scale.narrow(1, 0, 1) + scale.narrow(1, 1, 1);  // [H, N]
  const auto freedom = log_freedom_.exp(), temperature = log_temperature_.exp();
  auto weight = at::ones_like(noise);
  at::Tensor solved, evidence;  // [H, N, Q], [H, Q]
  for (int64_t round = 0; round <= kRounds; ++round) {
    const auto factor = at::linalg_cholesky(prior + at::diag_embed(noise / weight + 1e-10));
    solved = at::cholesky_solve(left, factor);
    evidence = -0.5 * (solved * left).sum(1) - factor.diagonal(0, 1, 2).log().sum(1).unsqueeze(1);
    if (round == kRounds) break;
    const auto residual = (noise / weight).unsqueeze(2) * solved;
    const auto squares = at::bmm(residual.square(), at::softmax(evidence / temperature, 1).unsqueeze(2)).squeeze(2);
    weight = ((freedom + 1) / (freedom + squares / noise)).clamp(kLeastWeight, kMostWeight);
  }
  const auto share = at::softmax((evidence + log_prior_H_.unsqueeze(1)).flatten() / temperature, 0);
  const auto curves = at::matmul(covariance(asked, points.places), solved) + mean(asked);  // [H, A, Q]
  Expected out{at::mv(curves.transpose(0, 1).flatten(1), share), {}};
  const auto best = evidence.argmax(1).contiguous();
  out.pose_H.assign(best.const_data_ptr<int64_t>(), best.const_data_ptr<int64_t>() + kinds());
  return out;
}

double CurveProcess::least_noise() const { return (2 * log_noise_H2_.select(1, 1)).exp().min().item<double>(); }

void CurveProcess::begin(const ProcessPoints& all, const at::Tensor& weight_N) {
  at::NoGradGuard no_grad;
  const auto rough = differences();
  auto left = at::mm(rough.t(), rough) * kSmooth + 1e-3 * at::eye(kGrid, at::kDouble);
  auto right = at::zeros({kGrid}, at::kDouble);
  constexpr int64_t kChunk = 4096;
  const int64_t n = all.value_N.size(0);
  const auto grids = [&](int64_t start) {
    const int64_t m = std::min(kChunk, n - start);
    return on_grid({all.places.time_N.narrow(0, start, m), all.places.colour_N.narrow(0, start, m), {}});
  };
  const auto part = [](const at::Tensor& x, int64_t start, int64_t m) { return x.narrow(0, start, m); };
  for (int64_t start = 0; start < n; start += kChunk) {
    const auto grid = grids(start);
    const auto weighted = grid * part(weight_N, start, grid.size(0)).unsqueeze(1);
    left += at::mm(weighted.t(), grid);
    right += at::mv(weighted.t(), part(all.value_N, start, grid.size(0)));
  }
  const auto mean = at::linalg_solve(left, right);
  double squares = 0;
  for (int64_t start = 0; start < n; start += kChunk) {
    const auto grid = grids(start);
    const auto residual = part(all.value_N, start, grid.size(0)) - at::mv(grid, mean);
    squares += (residual.square() * part(weight_N, start, grid.size(0))).sum().item<double>();
  }
  const double scatter = std::sqrt(squares / std::max(weight_N.sum().item<double>(), 1e-300));
  const auto heights = at::linspace(1, kinds() > 1 ? kSmallestHeight : 1, kinds(), at::kDouble);
  mean_HG_.copy_(at::outer(heights, mean));
  log_amplitude_HC_.copy_(first_amplitudes(kinds(), std::clamp(scatter, 1e-6, 1e6)));
}

at::Tensor CurveProcess::roughness() const {
  return at::matmul(mean_HG_, differences().to(mean_HG_.options()).t()).square().sum();
}

}  // namespace asterism::tokenizers
