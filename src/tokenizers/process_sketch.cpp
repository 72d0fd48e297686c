#include "tokenizers/process_sketch.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "tokenizers/process_input.h"

namespace asterism::tokenizers {
namespace {

constexpr double kJitter = 1e-7;       // of the variance, so that points beside each other do no harm
constexpr double kRidge = 0.3;         // what a standard deviation costs, as of one weighted square
constexpr double kBetween = 0.2;       // weight of places between the points, of the median point's
constexpr int64_t kMostTimes = 48;     // at which places between points are looked at
constexpr double kNothingLeft = 1e-6;  // of the squares of a candidate, that are not yet in the span of those chosen
// Where nothing was seen: cells of wavelength beside those seen, and times beyond them, evenly in arcsinh.
constexpr double kUnseen = 0.02;  // weight, of the median point's
constexpr double kBeyond = 0.5;   // how far beyond the first and the last
constexpr int64_t kUnseenTimes = 12;
constexpr int64_t kLevelCodes = 256;

// Columns of D [N, Q] one by one, each the one that takes most of what is left of r [N].
std::vector<int64_t> pursued(at::Tensor D, at::Tensor r, int64_t most) {
  std::vector<int64_t> out;
  const auto whole = D.square().sum(0);
  for (int64_t k = 0; k < std::min(most, D.size(1)); ++k) {
    const auto squares = D.square().sum(0);
    const auto taken = at::mv(D.t(), r).square() / squares.clamp_min(1e-300);
    const auto gain = at::where(squares > whole * kNothingLeft, taken, at::full_like(taken, -1));
    const auto best = gain.argmax().item<int64_t>();
    if (!(gain[best].item<double>() > 0)) break;
    out.push_back(best);
    const auto q = D.select(1, best) / squares[best].sqrt();
    r = r - q * q.dot(r);
    D = D - at::outer(q, at::mv(D.t(), q));
  }
  return out;
}

// Days of some of the points and between them.
std::vector<double> between_times(const std::vector<double>& all) {
  const auto most = std::min(kMostTimes, int64_t(all.size()));
  std::vector<double> out;
  for (int64_t i = 0; i < most; ++i) {
    out.push_back(all[size_t(i * int64_t(all.size()) / most)]);
    if (i > 0) out.push_back((out.back() + out[out.size() - 2]) / 2);
  }
  return out;
}

std::vector<double> times_beyond(double first, double last) {
  const double low = std::asinh(first / kPeakDays) - kBeyond, high = std::asinh(last / kPeakDays) + kBeyond;
  std::vector<double> out;
  for (int64_t i = 0; i < kUnseenTimes; ++i)
    out.push_back(kPeakDays * std::sinh(low + (high - low) * double(i) / double(kUnseenTimes - 1)));
  return out;
}

std::set<int64_t> and_beside(const std::set<int64_t>& cells) {
  auto out = cells;
  for (const int64_t c : cells) {
    out.insert(std::max<int64_t>(c - 1, 0));
    out.insert(std::min(c + 1, kCells - 1));
  }
  return out;
}

ProcessPlaces places_at(const std::vector<double>& times, const std::set<int64_t>& cells) {
  std::vector<double> days, colours;
  for (const int64_t c : cells)
    for (const double t : times) days.push_back(t), colours.push_back(colour_of_cell(c));
  return process_places(days, colours);
}

ProcessPlaces together(const std::vector<const ProcessPlaces*>& some) {
  std::vector<at::Tensor> time, colour, cell;
  for (const auto* places : some) {
    time.push_back(places->time_N);
    colour.push_back(places->colour_N);
    cell.push_back(places->cell_N);
  }
  return {at::cat(time), at::cat(colour), at::cat(cell)};
}

at::Tensor normal_matrix(const at::Tensor& waves_NS, const at::Tensor& weight_N) {
  return at::mm(waves_NS.t(), waves_NS * weight_N.unsqueeze(1)) + kRidge * at::eye(waves_NS.size(1), at::kDouble);
}

}  // namespace

Sketcher::Target Sketcher::target_of(const ProcessPoints& shown) const {
  const auto* time = shown.places.time_N.const_data_ptr<double>();
  const auto* cell = shown.places.cell_N.const_data_ptr<int64_t>();
  const auto count = shown.places.time_N.size(0);
  const std::set<double> times(time, time + count);
  const std::set<int64_t> cells(cell, cell + count);
  const auto between = places_at(between_times({times.begin(), times.end()}), cells);
  const auto unseen = places_at(times_beyond(*times.begin(), *times.rbegin()), and_beside(cells));
  Target out;
  out.places = together({&shown.places, &between, &unseen});
  auto expected = process_.expected(shown, out.places);
  out.value_N = std::move(expected.value_A);
  out.pose_H = std::move(expected.pose_H);
  const auto weight = 1 / (shown.error_N.square() + process_.least_noise()), usual = weight.median();
  out.weight_N = at::cat(
      {weight, (kBetween * usual).expand({between.time_N.size(0)}), (kUnseen * usual).expand({unseen.time_N.size(0)})});
  return out;
}

ProcessPlaces Sketcher::places_of(const std::vector<SketchPoint>& points, const ProcessHeader& header) const {
  std::vector<double> days, colours;
  for (const auto& p : points) {
    days.push_back(header.day_of(p.time));
    colours.push_back(colour_of_cell(p.cell));
  }
  return process_places(days, colours);
}

at::Tensor Sketcher::waves(const ProcessPlaces& points, const ProcessPlaces& asked, int64_t kind) const {
  auto prior = process_.covariance(points, points, kind);
  prior = prior + at::diag_embed(prior.diagonal() * kJitter + 1e-12);
  const auto factor = at::linalg_cholesky(prior);
  const auto towards = process_.covariance(points, asked, kind);
  return at::linalg_solve_triangular(factor, towards, /*upper=*/false).t();
}

double Sketcher::sketch_in(int64_t kind, const Target& target, const ProcessHeader& header, Sketch& out) const {
  std::set<std::pair<int64_t, int64_t>> seen;
  const auto* time = target.places.time_N.const_data_ptr<double>();
  const auto* cell = target.places.cell_N.const_data_ptr<int64_t>();
  for (int64_t i = 0; i < target.value_N.size(0); ++i) seen.emplace(header.cell_at(time[i]), cell[i]);
  std::vector<SketchPoint> candidates;
  candidates.reserve(seen.size());
  for (const auto& [t, c] : seen) candidates.push_back({t, c, 0});
  const auto weight = target.weight_N, root = weight.sqrt();
  const auto left = target.value_N - process_.mean(target.places, kind, target.pose_H[size_t(kind)]);
  const auto columns = process_.covariance(target.places, places_of(candidates, header), kind);
  out = {kind, target.pose_H[size_t(kind)], {}};
  for (const int64_t i : pursued(columns * root.unsqueeze(1), left * root, points_))
    out.points.push_back(candidates[size_t(i)]);
  if (out.points.empty()) return (left.square() * weight).sum().item<double>();
  // Each level is the best with those after it free to follow, then rounded. What is left counts with what the levels
  // cost: a kind that bends through everything is believed only where the curve is likely to be of it.
  const auto waves_NS = waves(places_of(out.points, header), target.places, kind);
  const auto normal = normal_matrix(waves_NS, weight);
  auto rest = left;
  const auto count = int64_t(out.points.size());
  double unlikely = 0;
  for (int64_t k = 0; k < count; ++k) {
    const auto m = normal.narrow(0, k, count - k).narrow(1, k, count - k);
    const auto free = at::linalg_solve(m, at::mv(waves_NS.narrow(1, k, count - k).t(), rest * weight));
    const double level = std::round(free[0].item<double>() / reach_ * double(kSketchLevels));
    out.points[size_t(k)].level = int64_t(std::clamp(level, -double(kSketchLevels), double(kSketchLevels)));
    const double rounded = double(out.points[size_t(k)].level) * reach_ / double(kSketchLevels);
    rest = rest - waves_NS.select(1, k) * rounded;
    unlikely += rounded * rounded;
  }
  return (rest.square() * weight).sum().item<double>() + unlikely;
}

Sketch Sketcher::sketch_of(const Target& target, const ProcessHeader& header) const {
  Sketch best;
  double least = INFINITY;
  for (int64_t kind = 0; kind < process_.kinds(); ++kind) {
    Sketch one;
    if (const double cost = sketch_in(kind, target, header, one); cost < least || kind == 0)
      least = cost, best = std::move(one);
  }
  return best;
}

at::Tensor Sketcher::drawn(const Sketch& sketch, const ProcessHeader& header, const ProcessPlaces& asked) const {
  const auto mean = process_.mean(asked, sketch.kind, sketch.pose);
  if (sketch.points.empty()) return mean;
  std::vector<double> level;
  for (const auto& p : sketch.points) level.push_back(double(p.level) * reach_ / double(kSketchLevels));
  return mean + at::mv(waves(places_of(sketch.points, header), asked, sketch.kind), at::tensor(level, at::kDouble));
}

std::vector<int64_t> sketch_ids(const Sketch& sketch, int64_t points) {
  std::vector<int64_t> out;
  for (int64_t k = 0; k < points; ++k) {
    const auto p = k < int64_t(sketch.points.size()) ? sketch.points[size_t(k)] : SketchPoint{};
    const int64_t code = (p.time * kCells + p.cell) * kLevelCodes + p.level + kSketchLevels;
    out.push_back(code / kProcessBins);
    out.push_back(code % kProcessBins);
  }
  return out;
}

Sketch sketch_from(const int64_t* ids, int64_t points, const ProcessHeader& header) {
  Sketch out{header.kind, header.pose, {}};
  for (int64_t k = 0; k < points; ++k, ids += 2) {
    const int64_t code = ids[0] * kProcessBins + ids[1], place = code / kLevelCodes;
    const int64_t level = std::min(code % kLevelCodes, 2 * kSketchLevels) - kSketchLevels;
    out.points.push_back({place / kCells, place % kCells, level});
  }
  while (!out.points.empty() && out.points.back().level == 0) out.points.pop_back();
  return out;
}

}  // namespace asterism::tokenizers
