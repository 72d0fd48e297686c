#include "models/value_embedding_scalar.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

#include "base/error.h"
#include "base/random.h"
#include "nn/device.h"
#include "nn/fourier.h"

namespace asterism::models {
namespace {

constexpr double kLongestPeriod = 16;
constexpr double kSmoothness = 0.5;       // amplitudes fall as frequency^-this: a smooth function is the first guess
constexpr int64_t kErrorFrequencies = 4;  // of ln(error), which spans about -9 .. 3
constexpr double kLeastError = 1e-4;
constexpr double kColourWidth = 0.3;  // natural logarithms: the scale of relative brightness
constexpr double kColourFloor = 0.1;  // of the errors that weight the mean: one band must not own it
constexpr double kFarthestColour = 20;

double* doubles(const at::Tensor& t) { return t.data_ptr<double>(); }

}  // namespace

ValueEmbeddingScalar::ValueEmbeddingScalar(const nn::Scope& scope, ScalarEmbeddingSettings settings)
    : settings_(std::move(settings)) {
  const auto s = int64_t(settings_.names.size());
  frequencies_ = scope.constant(
      nn::geometric_frequencies(1 / kLongestPeriod, 1 / settings_.finest, settings_.features, scope.dtype()));
  amplitudes_ = scope.constant((frequencies_[0] / frequencies_).pow(kSmoothness));
  error_frequencies_ = scope.constant(nn::geometric_frequencies(1.0 / 16, 1.0 / 2, kErrorFrequencies, scope.dtype()));
  std::map<std::string, int64_t> numbers;
  group_.assign(size_t(s), -1);
  for (size_t i = 0; i < settings_.groups.size(); ++i)
    if (!settings_.groups[i].empty())
      group_[i] = numbers.try_emplace(settings_.groups[i], int64_t(numbers.size())).first->second;
  groups_ = int64_t(numbers.size());
  const int64_t waves = 1 + 2 * settings_.features;
  const int64_t f = waves + 2 + 2 * kErrorFrequencies + (groups_ > 0 ? waves : 0);
  weight_SFD_ = scope.parameter("weight", {s, f, settings_.width}, nn::Init::normal(1 / std::sqrt(double(f))));
  bias_SD_ = scope.parameter("bias", {s, settings_.width}, nn::Init::normal(0.5));
  kind_S_ = scope.statistic("scale_kind", at::zeros({s}, at::kLong));
  centre_S_ = scope.statistic("scale_centre", at::zeros({s}, at::kDouble));
  width_S_ = scope.statistic("scale_width", at::zeros({s}, at::kDouble));
  softening_S_ = scope.statistic("scale_softening", at::ones({s}, at::kDouble));
  knots_SK_ = scope.statistic("scale_knots", at::zeros({s, kRankKnots}, at::kDouble));
}

void ValueEmbeddingScalar::fit(const modalities::Batch& sample) {
  at::NoGradGuard no_grad;
  for (size_t s = 0; s < settings_.names.size(); ++s) {
    const auto& name = settings_.names[s];
    const auto found = sample.blocks.find(name);
    if (found == sample.blocks.end() || !std::holds_alternative<modalities::ScalarBlock>(found->second))
      base::user_error("model.modalities.{0}: there is no scalar '{0}' in the data that set the scales", name);
    const auto scale = fit_scale(name, std::get<modalities::ScalarBlock>(found->second), settings_.scales[s],
                                 doubles(knots_SK_) + int64_t(s) * kRankKnots);
    kind_S_.data_ptr<int64_t>()[s] = int64_t(scale.kind);
    doubles(centre_S_)[s] = scale.centre;
    doubles(width_S_)[s] = scale.width;
    doubles(softening_S_)[s] = scale.softening;
  }
}

ScalarScale ValueEmbeddingScalar::scale(size_t s) const {
  ScalarScale out{ScaleKind(kind_S_.data_ptr<int64_t>()[s]), doubles(centre_S_)[s], doubles(width_S_)[s],
                  doubles(softening_S_)[s], doubles(knots_SK_) + int64_t(s) * kRankKnots};
  if (!(out.width > 0))
    base::user_error("the model has no scale for '{}' yet: call fit (training does) before using it",
                     settings_.names[s]);
  return out;
}

// Rows as numbers, before the features of them.
struct ValueEmbeddingScalar::Drawn {
  at::Tensor columns_6R;  // float64: the last three of groups alone, [3, R] where the model has none
  double* value_R() const { return at(0); }
  double* error_R() const { return at(1); }
  double* has_error_R() const { return at(2); }
  double* relative_R() const { return at(3); }
  double* relative_error_R() const { return at(4); }
  double* in_group_R() const { return at(5); }

 private:
  double* at(int64_t column) const { return doubles(columns_6R) + column * columns_6R.size(1); }
};

namespace {

// The mean brightness of each object over the members of each group.
class Levels {
 public:
  Levels(int64_t groups, int64_t objects) : objects_(objects), sum_(size_t(groups * objects)), weight_(sum_.size()) {}
  void add(int64_t group, int64_t object, const ScalarScale::Scaled& brightness) {
    const double weight = 1 / (brightness.error * brightness.error + kColourFloor * kColourFloor);
    sum_[at(group, object)] += weight * brightness.value;
    weight_[at(group, object)] += weight;
  }
  double operator()(int64_t group, int64_t object) const {
    return sum_[at(group, object)] / weight_[at(group, object)];
  }

