#include "eval/questions/class_posteriors.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "eval/class_probabilities.h"
#include "eval/methods/neighbours.h"
#include "eval/questions/posterior_rows.h"
#include "eval/questions/task.h"
#include "models/class_bins.h"

namespace asterism::eval {
namespace {

constexpr int64_t kReliabilityBins = 15;

bool in_range(const Task& task, size_t classes) {
  const auto known = [&](const std::vector<double>& values) {
    return std::all_of(values.begin(), values.end(), [&](double value) {
      return value == std::round(value) && value >= 0 && value < double(classes);
    });
  };
  return known(task.y_train) && known(task.y_test);
}

// What one method says of each object that is judged, and what comes of it.
struct SaidClasses {
  std::vector<double> log_loss, brier, confidence;
  std::vector<uint8_t> right;
  std::vector<int64_t> said;
  void add(std::span<const double> probability, int64_t truth) {
    const auto best = std::max_element(probability.begin(), probability.end());
    log_loss.push_back(class_log_loss(probability, truth));
    brier.push_back(brier_score(probability, truth));
    confidence.push_back(*best);
    said.push_back(best - probability.begin());
    right.push_back(said.back() == truth ? 1 : 0);
  }
  Reliability reliable(std::span<const int64_t> rows) const {
    std::vector<double> p;
    std::vector<uint8_t> true_ones;
    for (const int64_t row : rows) {
      p.push_back(confidence[size_t(row)]);
      true_ones.push_back(right[size_t(row)]);
    }
    return reliability(p, true_ones, kReliabilityBins);
  }
};

void score(Answer& answer, const Task& task, const std::string& method, bool baseline, const SaidClasses& said,
           const BootstrapOptions& options) {
  answer.scores.push_back(mean_score(task.name, method, "log-loss [nats]", said.log_loss, baseline, true, options));
  answer.scores.push_back(mean_score(task.name, method, "Brier score", said.brier, baseline, true, options));
  add_class_scores(answer, task, method, baseline, said.said, options);
  // Resamples repeat objects, which alone moves the shares of a bin: the interval is wide on its upper side.
  const auto error = [&](std::span<const int64_t> rows) { return said.reliable(rows).error(); };
  answer.scores.push_back({method, "expected calibration error", bootstrap(int64_t(said.right.size()), error, options),
                           baseline, true, task.name});
}

SaidClasses of_model(const Posteriors& posteriors, const Task& task) {
  SaidClasses out;
  for (size_t i = 0; i < task.test.size(); ++i) out.add(row_of(posteriors, task.test[i]), task.class_test[i]);
  return out;
}

// The shares of the classes in training, each with half an object more than there is.
std::vector<double> class_shares(const Task& task, size_t classes) {
  std::vector<double> out(classes, 0.5);
  for (const int64_t label : task.class_train) out[size_t(label)] += 1;
  for (double& share : out) share /= double(task.class_train.size()) + 0.5 * double(classes);
  return out;
}

SaidClasses of_shares(const Task& task, size_t classes) {
  const auto shares = class_shares(task, classes);
  SaidClasses out;
  for (const int64_t truth : task.class_test) out.add(shares, truth);
  return out;
}

// The classes of the k nearest, and the shares of all as one neighbour more.
SaidClasses of_nearest(const at::Tensor& x_NF, const Task& task, int64_t k, size_t classes) {
  const auto train = take_rows(x_NF, task.train), test = take_rows(x_NF, task.test);
  const auto scaler = Scaler::fit(train);
  const auto near = nearest(scaler(train), scaler(test), k).rows_NK.contiguous();
  const int64_t* row = near.const_data_ptr<int64_t>();
  const auto shares = class_shares(task, classes);
  SaidClasses out;
  for (const int64_t truth : task.class_test) {
    auto probability = shares;
    for (int64_t i = 0; i < near.size(1); ++i) probability[size_t(task.class_train[size_t(*row++)])] += 1;
    for (double& p : probability) p /= double(near.size(1) + 1);
    out.add(probability, truth);
  }
  return out;
}

report::Figure plot(const Task& task, const std::string& given, const SaidClasses& said) {
  std::vector<int64_t> all(said.right.size());
  for (size_t i = 0; i < all.size(); ++i) all[i] = int64_t(i);
  const auto bins = said.reliable(all);
  report::Figure out;
  out.title = fmt::format("{} given {}", task.name, given);
  out.x.label = "probability of the class that is said";
  out.y.label = "share that is right";
  out.add(report::Line{.x = bins.confidence, .y = bins.right, .name = "model"}).add(report::diagonal(0, 1));
  out.caption = "On the diagonal when calibrated, below it when overconfident; every point is of as many objects.";
  return out;
}

// Objects that have any of the observations that the model was given, where that is known: the others are no more
// to be learned from than they are to be judged.
std::vector<uint8_t> have_inputs(const Subject& subject, const std::vector<Posteriors>& sets) {
  std::vector<uint8_t> out(subject.objects.size(), 0);
  bool known = false;
  for (const auto& set : sets)
    for (const auto& input : set.inputs) {
      const auto level = subject.levels.find(input);
      if (level == subject.levels.end()) continue;
      known = true;
      for (size_t i = 0; i < out.size(); ++i) out[i] |= level->second.present[i];
    }
  if (!known) out.assign(out.size(), 1);
  return out;
}

void score_beside(Answer& answer, const Task& judged, const Task& everyone, const Subject& subject,
                  const std::vector<Posteriors>& sets, size_t classes, const BootstrapOptions& options) {
  const auto neighbours = [&](const std::string& name, const Features& table) {
    const auto task = baseline_task(judged, everyone, &table.present);
    if (!task.enough()) return;
    const int64_t k = std::clamp<int64_t>(int64_t(std::sqrt(double(task.train.size()))), 10, 100);
    score(answer, task, fmt::format("{}, classes of {} neighbours", name, k), true,
          of_nearest(table.values_NF, task, k, classes), options);
  };
  for (const auto& [name, table] : subject.features) neighbours(name, table);
  for (const auto& [name, table] : subject.levels) neighbours("brightness of " + name, table);
  const auto present = have_inputs(subject, sets);
  const auto task = baseline_task(judged, everyone, &present);
  answer.train = std::max(answer.train, int64_t(task.train.size()));
  if (task.enough()) score(answer, task, "shares of the classes", true, of_shares(task, classes), options);
}

}  // namespace

bool ClassPosteriorsQuestion::applies(const Subject& subject, const Labels& labels) const {
  return std::any_of(subject.posteriors.begin(), subject.posteriors.end(), [&](const auto& entry) {
    const auto label = labels.find(entry.first);
    return label != labels.end() && label->second.is_class;
  });
}

Answer ClassPosteriorsQuestion::ask(const Subject& subject, const Labels& labels, const Split& split) const {
  Answer answer;
  answer.question = name();
  answer.sentence = sentence();
  for (const auto& [target, all] : subject.posteriors) {
    const auto label = labels.find(target);
    if (label == labels.end() || !label->second.is_class) continue;
    if (all.empty() || !models::are_classes(all.front().edges)) {
      answer.notes.push_back(target +
                             ": the model gives it bins of values, not of classes; train it with objective.kind = "
                             "\"adapted\" and task = \"classification\"");
      continue;
    }
    const size_t classes = all.front().edges.size() - 1;
    const auto everyone = make_task(target, label->second, subject, split, {});
    if (!in_range(everyone, classes)) {
      answer.notes.push_back(
          fmt::format("{}: the data have classes beyond 0 to {}, which the model does not know", target, classes - 1));
      continue;
    }
    const auto sets = input_sets(all);
    for (const auto& group : group_by_objects(target, label->second, subject, split, sets, false, answer)) {
      for (const auto& [set, task] : group.tasks) {
        const auto said = of_model(all[set], task);
        score(answer, task, "model, given " + all[set].given, false, said, options_.bootstrap);
        answer.plots.push_back(plot(task, all[set].given, said));
      }
      score_beside(answer, group.judged(), everyone, subject, all, classes, options_.bootstrap);
    }
  }
  return answer;
}

}  // namespace asterism::eval
