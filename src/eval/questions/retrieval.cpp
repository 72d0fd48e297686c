#include "eval/questions/retrieval.h"

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "eval/methods/linear_pairing.h"
#include "eval/methods/pairing.h"
#include "eval/methods/ridge.h"
#include "eval/questions/found.h"
#include "eval/questions/repeats.h"
#include "eval/questions/single_modalities.h"
#include "eval/questions/task.h"

namespace asterism::eval {
namespace {

constexpr int64_t kFewestToFit = 200;       // of products of features
constexpr int64_t kFewestRepeats = 1;       // intervals say how little that is; folds are joined
constexpr int64_t kFewestToFitLevels = 30;  // of a number or two

std::vector<int64_t> shared_rows(const Vectors& a, const Vectors& b, const std::vector<int64_t>& test, int64_t most) {
  std::vector<int64_t> rows;
  for (const int64_t row : test)
    if (a.present[size_t(row)] != 0 && b.present[size_t(row)] != 0 && int64_t(rows.size()) < most) rows.push_back(row);
  return rows;
}

// Plain features of one modality, by the names that features.h gives them; null without any.
std::pair<std::string, const Features*> features_of(const Subject& subject, const std::string& modality) {
  for (const auto& [name, table] : subject.features)
    if (name == "aperture colours of " + modality || name == "binned " + modality ||
        (modality == "scalars" && name == "magnitudes and colours"))
      return {name, &table};
  return {"", nullptr};
}

// What needs no vectors: a fit from the numbers of one observation to those of the other, on the same pairs. Nothing
// where fewer than `fewest` objects to learn from have both, or one that is judged lacks them.
std::optional<PairedFeatures> fitted_on(const Subject& subject, const Features& a, const Features& b,
                                        const std::vector<int64_t>& rows, const Split& split, const AskOptions& options,
                                        int64_t fewest) {
  const auto has_both = [&](int64_t row) { return a.present[size_t(row)] != 0 && b.present[size_t(row)] != 0; };
  std::vector<int64_t> train;
  std::vector<uint64_t> hashes;
  for (const int64_t row : split.train) {
    if (!has_both(row)) continue;
    train.push_back(row);
    hashes.push_back(subject.objects[size_t(row)].hash());
  }
  if (int64_t(train.size()) < fewest || !std::all_of(rows.begin(), rows.end(), has_both)) return std::nullopt;
  return PairedFeatures{take_rows(a.values_NF, train), take_rows(b.values_NF, train), take_rows(a.values_NF, rows),
                        take_rows(b.values_NF, rows), fold_of(hashes, options.folds)};
}

// The quadratic fit where there are enough pairs to learn it from; else one of brightness to brightness.
void add_fit(Answer& answer, const Subject& subject, const std::string& from, const std::string& to,
             const std::vector<int64_t>& rows, const Ranks& vectors, const Split& split, const AskOptions& options) {
  const auto [from_name, a] = features_of(subject, from);
  const auto [to_name, b] = features_of(subject, to);
  const auto judge = [&](const PairedFeatures& features, const std::string& method, const std::string& called) {
    const Ranks fitted{vectors.subject, method, true, int64_t(rows.size()), linear_pair_ranks(features)};
    add_found(answer, options, fitted);
    add_gain(answer, options, vectors, fitted, called);
    answer.train = std::max(answer.train, features.from_MD.size(0));
  };
  if (a != nullptr && b != nullptr)
    if (const auto features = fitted_on(subject, *a, *b, rows, split, options, kFewestToFit))
      return judge(*features, "quadratic fit, " + from_name + " to " + to_name, "quadratic fit");
  const auto level_a = subject.levels.find(from), level_b = subject.levels.find(to);
  if (level_a != subject.levels.end() && level_b != subject.levels.end())
    if (auto features =
            fitted_on(subject, level_a->second, level_b->second, rows, split, options, kFewestToFitLevels)) {
      features->products = false;
      return judge(*features, "linear fit, how bright " + from + " is to how bright " + to + " is",
                   "fit of brightness");
    }
  if (a != nullptr && b != nullptr)
    answer.notes.push_back(vectors.subject + ": no fit of plain features beside it, too few objects have them");
}

}  // namespace

bool RetrievalQuestion::applies(const Subject& subject, const Labels&) const {
  return single_modalities(subject).size() >= 2 || !subject.halves.empty();
}

void RetrievalQuestion::ask_pair(Answer& answer, const Subject& subject, const std::string& from, const std::string& to,
                                 const Split& split) const {
  const auto& a = subject.vectors.at(from);
  const auto& b = subject.vectors.at(to);
  const auto rows = shared_rows(a, b, split.test, options_.pairs);
  const std::string direction = from + " -> " + to;
  const auto n = int64_t(rows.size());
  if (n == 0 && shared_rows(a, b, split.train, 1).empty()) return;  // no object has both
  if (n < kFewest) {
    answer.notes.push_back(fmt::format("{}: {} pairs are too few", direction, n));
    return;
  }
  answer.test = std::max(answer.test, n);
  const Ranks ranks{direction, "vectors", false, n,
                    pair_ranks(take_rows(a.vectors_ND, rows), take_rows(b.vectors_ND, rows))};
  add_found(answer, options_, ranks);
  add_chance(answer, options_, direction, n);
  add_fit(answer, subject, from, to, rows, ranks, split, options_);
  answer.plots.push_back(recall_figure(ranks));
}

Answer RetrievalQuestion::ask(const Subject& subject, const Labels&, const Split& split) const {
  Answer answer;
  answer.question = name();
  answer.sentence = sentence();
  for (const auto& [from, to] : comparable_pairs(subject)) ask_pair(answer, subject, from, to, split);
  for (const auto& modality : single_modalities(subject))
    ask_repeats(answer, subject, modality, split, options_, kFewestRepeats);
  for (const auto& [modality, halves] : subject.halves) ask_halves(answer, modality, halves, options_, kFewest);
  if (answer.test == 0)
    for (const auto& ranks : answer.ranks) answer.test = std::max(answer.test, int64_t(ranks.rank.size()));
  return answer;
}

}  // namespace asterism::eval
