#include "tokenizers/scalar_bins.h"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <utility>

#include "base/error.h"
#include "base/quantile.h"
#include "nn/losses.h"
#include "tokenizers/block_tensors.h"
#include "tokenizers/in_unit.h"
#include "tokenizers/tokenizer_folder.h"

namespace asterism::tokenizers {

namespace {

constexpr double kMostLoss = 1e30;  // of one value, far out of range: a mean of such is a float still

}  // namespace

void ScalarBinsSettings::describe(config::Fields& f) {
  f.add("bins", bins, "how many bins, that is codes").between(2, 65536);
  f.add("spacing", spacing,
        "equal numbers of objects, or equal widths in asinh(x / softening) or x, or widths as the error of measurement")
      .one_of({"equal_mass", "asinh", "linear", "error"});
  f.add("unit", unit, "of the values; taken from the data when empty");
  f.add("low", low, "lower edge for asinh, linear and error; low = high: from the data");
  f.add("high", high, "upper edge for asinh, linear and error");
  f.add("softening", softening, "asinh: turns from linear to logarithmic here; 0: from the data").between(0, 1e300);
  f.add("fitted", fitted, "the bins are set (written by save)");
}

struct ScalarBins::Kept {
  std::mutex mutex;
  Bins bins;
  uint32_t version = 0;  // of the edges that were copied
};

ScalarBins::ScalarBins(ScalarBinsSettings settings) : settings_(std::move(settings)), kept_(std::make_shared<Kept>()) {
  edges_ = parameters_.add_statistic("edges", at::zeros({settings_.bins + 1}, at::kDouble));
  centres_ = parameters_.add_statistic("centres", at::zeros({settings_.bins}, at::kDouble));
}

bool ScalarBins::fitted() const { return edges_[0].item<double>() < edges_[-1].item<double>(); }

void ScalarBins::check_fitted() const {
  if (!fitted()) base::user_error("scalar_bins has no bins yet: fit it to data first.");
}

std::vector<double> ScalarBins::edges_of(const std::vector<double>& values,
                                         const std::vector<MeasuredValue>& measured) {
  auto& s = settings_;
  if (s.spacing == "equal_mass") return equal_mass_edges(values, s.bins);
  if (s.spacing == "error" && measured.empty())
    base::user_error(
        "scalar_bins: spacing = \"error\" makes bins as wide as the errors, and none of the {} values has one; take "
        "asinh, linear or equal_mass, or data that have errors.",
        values.size());
  const bool asinh = s.spacing == "asinh";
  if (asinh && s.softening == 0) {
    std::vector<double> errors;
    errors.reserve(measured.size());
    for (const auto& one : measured) errors.push_back(one.error);
    s.softening = natural_softening(values, std::move(errors));
  }
  if (s.low == s.high) {
    // axes that are linear, or as fine as the error far out, must not be stretched by a few outliers; asinh stands them
    const double tail = asinh ? 0 : 0.0005;
    s.low = base::quantile(values, tail);
    s.high = base::quantile(values, 1 - tail);
    if (s.low == s.high) s.low = values.front(), s.high = values.back();
  }
  if (s.low > s.high) base::user_error("scalar_bins: low = {} is above high = {}.", s.low, s.high);
  if (s.spacing == "error") return error_edges(measured, s.low, s.high, s.bins);
  return even_edges(s.low, s.high, s.bins, asinh ? s.softening : 0);
}

void ScalarBins::fit_all(const Lesson& lesson) {
  std::vector<double> values;
  std::vector<MeasuredValue> measured;  // those of known error
  auto unit = settings_.unit;           // else of the first block, and the others in it
  int64_t objects = 0;
  for (const auto* block : lesson.blocks) {
    const InUnit given(*block, "scalar", unit, kind());
    const auto& scalar = scalar_of(*given, kind());
    unit = scalar.unit;
    objects += scalar.n;
    for (size_t i = 0; i < size_t(scalar.n); ++i) {
      if (!scalar.present[i] || !std::isfinite(scalar.value[i])) continue;
      values.push_back(scalar.value[i]);
      if (scalar.has_error && scalar.error[i] > 0 && std::isfinite(scalar.error[i]))
        measured.push_back({scalar.value[i], scalar.error[i]});
    }
  }
  std::sort(values.begin(), values.end());
  std::sort(measured.begin(), measured.end(),
            [](const auto& a, const auto& b) { return std::pair(a.value, a.error) < std::pair(b.value, b.error); });
  const bool given = settings_.spacing == "linear" && settings_.low < settings_.high;  // the values do not matter then
  if (values.empty() || (values.front() == values.back() && !given))
    base::user_error("scalar_bins needs at least two different values to make bins; the {} objects given have {}.",
                     objects, values.empty() ? "none" : "one");
  settings_.unit = unit;
  const auto edges = edges_of(values, measured);
  const auto centres = bin_centres(edges, values);
  at::NoGradGuard no_grad;
  edges_.copy_(at::tensor(edges, at::kDouble));
  centres_.copy_(at::tensor(centres, at::kDouble));
  settings_.fitted = true;
}

at::Tensor ScalarBins::widths() const { return edges_.diff(); }

ScalarBins::Bins ScalarBins::bins_on(const at::Device& device) const {
  if (edges_.device() == device) return {edges_, centres_};
  const std::scoped_lock lock(kept_->mutex);
  auto& there = kept_->bins;
  if (!there.edges.defined() || there.edges.device() != device || kept_->version != edges_._version()) {
    there = {edges_.to(device), centres_.to(device)};
    kept_->version = edges_._version();
  }
  return there;
}

at::Tensor ScalarBins::bins_of(const at::Tensor& values_N) const {
  check_fitted();
  const auto inner = bins_on(values_N.device()).edges.narrow(0, 1, settings_.bins - 1).contiguous();
  return at::bucketize(values_N.to(at::kDouble), inner, false, true);
}

at::Tensor ScalarBins::out_of_range(const at::Tensor& values_N) const {
  check_fitted();
  return at::logical_or(values_N<edges_[0], values_N> edges_[-1]);
}

Tokens ScalarBins::encode(const modalities::Block& block) const {
  check_fitted();
  const InUnit given(block, "scalar", settings_.fitted ? settings_.unit : "", kind());
  const auto& scalar = scalar_of(*given, kind());
  const auto value = wrap(scalar.value, {scalar.n});
  const auto present = at::logical_and(wrap(scalar.present, {scalar.n}).to(at::kBool), at::isfinite(value));
  const auto ids = at::where(present, bins_of(value), at::zeros({}, at::kLong));
  return {ids.unsqueeze(1), present};
}

modalities::Block ScalarBins::decode(const Tokens& tokens, const DecodeRequest&) const {
  check_fitted();
  check_tokens(tokens, 1, vocabulary(), kind());
  const auto value = centres_.index_select(0, tokens.ids.reshape({-1}));
  modalities::ScalarBlock out;
  out.n = tokens.ids.size(0);
  out.unit = settings_.unit;
  copy_into(out.present, tokens.present);
  copy_into(out.value, at::where(tokens.present, value, at::zeros({}, at::kDouble)));
  out.error.assign(size_t(out.n), 0.0);
  return out;
}

nn::Outcome ScalarBins::loss(const modalities::Block& block) {
  const InUnit given(block, "scalar", settings_.fitted ? settings_.unit : "", kind());
  const auto tokens = encode(*given);
  const auto& scalar = std::get<modalities::ScalarBlock>(*given);
  const auto value = wrap(scalar.value, {scalar.n}), ids = tokens.ids.squeeze(1);
  auto scale = widths().index_select(0, ids);
  if (scalar.has_error) {
    const auto error = wrap(scalar.error, {scalar.n});
    scale = at::where(error > 0, error, scale);
  }
  const auto squared = ((value - centres_.index_select(0, ids)) / scale).square();
  const auto beyond = out_of_range(value).to(at::kDouble);
  const auto weight = tokens.present.to(at::kDouble);
  nn::Outcome out;
  out.loss = nn::weighted_mean(squared.clamp_max(kMostLoss), weight).to(at::kFloat);
  out.figures["quantisation_sigma"] = out.loss.sqrt();
  out.figures["out_of_range"] = nn::weighted_mean(beyond, weight).to(at::kFloat);
  out.weight = weight.sum().item<double>();
  return out;
}

at::Tensor ScalarBins::soft_targets(const at::Tensor& values_N, const at::Tensor& error_N,
                                    double smoothing_bins) const {
  const auto value = values_N.to(at::kDouble).reshape({-1});
  const auto ids = bins_of(value);
  const auto [edges, centres] = bins_on(value.device());
  const int64_t n = value.size(0), K = settings_.bins;
  auto sigma = edges.diff().index_select(0, ids) * smoothing_bins;
  if (error_N.defined()) sigma = at::hypot(sigma, error_N.to(at::kDouble).reshape({-1}));

  // between the two nearest centres
  const auto last = at::full({}, K - 2, at::kLong);
  const auto left = at::minimum((at::bucketize(value, centres, false, true) - 1).clamp_min(0), last);
  const auto low = centres.index_select(0, left), high = centres.index_select(0, left + 1);
  const auto share = ((value - low) / (high - low)).clamp(0, 1);
  auto sharp = at::zeros({n, K}, value.options());
  sharp.scatter_(1, left.unsqueeze(1), (1 - share).unsqueeze(1));
  sharp.scatter_(1, (left + 1).unsqueeze(1), share.unsqueeze(1));
  const auto is_sharp = sigma <= 0;
  // a device is not waited for
  const bool all_sharp = value.is_cpu() ? is_sharp.all().item<bool>() : !error_N.defined() && smoothing_bins <= 0;
  if (all_sharp) return sharp.to(at::kFloat);

  // a Gaussian over each bin, the outer bins with their tails
  const auto spread = at::where(is_sharp, at::ones({}, sigma.options()), sigma).unsqueeze(1);
  const auto inner = edges.narrow(0, 1, K - 1).unsqueeze(0);
  const auto below = at::special_ndtr((inner - value.unsqueeze(1)) / spread);
  const auto ends = at::zeros({n, 1}, value.options());
  const auto smooth = at::cat({below, ends + 1}, 1) - at::cat({ends, below}, 1);
  return at::where(is_sharp.unsqueeze(1), sharp, smooth).to(at::kFloat);
}

void ScalarBins::save(const std::filesystem::path& folder) const {
  check_fitted();
  auto copy = settings_;
  copy.fitted = true;
  write_folder(folder, kind(), config::to_json(config::fields_of(copy)), parameters_);
}

}  // namespace asterism::tokenizers
