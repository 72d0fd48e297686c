#include "infer/likelihood.h"

#include <arrow/api.h>

#include <cmath>
#include <limits>

#include "base/error.h"
#include "infer/columns.h"
#include "models/aion_sample.h"
#include "models/any_to_any.h"

namespace asterism::infer {
namespace {

constexpr double kLeast = 1e-300;  // of a probability: a logarithm of less is no number that a file can hold
constexpr double kAbsent = std::numeric_limits<double>::quiet_NaN();

double beyond(double value, const double* edges, const double* probability, int64_t bins) {
  const bool below = value < edges[0];
  const double mass = probability[below ? 0 : bins - 1], inner = edges[below ? 1 : bins - 1];
  return std::log(std::max(mass, kLeast)) - std::log(std::abs(value - inner));
}

at::Tensor of_tokens(const models::Predictor& model, const modalities::Batch& batch,
                     const std::vector<std::string>& given, const std::string& target) {
  if (const auto* any = dynamic_cast<const models::AnyToAny*>(&model))
    return any->log_likelihood_N(batch, given, target);
  const auto* aion = dynamic_cast<const models::Aion*>(&model);
  if (aion == nullptr) base::user_error("this model has no likelihood of '{}': leave it out of the targets", target);
  const auto recorded = aion->inputs().tokens(batch, {target}).at(0);
  const auto out = models::aion_log_likelihood_N(*aion, aion->inputs().tokens(batch, given), recorded);
  return recorded.hidden_NL.defined() ? out.masked_fill(recorded.hidden_NL.all(1), kAbsent) : out;
}

}  // namespace

at::Tensor recorded_ln_density_N(const std::string& target, const models::ScalarPosterior& posterior,
                                 const modalities::Block& recorded) {
  const auto* scalar = std::get_if<modalities::ScalarBlock>(&recorded);
  if (scalar == nullptr)
    base::user_error("'{}' is a {} in these data and a scalar for the model: its likelihood cannot be told", target,
                     modalities::kind(recorded));
  if (!posterior.unit().empty() && posterior.unit() != scalar->unit)
    base::user_error("'{}' is in '{}' and the model predicts it in '{}': convert the data", target, scalar->unit,
                     posterior.unit());
  ASTERISM_CHECK(scalar->n == posterior.rows(), "{} values for {} posteriors", scalar->n, posterior.rows());
  const auto value_N = at::tensor(at::ArrayRef<double>(scalar->value.data(), scalar->value.size()), at::kDouble);
  auto out_N = posterior.log_density_N(value_N).contiguous();
  const auto edges = posterior.edges_E().contiguous(), probability = posterior.probability_NK().contiguous();
  const int64_t bins = probability.size(1);
  const double* edge = edges.const_data_ptr<double>();
  double* out = out_N.mutable_data_ptr<double>();
  for (int64_t i = 0; i < scalar->n; ++i) {
    const double value = scalar->value[size_t(i)];
    if (scalar->present[size_t(i)] == 0 || !std::isfinite(value))
      out[i] = kAbsent;
    else if (out[i] == -std::numeric_limits<double>::infinity())
      out[i] = value < edge[0] || value > edge[bins]
                   ? beyond(value, edge, probability.const_data_ptr<double>() + i * bins, bins)
                   : std::log(kLeast);
  }
  return out_N;
}

void add_log_likelihood(const models::Predictor& model, const models::Prediction& prediction,
                        const modalities::Batch& batch, const std::vector<std::string>& given,
                        const std::string& target, NewColumns& out) {
  const auto recorded = batch.blocks.find(target);
  if (recorded == batch.blocks.end()) base::user_error("the data have no '{}' to take the likelihood of", target);
  const auto scalar = prediction.scalars.find(target);
  const bool is_scalar = scalar != prediction.scalars.end();
  const auto value_N = is_scalar ? recorded_ln_density_N(target, scalar->second, recorded->second)
                                 : of_tokens(model, batch, given, target);
  const auto per = is_scalar && !scalar->second.unit().empty() ? " per " + scalar->second.unit() : "";
  const auto words = is_scalar
                         ? "ln p(recorded " + target + " given the inputs), nats; p is a probability density" + per
                         : "ln P(tokens of the recorded " + target + " given the inputs), nats";
  out.emplace_back(scalar_field(target + "_log_likelihood", "", words), number_column(value_N, prediction.present_N));
}

}  // namespace asterism::infer
