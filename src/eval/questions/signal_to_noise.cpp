#include "eval/questions/signal_to_noise.h"

#include <cmath>
#include <limits>

#include "base/error.h"
#include "eval/questions/posterior_rows.h"
#include "eval/questions/task.h"

namespace asterism::eval {
namespace {

struct Bin {
  const char* name;
  double low, high;
};
constexpr Bin kBins[] = {{"S/N < 1", -std::numeric_limits<double>::infinity(), 1},
                         {"S/N 1-2", 1, 2},
                         {"S/N 2-3", 2, 3},
                         {"S/N 3-6", 3, 6},
                         {"S/N > 6", 6, std::numeric_limits<double>::infinity()},
                         {"S/N > 3", 3, std::numeric_limits<double>::infinity()}};

// The test objects of a task within a bin, and what was predicted of them.
Task within(const Task& task, const std::vector<double>& signal_to_noise, const Bin& bin,
            const std::vector<double>& predicted, std::vector<double>& chosen) {
  Task out = task;
  out.test.clear();
  out.y_test.clear();
  out.class_test.clear();
  chosen.clear();
  for (size_t i = 0; i < task.test.size(); ++i) {
    const double value = signal_to_noise[size_t(task.test[i])];
    if (!(value >= bin.low && value < bin.high)) continue;
    out.test.push_back(task.test[i]);
    out.y_test.push_back(task.y_test[i]);
    chosen.push_back(predicted[i]);
  }
  out.name = fmt::format("{}, {}, {} objects", task.name, bin.name, out.test.size());
  return out;
}

}  // namespace

bool SignalToNoiseQuestion::applies(const Subject& subject, const Labels& labels) const {
  for (const auto& [target, all] : subject.posteriors)
    for (const auto& posteriors : all)
      if (is_redshift(target) && labels.contains(target) && subject.signal_to_noise.contains(posteriors.given))
        return true;
  return false;
}

Answer SignalToNoiseQuestion::ask(const Subject& subject, const Labels& labels, const Split& split) const {
  Answer answer;
  answer.question = name();
  answer.sentence = sentence();
  for (const auto& [target, all] : subject.posteriors) {
    const auto label = labels.find(target);
    if (!is_redshift(target) || label == labels.end() || label->second.is_class) continue;
    for (const auto& posteriors : all) {
      const auto found = subject.signal_to_noise.find(posteriors.given);
      if (found == subject.signal_to_noise.end()) continue;
      const auto task = make_task(target, label->second, subject, split, {&posteriors.present});
      answer.test = std::max(answer.test, int64_t(task.test.size()));
      const auto predicted = medians_of(posteriors, task.test);
      std::vector<double> neighbours;
      if (const auto x = subject.features.find("binned " + posteriors.given); x != subject.features.end()) {
        const auto base = baseline_task(task, make_task(target, label->second, subject, split, {}), &x->second.present);
        answer.train = std::max(answer.train, int64_t(base.train.size()));
        if (base.enough()) neighbours = neighbour_prediction(x->second.values_NF, base, options_.neighbours);
      }
      for (const auto& bin : kBins) {
        std::vector<double> chosen;
        const auto part = within(task, found->second, bin, predicted, chosen);
        if (part.test.empty()) continue;
        if (int64_t(part.test.size()) < kFewest) {
          answer.notes.push_back(fmt::format("{}: {} objects are too few", part.name, part.test.size()));
          continue;
        }
        add_scores(answer, part, "model, given " + posteriors.given, false, chosen, options_.bootstrap);
        if (neighbours.empty()) continue;
        const auto same = within(task, found->second, bin, neighbours, chosen);
        add_scores(answer, same, fmt::format("binned spectrum, {}-NN", options_.neighbours), true, chosen,
                   options_.bootstrap);
      }
    }
  }
  return answer;
}

}  // namespace asterism::eval
