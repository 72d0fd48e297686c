#include "models/value_embedding_light_curve.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/quantile.h"
#include "models/wrap.h"
#include "nn/device.h"
#include "nn/fourier.h"

namespace asterism::models {
namespace {

constexpr double kLongestDay = 4096, kShortestDay = 0.25;  // periods of the features of time
constexpr int64_t kTimeFrequencies = 29;                   // two an octave
constexpr int64_t kWavelengthFrequencies = 16;
constexpr int64_t kPlain = 6;
constexpr double kBrightest = 1e6, kLeastScale = 1e-12;

double median_of(std::vector<double> values) { return values.empty() ? 0 : base::middle(std::move(values)); }

// What one number says beside the object's others: in magnitudes as a difference, else as a ratio.
struct Level {
  bool magnitudes = false;
  double middle = 0, scale = 1;
  double relative(double value) const {
    return magnitudes ? std::clamp((value - middle) / 2, -10.0, 10.0)
                      : std::asinh(std::clamp(value / scale, -kBrightest, kBrightest));
  }
  double error(double value) const { return std::log(std::clamp(magnitudes ? value : value / scale, 1e-8, 1e8)) / 4; }
  double level() const { return magnitudes ? std::clamp((middle - 20) / 4, -10.0, 10.0) : std::log(scale) / 4; }
};

}  // namespace

ValueEmbeddingLightCurve::ValueEmbeddingLightCurve(const nn::Scope& scope, std::string modality,
                                                   std::vector<std::string> bands, int64_t width)
    : modality_(std::move(modality)),
      known_(std::move(bands)),
      time_frequencies_(nn::geometric_frequencies(1 / kLongestDay, 1 / kShortestDay, kTimeFrequencies, at::kDouble)),
      wavelength_frequencies_(nn::geometric_frequencies(0.25, 32, kWavelengthFrequencies, at::kDouble)),
      point_(scope / "point", kPlain, width, true),
      time_(scope / "time", 2 * kTimeFrequencies + 1, width, false),
      band_(scope / "band", 2 * kWavelengthFrequencies + 1, width, false),
      modality_D_(scope.parameter("modality", {width}, nn::Init::normal(0.1))) {
  if (!known_.empty()) named_ = nn::Embedding(scope / "named", int64_t(known_.size()), width, 0.5);
}

InputEmbedding::View ValueEmbeddingLightCurve::view(const modalities::Block& block) const {
  if (!std::holds_alternative<modalities::LightCurveBlock>(block))
    base::user_error("'{}' is a light_curve for this model, but the batch holds a {}: check the modality's name",
                     modality_, modalities::kind(block));
  const auto& curve = std::get<modalities::LightCurveBlock>(block);
  const int64_t n = curve.n, L = std::max<int64_t>(1, curve.length);
  View out;
  out.grid = {0, 1, L};
  out.usable_NP.assign(size_t(n * L), 0);
  auto plain = at::zeros({n, L, kPlain}, at::kDouble), time = at::zeros({n, L}, at::kDouble);
  auto band = at::zeros({n, L}, at::kLong);
  for (int64_t i = 0; i < n; ++i) {
    std::vector<double> values;
    double first = 0;
    for (int64_t k = 0; k < curve.length; ++k) {
      const auto at = size_t(i * curve.length + k);
      if (curve.present[size_t(i)] == 0 || k >= curve.count[size_t(i)] || curve.mask[at] != 0) continue;
      if (values.empty()) first = curve.time_day[at];
      values.push_back(curve.unit == "mag" ? curve.value[at] : std::abs(curve.value[at]));
      out.usable_NP[size_t(i * L + k)] = 1;
    }
    const double middle = median_of(std::move(values));
    const Level level{curve.unit == "mag", middle, std::max(middle, kLeastScale)};
    for (int64_t k = 0; k < curve.length; ++k) {
      const auto at = size_t(i * curve.length + k);
      if (out.usable_NP[size_t(i * L + k)] == 0) continue;
      const double value = curve.value[at], error = curve.error[at];
      double* p = plain.data_ptr<double>() + (i * L + k) * kPlain;
      p[0] = level.relative(value);
      p[1] = level.level();
      if (error > 0) {
        p[2] = level.error(error);
        p[3] = level.magnitudes ? 0 : std::asinh(std::clamp(value / error, -kBrightest, kBrightest)) / 3;
        p[4] = 1;
      }
      p[5] = level.magnitudes ? 1 : 0;
      time.data_ptr<double>()[i * L + k] = curve.time_day[at] - first;
      band.data_ptr<int64_t>()[i * L + k] = curve.band[at];
    }
  }
  const auto bands = std::max<int64_t>(1, int64_t(curve.bands.size()));
  auto wavelength = at::zeros({bands}, at::kDouble);
  std::vector<int64_t> known(size_t(bands), -1);
  for (size_t b = 0; b < curve.bands.size(); ++b) {
    wavelength.data_ptr<double>()[b] = curve.bands[b].wavelength_angstrom;
    const auto found = std::find(known_.begin(), known_.end(), curve.bands[b].name);
    if (found != known_.end()) known[b] = found - known_.begin();
  }
  out.tensors = {
      {"plain", plain}, {"time", time}, {"band", band}, {"wavelength", wavelength}, {"known", copied(known)}};
  return out;
}

at::Tensor ValueEmbeddingLightCurve::embed(const View& view, const at::Tensor& object_R,
                                           const at::Tensor& position_R) const {
  const auto sent = [&](const at::Tensor& x) {
    return nn::onto(modality_D_.device(), x.to(modality_D_.scalar_type()));
  };
  const auto chosen = [&](const char* name) { return view.tensors.at(name).index({object_R, position_R}); };
  const auto time = chosen("time");
  const auto time_features =
      at::cat({nn::fourier_features(time, time_frequencies_), time.abs().log1p().unsqueeze(1) / 4}, 1);
  const auto band = chosen("band");
  const auto wavelength = view.tensors.at("wavelength").index_select(0, band), given = wavelength.gt(0).to(at::kDouble);
  const auto colour = (wavelength.clamp_min(1) / 5000).log() * given;
  const auto band_features =
      at::cat({nn::fourier_features(colour, wavelength_frequencies_) * given.unsqueeze(1), given.unsqueeze(1)}, 1);
  auto out = point_(sent(chosen("plain"))) + time_(sent(time_features)) + band_(sent(band_features));
  if (!known_.empty()) {
    const auto id = view.tensors.at("known").index_select(0, band);
    out = out + named_(nn::onto(modality_D_.device(), id.clamp_min(0))) * sent(id.ge(0)).unsqueeze(1);
  }
  return out + modality_D_;
}

}  // namespace asterism::models
