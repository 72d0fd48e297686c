#include "eval/questions/photo_z.h"

#include "base/error.h"
#include "eval/posterior.h"
#include "eval/questions/posterior_rows.h"
#include "eval/questions/task.h"

namespace asterism::eval {
namespace {

report::Figure scatter_of(const Task& task, const std::string& given, const std::vector<double>& predicted) {
  report::Figure figure;
  figure.title = fmt::format("{} from {}", task.name, given);
  figure.x.label = "true " + task.name;
  figure.y.label = "predicted " + task.name;
  const double high = *std::max_element(task.y_test.begin(), task.y_test.end());
  if (task.y_test.size() > 3000)
    figure.add(report::density(task.y_test, predicted, figure.x, figure.y, 80));
  else
    figure.add(report::Scatter{.x = task.y_test, .y = predicted, .size = 3});
  figure.add(report::diagonal(0, high));
  report::Line above{.x = {0, high},
                     .y = {0.15, high + 0.15 * (1 + high)},
                     .name = "outliers lie beyond",
                     .dash = report::Dash::kDot,
                     .colour = report::Colour::kMuted};
  report::Line below{.x = {0, high},
                     .y = {-0.15, high - 0.15 * (1 + high)},
                     .dash = report::Dash::kDot,
                     .colour = report::Colour::kMuted};
  figure.add(above).add(below);
  figure.caption = fmt::format("Median of the posterior, {} objects that are judged.", task.y_test.size());
  return figure;
}

}  // namespace

bool PhotoZQuestion::applies(const Subject& subject, const Labels& labels) const {
  return std::any_of(subject.posteriors.begin(), subject.posteriors.end(), [&](const auto& entry) {
    return is_redshift(entry.first) && labels.contains(entry.first) && !labels.at(entry.first).is_class;
  });
}

Answer PhotoZQuestion::ask(const Subject& subject, const Labels& labels, const Split& split) const {
  Answer answer;
  answer.question = name();
  answer.sentence = sentence();
  for (const auto& [target, all] : subject.posteriors) {
    const auto label = labels.find(target);
    if (!is_redshift(target) || label == labels.end() || label->second.is_class) continue;
    const auto sets = input_sets(all);
    const auto everyone = make_task(target, label->second, subject, split, {});
    for (const auto& group : group_by_objects(target, label->second, subject, split, sets, false, answer)) {
      for (const auto& [set, task] : group.tasks) {
        const auto predicted = medians_of(all[set], task.test);
        add_scores(answer, task, "model, given " + all[set].given, false, predicted, options_.bootstrap);
        answer.plots.push_back(scatter_of(task, all[set].given, predicted));
      }
      for (const auto& [features, table] : subject.features) {
        const auto task = baseline_task(group.judged(), everyone, &table.present);
        if (!task.enough()) continue;
        add_scores(answer, task, fmt::format("{}, {}-NN", features, options_.neighbours), true,
                   neighbour_prediction(table.values_NF, task, options_.neighbours), options_.bootstrap);
      }
      const auto task = baseline_task(group.judged(), everyone);
      answer.train = std::max(answer.train, int64_t(task.train.size()));
      if (task.enough()) add_trivial_scores(answer, task, options_.bootstrap);
    }
  }
  return answer;
}

}  // namespace asterism::eval
