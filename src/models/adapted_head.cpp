#include "models/adapted_head.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/error.h"
#include "modalities/scalar.h"
#include "models/scalar_scale.h"
#include "models/temperature.h"
#include "models/wrap.h"
#include "nn/device.h"
#include "nn/losses.h"

namespace asterism::models {
namespace {

std::shared_ptr<tokenizers::ScalarBins> grid_of(const AdaptedSettings& s) {
  tokenizers::ScalarBinsSettings bins;
  bins.bins = s.bins;
  if (s.task == "classification") {  // one bin a class, about its number
    bins.bins = s.classes;
    bins.spacing = "linear";
    bins.low = -0.5;
    bins.high = double(s.classes) - 0.5;
  }
  return std::make_shared<tokenizers::ScalarBins>(bins);
}

// The labels that are known, each spread out as the kernel of a density estimate (Silverman 1986), in their scale.
modalities::ScalarBlock spread_out(const modalities::ScalarBlock& labels, const ScalarScale& scale) {
  constexpr double kKernel = 0.6;    // spread of a logistic kernel of one label, in units of the scale
  constexpr int64_t kPoints = 4096;  // in all, at least: of few labels more each, and so farther out
  std::vector<double> known;
  for (size_t i = 0; i < labels.value.size(); ++i)
    if (labels.present[i] != 0) known.push_back(labels.value[i]);
  const auto n = int64_t(known.size()), each = std::clamp<int64_t>(kPoints / std::max<int64_t>(n, 1), 8, 64);
  const auto level_E = (at::arange(each, at::kDouble) + 0.5) / double(each);
  const auto kernel_E = kKernel * std::pow(double(std::max<int64_t>(n, 1)), -0.2) * (level_E / (1 - level_E)).log();
  const auto label_N1 = to_scaled(scale, at::tensor(known, at::kDouble)).unsqueeze(1);
  const auto value_X = from_scaled(scale, label_N1 + kernel_E).flatten().contiguous();
  auto out = modalities::make_scalars(value_X.numel(), labels.unit, false);
  std::fill(out.present.begin(), out.present.end(), uint8_t{1});
  std::copy_n(value_X.const_data_ptr<double>(), value_X.numel(), out.value.begin());
  return out;
}

bool all_alike(const modalities::ScalarBlock& labels) {
  std::set<double> seen;
  for (size_t i = 0; i < labels.value.size() && seen.size() < 2; ++i)
    if (labels.present[i] != 0) seen.insert(labels.value[i]);
  return seen.size() < 2;
}

}  // namespace

at::Tensor mean_rows(const at::Tensor& rows_RD, const nn::Ranges& objects) {
  std::vector<int64_t> object_of_row, count;
  for (int64_t i = 0; i < objects.groups(); ++i) {
    object_of_row.insert(object_of_row.end(), size_t(objects.length(i)), i);
    count.push_back(std::max<int64_t>(1, objects.length(i)));
  }
  const auto sums = at::zeros({objects.groups(), rows_RD.size(1)}, rows_RD.options().requires_grad(false))
                        .index_add(0, nn::onto(rows_RD.device(), object_of_row), rows_RD);
  return sums / nn::onto(rows_RD.device(), count).unsqueeze(1).to(rows_RD.scalar_type());
}

AdaptedHead::AdaptedHead(const nn::Scope& scope, const AdaptedSettings& s, int64_t width)
    : settings_(s),
      norm_(scope / "norm", width),
      temperature_1_(scope.statistic(kTemperature, at::ones({1}, at::kDouble))),
      bins_(grid_of(s)) {
  int64_t out = width;
  if (s.adapt == "mlp" || s.adapt == "tokens") {
    mlp_ = nn::Mlp(scope / "mlp", width, s.hidden, s.hidden, false, true);
    out = s.hidden;
  }
  if (s.adapt == "attentive") {
    if (width % s.heads != 0)
      base::user_error("model.heads = {}: the backbone is {} wide, which is no multiple of it", s.heads, width);
    nn::AttentionSettings a;
    a.width = width;
    a.heads = s.heads;
    a.qkv_bias = a.proj_bias = true;
    query_1D_ = scope.parameter("query", {1, width}, nn::Init::normal(0.02));
    attention_ = nn::CrossAttention(scope / "attention", a);
  }
  if (s.task == "classification")
    to_logits_ = nn::Linear(scope / "to_logits", out, s.classes, true, nn::Init::normal(0.02));
  else
    mixture_.emplace(scope, s.target, s.scale, s.task == "regression" ? 1 : s.components, out);
}

void AdaptedHead::fit(const modalities::ScalarBlock& labels) {
  if (mixture_) mixture_->fit(labels);
  if (bins_->fitted()) return;
  const bool values = mixture_ && !all_alike(labels);  // who is all alike is refused by the bins
  bins_->fit(values
                 ? modalities::Block(spread_out(labels, fit_scale(settings_.target, labels, settings_.scale, nullptr)))
                 : modalities::Block(labels));
}

at::Tensor AdaptedHead::of_vectors(const at::Tensor& vectors_ND) const {
  const auto x = norm_(vectors_ND);
  return settings_.adapt == "mlp" ? nn::activate(mlp_(x), nn::Activation::gelu) : x;
}

at::Tensor AdaptedHead::of_tokens(const at::Tensor& rows_RD, const nn::Ranges& objects) const {
  if (settings_.adapt == "tokens") return mean_rows(nn::activate(mlp_(norm_(rows_RD)), nn::Activation::gelu), objects);
  if (settings_.adapt != "attentive") return of_vectors(mean_rows(rows_RD, objects));
  nn::Ranges one_each;
  for (int64_t i = 0; i < objects.groups(); ++i) one_each.add(1);
  const auto context = attention_.prepare(norm_(rows_RD), objects);
  return attention_.rows(query_1D_.expand({objects.groups(), query_1D_.size(1)}), one_each, context);
}

at::Tensor AdaptedHead::loss(const at::Tensor& answer_NH, const at::Tensor& label_N) const {
  if (mixture_) return mixture_->loss(answer_NH, label_N);
  const auto wrong =
      label_N.ne(label_N.round()).logical_or(label_N.lt(0)).logical_or(label_N.ge(double(settings_.classes)));
  if (wrong.any().item<bool>())
    base::user_error("the label {} of '{}' is no class: classes are 0 to {}",
                     label_N.masked_select(wrong)[0].item<double>(), settings_.target, settings_.classes - 1);
  return nn::cross_entropy(to_logits_(answer_NH), nn::onto(answer_NH.device(), label_N.to(at::kLong)));
}

ScalarPosterior AdaptedHead::posterior(const at::Tensor& answer_NH) const {
  const auto& unit = bins_->settings().unit;
  const double temperature = temperature_1_.item<double>();
  if (mixture_) return {mixture_->mixture(answer_NH).widened(temperature), bins_->edges(), unit};
  return {at::softmax(to_logits_(answer_NH).to(at::kDouble) / temperature, 1), bins_->edges(), unit};
}

double AdaptedHead::calibrate(const at::Tensor& answer_NH, const at::Tensor& label_N) {
  const at::NoGradGuard no_grad;
  const auto loss = mixture_ ? loss_of_mixture(mixture_->mixture(answer_NH), label_N)
                             : loss_of_logits(to_logits_(answer_NH), label_N.to(at::kLong));
  const auto fitted = fit_temperature(loss, at::zeros({label_N.size(0), 0}, at::kDouble),
                                      mixture_ ? kWidestLogSpread : kWidestLogTemperature);
  const double temperature = std::exp(fitted.base);
  temperature_1_.fill_(temperature);
  return temperature;
}

}  // namespace asterism::models
