#include "train/update.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>
#include <optional>

#include "base/error.h"
#include "base/random.h"
#include "io/json.h"
#include "nn/autocast.h"
#include "nn/narrow_weights.h"
#include "nn/nothing_to_learn.h"
#include "tokenizers/weights_file.h"

namespace asterism::train {
namespace {

constexpr int64_t kMostNamed = 8, kMostTriedAlone = 512;

// Rows [n * piece / pieces, n * (piece + 1) / pieces).
modalities::Batch part_of(const modalities::Batch& batch, int64_t piece, int64_t pieces) {
  if (pieces == 1) return batch;
  const int64_t n = batch.size(), begin = n * piece / pieces, end = n * (piece + 1) / pieces;
  std::vector<int64_t> rows(static_cast<size_t>(end - begin));
  std::iota(rows.begin(), rows.end(), begin);
  return modalities::select(batch, rows);
}

void scale_gradients(nn::Parameters& parameters, double factor) {
  at::NoGradGuard no_grad;
  for (auto& tensor : parameters.trainable())
    if (tensor.grad().defined()) tensor.mutable_grad().mul_(factor);
}

std::string name_of(const modalities::ObjectKey& key) { return fmt::format("{} {}", key.survey, key.id); }

// Nothing where it cannot be judged.
std::optional<bool> is_finite(Objective& objective, const modalities::Batch& batch, const StepContext& context) {
  try {
    return std::isfinite(objective.step(batch, context).loss.item<double>());
  } catch (const std::exception&) {
    return {};
  }
}

// The modalities of the first object of `some` without which their loss is finite.
std::vector<std::string> guilty_modalities(Objective& objective, const modalities::Batch& some,
                                           const StepContext& context) {
  std::vector<std::string> out;
  for (const auto& [name, block] : some.blocks) {
    auto without = some;
    std::visit([](auto& b) { b.present.front() = 0; }, without.blocks.at(name));
    if (is_finite(objective, without, context).value_or(false)) out.push_back(name);
  }
  return out;
}

struct Guilty {
  std::string object;
  std::vector<std::string> modalities;
};

// Two objects whose loss is finite: what one is set beside where objects need each other. Empty where none is found.
std::vector<int64_t> company_of(Objective& objective, const modalities::Batch& batch, const StepContext& context) {
  for (int64_t row = 1; row < std::min(batch.size(), kMostTriedAlone); ++row)
    if (is_finite(objective, modalities::select(batch, {row - 1, row}), context).value_or(false)) return {row - 1, row};
  return {};
}

// Objects whose loss is not finite, alone or, where one alone has none (pairs that are told apart), in good company.
std::vector<Guilty> guilty_objects(Objective& objective, const modalities::Batch& batch, const StepContext& context,
                                   nn::Precision precision) {
  at::NoGradGuard no_grad;
  const nn::Autocast autocast(precision, objective.parameters().device().type());
  std::vector<Guilty> out;
  std::optional<std::vector<int64_t>> company;
  for (int64_t row = 0; row < std::min(batch.size(), kMostTriedAlone); ++row) {
    auto some = modalities::select(batch, {row});
    auto finite = is_finite(objective, some, context);
    if (!finite) {
      if (!company) company = company_of(objective, batch, context);
      if (company->empty()) break;
      some = modalities::select(batch, {row, company->front(), company->back()});
      if (row != company->front() && row != company->back()) finite = is_finite(objective, some, context);
    }
    if (finite.value_or(true)) continue;
    const bool named = int64_t(out.size()) < kMostNamed;
    out.push_back({name_of(batch.objects[size_t(row)]),
                   named ? guilty_modalities(objective, some, context) : std::vector<std::string>{}});
  }
  return out;
}

}  // namespace

models::WarmStart Objective::start_from(const std::filesystem::path& folder) {
  const auto file = folder / "model.safetensors";
  if (!std::filesystem::exists(file))
    base::user_error("{} is no model folder: it has no model.safetensors", folder.string());
  return models::start_from(parameters(), tokenizers::read_weights(file), {}, file.string());
}

nn::Outcome Objective::add_gradient_in_pieces(const modalities::Batch&, const StepContext&, int64_t) {
  ASTERISM_CHECK(false, "{} cannot be cut into pieces", kind());
  return {};
}

namespace {

// One batch whose objects need each other, piece by piece.
BatchGradient coupled_gradient(Objective& objective, const modalities::Batch& batch, const StepContext& context,
                               int64_t pieces, nn::Precision precision) {
  BatchGradient out;
  at::manual_seed(base::Random(context.seed, uint64_t(context.step), 0, "dropout").bits64());
  try {
    const nn::Autocast autocast(precision, objective.parameters().device().type());
    const auto outcome = objective.add_gradient_in_pieces(batch, context, pieces);
    out.loss = outcome.loss.detach().to(at::kDouble);
    out.weight = outcome.weight;
    for (const auto& [name, value] : outcome.figures) out.figures[name] = value.detach().to(at::kDouble);
  } catch (const nn::NothingToLearn& error) {
    out.why_nothing = error.what();
  }
  return out;
}

}  // namespace

BatchGradient gradient_of(Objective& objective, const modalities::Batch& batch, const StepContext& context,
                          int64_t pieces, nn::Precision precision) {
  if (pieces > 1 && objective.couples_in_pieces())
    return coupled_gradient(objective, batch, context, pieces, precision);
  BatchGradient out;
  std::map<std::string, double> figure_weights;  // of the pieces that have one
  for (int64_t piece = 0; piece < pieces; ++piece) {
    const auto part = part_of(batch, piece, pieces);
    if (part.size() == 0) continue;
    at::manual_seed(base::Random(context.seed, uint64_t(context.step), uint64_t(piece), "dropout").bits64());
    nn::Outcome outcome;
    try {
      const nn::Autocast autocast(precision, objective.parameters().device().type());
      const nn::NarrowWeights narrow(objective.parameters());
      outcome = objective.step(part, context);
    } catch (const nn::NothingToLearn& error) {
      out.why_nothing = error.what();  // this piece has nothing to learn from; another may
      continue;
    }
    const auto loss = outcome.loss.detach().to(at::kDouble), share = loss * outcome.weight;
    out.loss = out.loss.defined() ? out.loss + share : share;
    out.weight += outcome.weight;
    if (loss.is_cpu() && !std::isfinite(loss.item<double>())) break;
    // One piece needs no scaling, and so no rounding.
    if (outcome.loss.requires_grad()) (pieces == 1 ? outcome.loss : outcome.loss * outcome.weight).backward();
    if (outcome.weight <= 0) continue;
    for (const auto& [name, value] : outcome.figures) {
      const auto part_of_it = value.detach().to(at::kDouble) * outcome.weight;
      auto& sum = out.figures[name];
      sum = sum.defined() ? sum + part_of_it : part_of_it;
      figure_weights[name] += outcome.weight;
    }
  }
  if (out.weight <= 0) return out;
  out.loss = out.loss / out.weight;
  for (auto& [name, sum] : out.figures) sum = sum / figure_weights.at(name);
  if (pieces > 1) scale_gradients(objective.parameters(), 1 / out.weight);
  return out;
}

void fail_not_finite(Objective& objective, const modalities::Batch& batch, const StepContext& context,
                     nn::Precision precision, const std::string& what, double value,
                     const std::filesystem::path& file) {
  const auto guilty = guilty_objects(objective, batch, context, precision);
  const std::string kind = guilty.empty() ? "of the batch" : "whose loss, alone or with two others, is not finite";
  nlohmann::json record = {{"step", context.step}, {"epoch", context.epoch}, {"what", what}};
  record["guilty"] = record["objects"] = nlohmann::json::array();
  std::vector<std::string> named;
  for (const auto& one : guilty) {
    record["guilty"].push_back({{"object", one.object}, {"modalities", one.modalities}});
    named.push_back(one.modalities.empty()
                        ? one.object
                        : fmt::format("{} (by its {})", one.object, fmt::join(one.modalities, ", ")));
  }
  for (const auto& key : batch.objects) record["objects"].push_back({{"survey", key.survey}, {"id", key.id}});
  io::write_json(file, record);
  if (named.empty())
    for (const auto& key : batch.objects) named.push_back(name_of(key));
  const size_t count = named.size();
  if (int64_t(count) > kMostNamed) named.resize(size_t(kMostNamed));
  base::data_error(
      "step {}: the {} is {}. Objects {} ({} in all): {}. All objects of the batch are in {}; the last checkpoint "
      "stands. Look at their values, or lower train.learning_rate{}.",
      context.step, what, value, kind, count, fmt::join(named, ", "), file.string(),
      precision == nn::Precision::fp32 ? "" : ", or train with train.precision = \"fp32\"");
}

}  // namespace asterism::train