 private:
  size_t at(int64_t group, int64_t object) const { return size_t(group * objects_ + object); }
  int64_t objects_;
  std::vector<double> sum_, weight_;
};

}  // namespace

ValueEmbeddingScalar::Drawn ValueEmbeddingScalar::draw(const std::vector<const modalities::ScalarBlock*>& blocks,
                                                       const std::vector<const Rows*>& rows,
                                                       const std::vector<uint64_t>& hashes, const DrawKey& key) const {
  int64_t total = 0;
  for (const auto* r : rows) total += r->size();
  Drawn out{at::zeros({groups_ > 0 ? 6 : 3, total}, at::kDouble)};
  Levels levels(groups_, int64_t(hashes.size()));
  double *v = out.value_R(), *e = out.error_R(), *h = out.has_error_R();
  for (size_t s = 0, at = 0; s < rows.size(); ++s) {
    if (rows[s]->size() == 0) continue;
    const auto& block = *blocks[s];
    const auto to_scale = scale(s);
    const double noise = key.training && block.has_error ? settings_.input_noise[s] : 0;
    const double hidden =
        key.training && block.has_error && !settings_.hide_error.empty() ? settings_.hide_error[s] : 0;
    const uint64_t name_hash = noise > 0 || hidden > 0 ? base::stable_hash(settings_.names[s]) : 0;
    for (const int64_t i : rows[s]->object) {
      double x = block.value[size_t(i)];
      double sigma = block.has_error ? block.error[size_t(i)] : 0;
      if (noise > 0)
        x += noise * sigma *
             base::Random(key.seed, uint64_t(key.epoch), hashes[size_t(i)] ^ name_hash, "input noise").normal();
      if (hidden > 0 &&
          base::Random(key.seed, uint64_t(key.epoch), hashes[size_t(i)] ^ name_hash, "hide error").uniform() < hidden)
        sigma = 0;
      const auto scaled = to_scale(x, sigma);
      v[at] = scaled.value;
      e[at] = scaled.error;
      h[at] = block.has_error && sigma > 0;
      if (group_[s] >= 0) {
        const auto brightness = to_scale.brightness(x, sigma);
        levels.add(group_[s], i, brightness);
        out.relative_R()[at] = brightness.value;
        out.relative_error_R()[at] = brightness.error / kColourWidth;
        out.in_group_R()[at] = 1;
      }
      ++at;
    }
  }
  for (size_t s = 0, at = 0; groups_ > 0 && s < rows.size(); ++s)
    for (const int64_t i : rows[s]->object) {
      if (group_[s] >= 0) {
        double& relative = out.relative_R()[at];
        relative = std::clamp((relative - levels(group_[s], i)) / kColourWidth, -kFarthestColour, kFarthestColour);
      }
      ++at;
    }
  return out;
}

at::Tensor ValueEmbeddingScalar::waves(const at::Tensor& value_R, const at::Tensor& error_R) const {
  const auto phase = 2 * std::numbers::pi * error_R.unsqueeze(1) * frequencies_;
  const auto damping = at::exp(-0.5 * phase.square()) * amplitudes_;
  return nn::fourier_features(value_R, frequencies_) * at::cat({damping, damping}, 1);
}

at::Tensor ValueEmbeddingScalar::features(const Drawn& drawn) const {
  const auto options = weight_SFD_.options().requires_grad(false);
  const auto columns = nn::onto(weight_SFD_.device(), drawn.columns_6R).to(options).unbind(0);
  const auto &value_R = columns[0], &error_R = columns[1], &has_error_R = columns[2];
  const auto log_error = (error_R + kLeastError).log() * has_error_R;
  std::vector<at::Tensor> parts = {value_R.unsqueeze(1), waves(value_R, error_R), (log_error / 4).unsqueeze(1),
                                   has_error_R.unsqueeze(1),
                                   nn::fourier_features(log_error, error_frequencies_) * has_error_R.unsqueeze(1)};
  if (groups_ > 0) {
    parts.push_back(columns[3].unsqueeze(1));
    parts.push_back(waves(columns[3], columns[4]) * columns[5].unsqueeze(1));
  }
  return at::cat(parts, 1);
}

at::Tensor ValueEmbeddingScalar::embed(const std::vector<const modalities::ScalarBlock*>& blocks,
                                       const std::vector<const Rows*>& rows, const std::vector<uint64_t>& hashes,
                                       const DrawKey& key) const {
  const auto x_RF = features(draw(blocks, rows, hashes, key));
  const auto weights = weight_SFD_.unbind(0), biases = bias_SD_.unbind(0);
  std::vector<at::Tensor> parts;
  int64_t start = 0;
  for (size_t s = 0; s < rows.size(); ++s) {
    const int64_t count = rows[s]->size();
    if (count > 0) parts.push_back(at::addmm(biases[s], x_RF.narrow(0, start, count), weights[s]));
    start += count;
  }
  return parts.empty() ? at::zeros({0, settings_.width}, weight_SFD_.options().requires_grad(false))
                       : at::cat(parts, 0);
}

}  // namespace asterism::models
