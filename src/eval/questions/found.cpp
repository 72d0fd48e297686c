#include "eval/questions/found.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "eval/methods/pairing.h"

namespace asterism::eval {

void add_found(Answer& answer, const AskOptions& options, Ranks ranks) {
  const auto scores = score_pairing(ranks.rank, options.recall, options.bootstrap);
  for (size_t i = 0; i < scores.k.size(); ++i)
    answer.scores.push_back(
        {ranks.method, fmt::format("recall@{}", scores.k[i]), scores.recall[i], ranks.baseline, false, ranks.subject});
  answer.scores.push_back({ranks.method, "median rank", scores.median_rank, ranks.baseline, true, ranks.subject});
  answer.ranks.push_back(std::move(ranks));
}

void add_chance(Answer& answer, const AskOptions& options, const std::string& direction, int64_t among) {
  for (const int64_t k : options.recall) {
    const double share = std::min(1.0, double(k) / double(among));
    answer.scores.push_back({"chance", fmt::format("recall@{}", k), {share, share, share}, true, false, direction});
  }
  const double rank = 0.5 * double(among + 1);
  answer.scores.push_back({"chance", "median rank", {rank, rank, rank}, true, true, direction});
}

void add_gain(Answer& answer, const AskOptions& options, const Ranks& vectors, const Ranks& baseline,
              const std::string& called) {
  const auto recall_of = [](const std::vector<double>& of, int64_t k) {
    return [&of, k](std::span<const int64_t> rows) {
      const auto found =
          std::count_if(rows.begin(), rows.end(), [&](int64_t row) { return of[size_t(row)] <= double(k); });
      return double(found) / double(rows.size());
    };
  };
  for (const int64_t k : options.recall)
    answer.scores.push_back({"vectors less " + called, fmt::format("recall@{}, difference", k),
                             paired_difference(int64_t(vectors.rank.size()), recall_of(vectors.rank, k),
                                               recall_of(baseline.rank, k), options.bootstrap),
                             false, false, vectors.subject});
}

report::Figure recall_figure(const Ranks& ranks) {
  report::Figure figure;
  figure.title = ranks.subject;
  figure.x = {.label = "k", .log = true};
  figure.y.label = "recall@k";
  report::Line line{.name = "model"},
      chance{.name = "chance", .dash = report::Dash::kDash, .colour = report::Colour::kMuted};
  for (double k = 1; k <= double(ranks.among); k = std::max(k + 1, std::floor(k * 1.2))) {
    line.x.push_back(k);
    line.y.push_back(recall_at(ranks.rank, int64_t(k)));
    chance.x.push_back(k);
    chance.y.push_back(k / double(ranks.among));
  }
  figure.add(line).add(chance);
  figure.caption = ranks.among == int64_t(ranks.rank.size())
                       ? fmt::format("{} pairs that are judged.", ranks.among)
                       : fmt::format("{} that are judged, each looked for among {}.", ranks.rank.size(), ranks.among);
  return figure;
}

}  // namespace asterism::eval
