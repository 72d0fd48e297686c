#include "eval/questions/joint.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "eval/questions/task.h"

namespace asterism::eval {
namespace {

// Of the objects where all four are finite (a truth beyond the bins has no density).
struct Differences {
  std::vector<double> between_orders, told, against_independent, ln_a, ln_b, ln_b_given_a, ln_a_given_b;
};

Differences differences(const FactoredPair& pair) {
  Differences out;
  for (size_t i = 0; i < pair.rows.size(); ++i) {
    const double one = pair.ln_a[i] + pair.ln_b_given_a[i], other = pair.ln_b[i] + pair.ln_a_given_b[i];
    if (!std::isfinite(one) || !std::isfinite(other)) continue;
    out.between_orders.push_back(std::abs(one - other));
    out.told.push_back(0.5 * (pair.ln_b_given_a[i] - pair.ln_b[i] + pair.ln_a_given_b[i] - pair.ln_a[i]));
    out.against_independent.push_back(std::abs(pair.ln_b_given_a[i] - pair.ln_b[i]));
    out.ln_a.push_back(pair.ln_a[i]);
    out.ln_b.push_back(pair.ln_b[i]);
    out.ln_b_given_a.push_back(pair.ln_b_given_a[i]);
    out.ln_a_given_b.push_back(pair.ln_a_given_b[i]);
  }
  return out;
}

}  // namespace

bool JointQuestion::applies(const Subject& subject, const Labels&) const {
  return std::any_of(subject.factored.begin(), subject.factored.end(),
                     [](const FactoredPair& pair) { return int64_t(pair.rows.size()) >= kFewest; });
}

Answer JointQuestion::ask(const Subject& subject, const Labels&, const Split& split) const {
  Answer answer;
  answer.question = name();
  answer.sentence = sentence();
  answer.train = int64_t(split.train.size());
  for (const auto& pair : subject.factored) {
    const auto about = fmt::format("{}, {}", pair.a, pair.b);
    const auto found = differences(pair);
    if (int64_t(found.between_orders.size()) < kFewest) {
      answer.notes.push_back(
          fmt::format("{}: {} objects have both, too few to judge", about, found.between_orders.size()));
      continue;
    }
    if (const auto lost = pair.rows.size() - found.between_orders.size(); lost > 0)
      answer.notes.push_back(fmt::format("{}: {} truths lie where the model allows nothing", about, lost));
    answer.test = std::max(answer.test, int64_t(found.between_orders.size()));
    const auto add = [&](const char* method, const char* measure, const std::vector<double>& of_object, bool baseline) {
      answer.scores.push_back(mean_score(about, method, measure, of_object, baseline, true, options_.bootstrap));
    };
    add("model", "|ln p(a) p(b|a) - ln p(b) p(a|b)| [nats]", found.between_orders, false);
    add("one order independent", "|ln p(a) p(b|a) - ln p(b) p(a|b)| [nats]", found.against_independent, true);
    answer.scores.push_back(
        mean_score(about, "model", "what one tells of the other [nats]", found.told, false, false, options_.bootstrap));
    // Which of the four is off: each has a best value that a histogram of many objects comes close to.
    const auto add_part = [&](const std::string& what, const std::vector<double>& of_object) {
      answer.scores.push_back(mean_score(about, "model", fmt::format("ln p({}) [nats]", what), of_object, false, false,
                                         options_.bootstrap));
    };
    add_part(pair.a, found.ln_a);
    add_part(pair.b, found.ln_b);
    add_part(pair.b + "|" + pair.a, found.ln_b_given_a);
    add_part(pair.a + "|" + pair.b, found.ln_a_given_b);
  }
  return answer;
}

}  // namespace asterism::eval
