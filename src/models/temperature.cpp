#include "models/temperature.h"

#include <cmath>
#include <utility>

#include "base/error.h"

namespace asterism::models {
namespace {

constexpr double kWidest = kWidestLogTemperature;
// Of the mean loss, by the square of a term: next to nothing where objects say anything.
constexpr double kShrink = 1e-4;

// The lowest point of a function with one minimum, between low and high.
double golden_section(const std::function<double(double)>& of, double low, double high, int steps) {
  const double golden = 0.5 * (std::sqrt(5.0) - 1);
  double a = high - golden * (high - low), b = low + golden * (high - low);
  double at_a = of(a), at_b = of(b);
  for (int i = 0; i < steps; ++i) {
    if (at_a < at_b) {
      high = b;
      b = a;
      at_b = at_a;
      a = high - golden * (high - low);
      at_a = of(a);
    } else {
      low = a;
      a = b;
      at_a = at_b;
      b = low + golden * (high - low);
      at_b = of(b);
    }
  }
  return 0.5 * (low + high);
}

at::Tensor factor_column(const at::Tensor& log_t) { return log_t.exp().reshape({-1, 1}); }

}  // namespace

TemperatureLoss loss_of_mixture(ScalarMixture mixture, const at::Tensor& truth_R) {
  return [mixture = std::move(mixture), truth_R](const at::Tensor& log_t) {
    const auto factor_R1 = factor_column(log_t).expand({truth_R.size(0), 1}).contiguous();
    return -mixture.widened(factor_R1).log_density_N(truth_R).mean().item<double>();
  };
}

TemperatureLoss loss_of_logits(const at::Tensor& logits_RV, const at::Tensor& class_R) {
  const auto logits = logits_RV.to(at::kCPU, at::kDouble);
  return [logits, at_R1 = class_R.to(at::kCPU).unsqueeze(1)](const at::Tensor& log_t) {
    return -at::log_softmax(logits / factor_column(log_t), 1).gather(1, at_R1).mean().item<double>();
  };
}

at::Tensor log_temperature_R(const LogTemperature& fitted, const at::Tensor& given_RG) {
  auto out = at::full({given_RG.size(0)}, fitted.base, at::kDouble);
  for (size_t g = 0; g < fitted.by_input.size(); ++g)
    out += given_RG.select(1, int64_t(g)).to(at::kDouble) * fitted.by_input[g];
  return out.clamp(-kWidest, kWidest);
}

LogTemperature fit_temperature(const TemperatureLoss& loss, const at::Tensor& given_RG, double widest) {
  ASTERISM_CHECK(given_RG.dim() == 2, "given_RG has {} dimensions", given_RG.dim());
  LogTemperature out;
  out.base = golden_section([&](double log_t) { return loss(at::full({}, log_t, at::kDouble)); }, -widest, widest, 40);
  out.by_input.assign(size_t(given_RG.size(1)), 0);
  if (out.by_input.empty() || given_RG.size(0) == 0) return out;
  // about their means, so that the base and the terms can be looked for one after the other
  const auto mean_G = given_RG.to(at::kDouble).mean(0);
  const auto centred_RG = given_RG - mean_G;
  const auto best = [&](double& term, double reach) {
    const double before = term;
    const auto with = [&](double value) {
      term = value;
      double shrink = 0;
      for (const double b : out.by_input) shrink += b * b;
      return loss(log_temperature_R(out, centred_RG)) + kShrink * shrink;
    };
    term = golden_section(with, before - reach, before + reach, 12);
  };
  double reach = widest;
  for (int round = 0; round < 8; ++round, reach *= 0.6) {
    for (double& term : out.by_input) best(term, reach);
    best(out.base, reach);
  }
  for (size_t g = 0; g < out.by_input.size(); ++g) out.base -= out.by_input[g] * mean_G[int64_t(g)].item<double>();
  return out;
}

}  // namespace asterism::models
