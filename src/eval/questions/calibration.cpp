#include "eval/questions/calibration.h"

#include "base/error.h"
#include "base/random.h"
#include "eval/methods/neighbours.h"
#include "eval/metrics.h"
#include "eval/posterior.h"
#include "eval/questions/posterior_rows.h"
#include "eval/questions/task.h"

namespace asterism::eval {
namespace {

// The same posterior for every object: all training values. Sorted once, since they may be millions.
AtTruth of_prior(const Subject& subject, const Task& task) {
  const DrawnReference reference(task.y_train);
  AtTruth out;
  for (size_t i = 0; i < task.test.size(); ++i) {
    base::Random random(0, 0, subject.objects[size_t(task.test[i])].hash(), "prior pit");
    out.pit.push_back(reference.pit(task.y_test[i], random.uniform()));
    out.crps.push_back(reference.crps(task.y_test[i]));
  }
  return out;
}

AtTruth of_neighbours(const at::Tensor& x_NF, const Subject& subject, const Task& task, int64_t k) {
  const auto train = take_rows(x_NF, task.train), test = take_rows(x_NF, task.test);
  const auto scaler = Scaler::fit(train);
  const auto values = neighbour_values(nearest(scaler(train), scaler(test), k), task.y_train);
  AtTruth out;
  for (size_t i = 0; i < task.test.size(); ++i) {
    base::Random random(0, 0, subject.objects[size_t(task.test[i])].hash(), "pit");
    out.pit.push_back(pit_drawn(values[i], {}, task.y_test[i], random.uniform()));
    out.crps.push_back(crps_drawn(values[i], {}, task.y_test[i]));
  }
  return out;
}

void score(Answer& answer, const Task& task, const std::string& method, bool baseline, const AtTruth& at_truth,
           const BootstrapOptions& options) {
  answer.scores.push_back(mean_score(task.name, method, "CRPS", at_truth.crps, baseline, true, options));
  if (!at_truth.log_density.empty())
    answer.scores.push_back(
        mean_score(task.name, method, "log-likelihood [nats]", at_truth.log_density, baseline, false, options));
  auto chosen = [&](std::span<const int64_t> rows) {
    std::vector<double> out;
    for (const int64_t row : rows) out.push_back(at_truth.pit[size_t(row)]);
    return out;
  };
  const auto n = int64_t(at_truth.pit.size());
  // A resample repeats objects, which alone moves the distance from flat: the interval of KS is wide on its upper side.
  answer.scores.push_back({method, "PIT KS",
                           bootstrap(
                               n, [&](std::span<const int64_t> rows) { return ks_uniform(chosen(rows)); }, options),
                           baseline, true, task.name});
  for (const double level : {0.68, 0.95}) {
    const std::vector<double> one = {level};
    answer.scores.push_back({method, fmt::format("coverage of {:.0f}%", 100 * level),
                             share_interval(n, coverage(at_truth.pit, one)[0], options), baseline, false, task.name});
  }
}

// The middle of each posterior as one number.
void score_medians(Answer& answer, const Task& task, const std::string& method, const std::vector<double>& medians,
                   const BootstrapOptions& options) {
  const auto of = [&](std::span<const int64_t> rows) {
    std::vector<double> predicted, truth;
    for (const int64_t row : rows) {
      predicted.push_back(medians[size_t(row)]);
      truth.push_back(task.y_test[size_t(row)]);
    }
    return r2(predicted, truth);
  };
  answer.scores.push_back(
      {method, "R2 of the median", bootstrap(int64_t(medians.size()), of, options), false, false, task.name});
}

std::vector<report::Figure> plots_of(const Task& task, const std::string& given, const AtTruth& model) {
  report::Figure pit;
  pit.title = fmt::format("PIT of {} given {}", task.name, given);
  pit.x = {.label = "probability below the truth", .low = 0.0, .high = 1.0};
  pit.y.label = "density";
  pit.add(report::histogram(model.pit, 0, 1, 20, "model", true)).add(report::horizontal(1, 0, 1, "calibrated"));
  pit.caption = "Flat when calibrated; high at both ends when overconfident, high in the middle when too cautious.";
  report::Figure cover;
  cover.title = fmt::format("Coverage of {} given {}", task.name, given);
  cover.x.label = "stated probability of the central interval";
  cover.y.label = "share of truths inside";
  report::Line line{.name = "model"};
  for (int i = 1; i < 20; ++i) line.x.push_back(0.05 * i);
  line.y = coverage(model.pit, line.x);
  cover.caption = "On the diagonal when calibrated; below it when overconfident.";
  cover.add(line).add(report::diagonal(0, 1));
  return {pit, cover};
}

}  // namespace

bool CalibrationQuestion::applies(const Subject& subject, const Labels& labels) const {
  return std::any_of(subject.posteriors.begin(), subject.posteriors.end(), [&](const auto& entry) {
    return labels.contains(entry.first) && !labels.at(entry.first).is_class;
  });
}

Answer CalibrationQuestion::ask(const Subject& subject, const Labels& labels, const Split& split) const {
  Answer answer;
  answer.question = name();
  answer.sentence = sentence();
  for (const auto& [target, all] : subject.posteriors) {
    const auto label = labels.find(target);
    if (label == labels.end() || label->second.is_class) continue;
    const auto sets = input_sets(all);
    const auto everyone = make_task(target, label->second, subject, split, {});
    for (const auto& group : group_by_objects(target, label->second, subject, split, sets, false, answer)) {
      for (const auto& [set, task] : group.tasks) {
        const auto model = at_truth(all[set], task.test, task.y_test);
        score(answer, task, "model, given " + all[set].given, false, model, options_.bootstrap);
        score_medians(answer, task, "model, given " + all[set].given, model.median, options_.bootstrap);
        for (auto& figure : plots_of(task, all[set].given, model)) answer.plots.push_back(std::move(figure));
      }
      for (const auto& [features, table] : subject.features) {
        const auto task = baseline_task(group.judged(), everyone, &table.present);
        if (!task.enough()) continue;
        const int64_t k = std::clamp<int64_t>(int64_t(std::sqrt(double(task.train.size()))), 10, 100);
        score(answer, task, fmt::format("{}, values of {} neighbours", features, k), true,
              of_neighbours(table.values_NF, subject, task, k), options_.bootstrap);
      }
      const auto task = baseline_task(group.judged(), everyone);
      answer.train = std::max(answer.train, int64_t(task.train.size()));
      if (task.enough()) score(answer, task, "all training values", true, of_prior(subject, task), options_.bootstrap);
    }
  }
  return answer;
}

}  // namespace asterism::eval
