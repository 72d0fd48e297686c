#include "eval/questions/retrieval.h"

#include <algorithm>

#include "base/error.h"
#include "eval/methods/linear_pairing.h"
#include "eval/methods/pairing.h"
#include "eval/methods/ridge.h"
#include "eval/questions/single_modalities.h"
#include "eval/questions/task.h"

namespace asterism::eval {
namespace {

constexpr int64_t kFewestToFit = 200;

std::vector<int64_t> shared_rows(const Vectors& a, const Vectors& b, const std::vector<int64_t>& test, int64_t most) {
  std::vector<int64_t> rows;
  for (const int64_t row : test)
    if (a.present[size_t(row)] != 0 && b.present[size_t(row)] != 0 && int64_t(rows.size()) < most) rows.push_back(row);
  return rows;
}

void add_chance(Answer& answer, const std::string& direction, const PairingScores& scores) {
  for (size_t i = 0; i < scores.k.size(); ++i)
    answer.scores.push_back({"chance",
                             fmt::format("recall@{}", scores.k[i]),
                             {scores.chance[i], scores.chance[i], scores.chance[i]},
                             true,
                             false,
                             direction});
  const double rank = scores.median_rank_chance;
  answer.scores.push_back({"chance", "median rank", {rank, rank, rank}, true, true, direction});
}

// Plain features of one modality, by the names that features.h gives them; null without any.
std::pair<std::string, const Features*> features_of(const Subject& subject, const std::string& modality) {
  for (const auto& [name, table] : subject.features)
    if (name == "aperture colours of " + modality || name == "binned " + modality ||
        (modality == "scalars" && name == "magnitudes and colours"))
      return {name, &table};
  return {"", nullptr};
}

// How much better vectors find the pairs than a fit does, query by query.
void add_gain(Answer& answer, const std::string& direction, const std::vector<double>& ranks,
              const std::vector<double>& fitted, const AskOptions& options) {
  const auto recall_of = [](const std::vector<double>& of, int64_t k) {
    return [&of, k](std::span<const int64_t> rows) {
      const auto found =
          std::count_if(rows.begin(), rows.end(), [&](int64_t row) { return of[size_t(row)] <= double(k); });
      return double(found) / double(rows.size());
    };
  };
  for (const int64_t k : options.recall)
    answer.scores.push_back(
        {"vectors less quadratic fit", fmt::format("recall@{}, difference", k),
         paired_difference(int64_t(ranks.size()), recall_of(ranks, k), recall_of(fitted, k), options.bootstrap), false,
         false, direction});
}

// What needs no vectors: a fit from the features of one observation to those of the other, on the same pairs. `ranks`:
// of the vectors.
void add_fit(Answer& answer, const Subject& subject, const std::string& from, const std::string& to,
             const std::vector<int64_t>& rows, const std::vector<double>& ranks, const Split& split,
             const AskOptions& options) {
  const auto [from_name, a] = features_of(subject, from);
  const auto [to_name, b] = features_of(subject, to);
  if (a == nullptr || b == nullptr) return;
  const std::string direction = from + " -> " + to;
  const auto has_both = [&, a = a, b = b](int64_t row) {
    return a->present[size_t(row)] != 0 && b->present[size_t(row)] != 0;
  };
  std::vector<int64_t> train;
  std::vector<uint64_t> hashes;
  for (const int64_t row : split.train) {
    if (!has_both(row)) continue;
    train.push_back(row);
    hashes.push_back(subject.objects[size_t(row)].hash());
  }
  if (int64_t(train.size()) < kFewestToFit || !std::all_of(rows.begin(), rows.end(), has_both)) {
    answer.notes.push_back(direction + ": no fit of plain features beside it, too few objects have them");
    return;
  }
  const PairedFeatures features{take_rows(a->values_NF, train), take_rows(b->values_NF, train),
                                take_rows(a->values_NF, rows), take_rows(b->values_NF, rows),
                                fold_of(hashes, options.folds)};
  const auto fitted = linear_pair_ranks(features);
  const auto scores = score_pairing(fitted, options.recall, options.bootstrap);
  const auto method = "quadratic fit, " + from_name + " to " + to_name;
  for (size_t i = 0; i < scores.k.size(); ++i)
    answer.scores.push_back({method, fmt::format("recall@{}", scores.k[i]), scores.recall[i], true, false, direction});
  answer.scores.push_back({method, "median rank", scores.median_rank, true, true, direction});
  add_gain(answer, direction, ranks, fitted, options);
  answer.train = std::max(answer.train, int64_t(train.size()));
}

report::Figure figure_of(const std::string& direction, const std::vector<double>& ranks) {
  report::Figure figure;
  figure.title = direction;
  figure.x = {.label = "k", .log = true};
  figure.y.label = "recall@k";
  const auto n = int64_t(ranks.size());
  report::Line line{.name = "model"},
      chance{.name = "chance", .dash = report::Dash::kDash, .colour = report::Colour::kMuted};
  for (double k = 1; k <= double(n); k = std::max(k + 1, std::floor(k * 1.2))) {
    line.x.push_back(k);
    line.y.push_back(recall_at(ranks, int64_t(k)));
    chance.x.push_back(k);
    chance.y.push_back(k / double(n));
  }
  figure.add(line).add(chance);
  figure.caption = fmt::format("{} pairs that are judged.", n);
  return figure;
}

}  // namespace

bool RetrievalQuestion::applies(const Subject& subject, const Labels&) const {
  return single_modalities(subject).size() >= 2;
}

Answer RetrievalQuestion::ask(const Subject& subject, const Labels&, const Split& split) const {
  Answer answer;
  answer.question = name();
  answer.sentence = sentence();
  for (const auto& [from, to] : comparable_pairs(subject)) {
    const auto& a = subject.vectors.at(from);
    const auto& b = subject.vectors.at(to);
    const auto rows = shared_rows(a, b, split.test, options_.pairs);
    const std::string direction = from + " -> " + to;
    if (int64_t(rows.size()) < kFewest) {
      answer.notes.push_back(fmt::format("{}: {} pairs are too few", direction, rows.size()));
      continue;
    }
    answer.test = std::max(answer.test, int64_t(rows.size()));
    const auto ranks = pair_ranks(take_rows(a.vectors_ND, rows), take_rows(b.vectors_ND, rows));
    const auto scores = score_pairing(ranks, options_.recall, options_.bootstrap);
    for (size_t i = 0; i < scores.k.size(); ++i)
      answer.scores.push_back(
          {"vectors", fmt::format("recall@{}", scores.k[i]), scores.recall[i], false, false, direction});
    answer.scores.push_back({"vectors", "median rank", scores.median_rank, false, true, direction});
    add_chance(answer, direction, scores);
    add_fit(answer, subject, from, to, rows, ranks, split, options_);
    answer.plots.push_back(figure_of(direction, ranks));
  }
  return answer;
}

}  // namespace asterism::eval
