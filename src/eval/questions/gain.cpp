#include "eval/questions/gain.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "eval/questions/posterior_rows.h"
#include "eval/questions/task.h"

namespace asterism::eval {
namespace {

// One set of inputs, another with nothing of it, and both.
struct Step {
  const Posteriors *before, *added, *after;
};

std::vector<Step> steps_of(const std::vector<Posteriors>& all) {
  std::vector<Step> out;
  for (const auto& after : all)
    for (const auto& before : all) {
      if (before.inputs.empty() || before.inputs.size() >= after.inputs.size() ||
          !std::includes(after.inputs.begin(), after.inputs.end(), before.inputs.begin(), before.inputs.end()))
        continue;
      std::vector<std::string> rest;
      std::set_difference(after.inputs.begin(), after.inputs.end(), before.inputs.begin(), before.inputs.end(),
                          std::back_inserter(rest));
      const auto added =
          std::find_if(all.begin(), all.end(), [&](const Posteriors& one) { return one.inputs == rest; });
      if (added != all.end()) out.push_back({&before, &*added, &after});
    }
  return out;
}

}  // namespace

bool GainQuestion::applies(const Subject& subject, const Labels& labels) const {
  return std::any_of(subject.posteriors.begin(), subject.posteriors.end(), [&](const auto& entry) {
    return labels.contains(entry.first) && !steps_of(entry.second).empty();
  });
}

Answer GainQuestion::ask(const Subject& subject, const Labels& labels, const Split& split) const {
  Answer answer;
  answer.question = name();
  answer.sentence = sentence();
  for (const auto& [target, posteriors] : subject.posteriors) {
    const auto label = labels.find(target);
    if (label == labels.end()) continue;
    for (const auto& step : steps_of(posteriors)) {
      const auto task = make_task(target, label->second, subject, split,
                                  {&step.before->present, &step.added->present, &step.after->present});
      const auto words = fmt::format("given {}, then also {}", step.before->given, step.added->given);
      if (task.nobody()) continue;
      if (int64_t(task.test.size()) < kFewest) {
        answer.notes.push_back(
            fmt::format("{}, {}: {} objects are too few to judge by", target, words, task.test.size()));
        continue;
      }
      std::vector<double> gain;
      const auto before = at_truth(*step.before, task.test, task.y_test).log_density;
      const auto after = at_truth(*step.after, task.test, task.y_test).log_density;
      for (size_t i = 0; i < task.test.size(); ++i) gain.push_back(after[i] - before[i]);
      answer.train = std::max(answer.train, int64_t(task.train.size()));
      answer.test = std::max(answer.test, int64_t(gain.size()));
      answer.scores.push_back(
          mean_score(target, words, "gain of ln p(truth) [nats]", gain, false, false, options_.bootstrap));
    }
  }
  return answer;
}

}  // namespace asterism::eval
