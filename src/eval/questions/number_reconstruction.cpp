#include "eval/questions/number_reconstruction.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "eval/questions/judged_sides.h"
#include "eval/questions/task.h"
#include "tokenizers/in_unit.h"

namespace asterism::eval {
namespace {

using modalities::ScalarBlock;
using modalities::VectorBlock;

constexpr double kTail = 0.0005, kMostBits = 24;

bool holds_numbers(const Reconstruction& made) {
  const auto* vector = std::get_if<VectorBlock>(&made.observed);
  return std::holds_alternative<ScalarBlock>(made.observed) || (vector != nullptr && vector->vocabulary == 0);
}

template <class T>
at::Tensor table(const base::AlignedVector<T>& values, int64_t n) {
  const std::vector<double> copy(values.begin(), values.end());
  return at::tensor(copy, at::kDouble).view({n, -1});
}

// n objects, C numbers each.
struct Numbers {
  at::Tensor value_nC, rebuilt_nC;  // float64, of the unit of what is rebuilt
  at::Tensor error_nC;              // float64, 0 where it is not known
};

Numbers numbers_of(const Reconstruction& made, const std::string& reader) {
  if (const auto* vector = std::get_if<VectorBlock>(&made.observed)) {
    const auto value = table(vector->value, vector->n);
    return {value, table(std::get<VectorBlock>(made.rebuilt).value, vector->n), at::zeros_like(value)};
  }
  const auto& rebuilt = std::get<ScalarBlock>(made.rebuilt);
  const tokenizers::InUnit given(made.observed, "scalar", rebuilt.unit, reader);
  const auto& observed = std::get<ScalarBlock>(*given);
  return {table(observed.value, observed.n), table(rebuilt.value, observed.n), table(observed.error, observed.n)};
}

at::Tensor rows_of(const at::Tensor& x_nC, const std::vector<int64_t>& rows) {
  return x_nC.index_select(0, at::tensor(rows, at::kLong));
}

// One number a column, 1 where all values are the same.
at::Tensor scatter_of(const at::Tensor& x_nC) {
  const auto from = (x_nC - std::get<0>(x_nC.median(0, true))).abs();
  const auto scatter = 1.4826 * std::get<0>(from.median(0, true));
  return scatter.masked_fill(scatter <= 0, 1);
}

// Middles of bins of equal width, chosen on `train`.
at::Tensor binned(const at::Tensor& x_nC, const at::Tensor& train_nC, int64_t bins) {
  const auto low = at::quantile(train_nC, kTail, 0, true), high = at::quantile(train_nC, 1 - kTail, 0, true);
  const auto width = ((high - low) / double(bins)).clamp_min(1e-300);
  const auto bin = at::floor((x_nC - low) / width).clamp(0, double(bins - 1));
  return low + (bin + 0.5) * width;
}

std::vector<double> list_of(const at::Tensor& x_n) {
  const auto flat = x_n.contiguous();
  return {flat.const_data_ptr<double>(), flat.const_data_ptr<double>() + flat.numel()};
}

void add_scores(Answer& answer, const std::string& modality, const std::string& method, bool baseline,
                const at::Tensor& ratio_nC, bool in_errors, const BootstrapOptions& options) {
  const std::string unit = in_errors ? "error" : "scatter";
  const auto size = list_of(ratio_nC.square().mean(1).sqrt());
  answer.scores.push_back(
      median_score(modality, method, "median |coded - value| / " + unit, size, baseline, true, options));
  answer.scores.push_back(median_score(modality, method, "median (coded - value) / " + unit, list_of(ratio_nC.mean(1)),
                                       baseline, true, options));
  if (!in_errors) return;
  std::vector<double> within;
  within.reserve(size.size());
  for (const double one : size) within.push_back(one <= 1);
  answer.scores.push_back(mean_score(modality, method, "share within the error", within, baseline, false, options));
}

}  // namespace

bool NumberReconstructionQuestion::applies(const Subject& subject, const Labels&) const {
  return std::any_of(subject.reconstructions.begin(), subject.reconstructions.end(),
                     [](const auto& entry) { return holds_numbers(entry.second); });
}

Answer NumberReconstructionQuestion::ask(const Subject& subject, const Labels&, const Split& split) const {
  Answer answer;
  answer.question = name();
  answer.sentence = sentence();
  for (const auto& [modality, made] : subject.reconstructions) {
    if (!holds_numbers(made)) continue;
    const auto sides = judged_sides(answer, modality, made, split);
    if (!sides) continue;
    const bool learns = int64_t(sides->train.size()) >= kFewest;
    const auto all = numbers_of(made, name());
    const auto value = rows_of(all.value_nC, sides->test), error = rows_of(all.error_nC, sides->test);
    const auto learned = rows_of(all.value_nC, learns ? sides->train : sides->test);
    const bool in_errors = (error > 0).all().item<bool>();
    const auto scale = in_errors ? error : scatter_of(learned).expand_as(value);
    if (!in_errors && (error > 0).any().item<bool>())
      answer.notes.push_back(fmt::format("{}: some errors are not known, so none is used", modality));
    const auto method = fmt::format("model, {:.0f} bits", made.bits);
    add_scores(answer, modality, method, false, (rows_of(all.rebuilt_nC, sides->test) - value) / scale, in_errors,
               options_.bootstrap);
    add_code_use(answer, modality, method, made, sides->test);
    if (!learns) {
      answer.notes.push_back(fmt::format("{}: too few to learn from for bins to compare with", modality));
      continue;
    }
    const double bits = std::min(made.bits / double(value.size(1)), kMostBits);
    const auto bins = std::max<int64_t>(2, std::llround(std::exp2(bits)));
    add_scores(answer, modality, fmt::format("{} bins of equal width", bins), true,
               (binned(value, learned, bins) - value) / scale, in_errors, options_.bootstrap);
  }
  return answer;
}

}  // namespace asterism::eval
