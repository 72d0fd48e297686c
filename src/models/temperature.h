#pragma once
// How much to widen or sharpen a posterior so that objects that training did not see are as likely as can be (Guo et
// al. 2017), by one number or by what was given: ln T = base + sum over inputs of by_input x how much of it was given.
// A network may be too sure of what it reads off one observation and not sure enough of another.

#include <ATen/ATen.h>

#include <functional>
#include <vector>

#include "models/scalar_mixture.h"

namespace asterism::models {

constexpr double kWidestLogTemperature = 1.6094379124341003;  // ln 5: T stays between 1/5 and 5
// Of mixtures that learned a handful of labels by heart, which are sure to a thousandth of what they do not know: ln
// 100.
constexpr double kWidestLogSpread = 4.605170185988092;

struct LogTemperature {
  double base = 0;
  std::vector<double> by_input;  // [G]
};

// Mean -ln p(truth) of R answers at their temperatures, given as ln T [R] or [] (float64).
using TemperatureLoss = std::function<double(const at::Tensor& log_temperature_R)>;

// Of mixtures at true values (float64 [R]), whose spreads a temperature multiplies; of logits [R, V] at true classes
// or bins (int64 [R]), which it divides.
TemperatureLoss loss_of_mixture(ScalarMixture mixture, const at::Tensor& truth_R);
TemperatureLoss loss_of_logits(const at::Tensor& logits_RV, const at::Tensor& class_R);

// given_RG float64: how much of each of G inputs each answer was given; G = 0: one number, between -widest and widest.
// A term that explains nothing is 0.
LogTemperature fit_temperature(const TemperatureLoss& loss, const at::Tensor& given_RG,
                               double widest = kWidestLogTemperature);

// ln T [R], within its limits.
at::Tensor log_temperature_R(const LogTemperature& fitted, const at::Tensor& given_RG);

}  // namespace asterism::models
