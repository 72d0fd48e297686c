#include "eval/questions/knn.h"

#include "base/error.h"
#include "eval/methods/neighbours.h"
#include "eval/questions/task.h"

namespace asterism::eval {
namespace {

// k-NN of one table of numbers, vectors or features.
void score_neighbours(Answer& answer, const Task& task, const std::string& method, bool baseline,
                      const at::Tensor& x_ND, const AskOptions& options) {
  const auto train = take_rows(x_ND, task.train), test = take_rows(x_ND, task.test);
  const auto scaler = Scaler::fit(train);
  const auto neighbours = nearest(scaler(train), scaler(test), options.neighbours);
  if (task.is_class)
    add_class_scores(answer, task, method, baseline,
                     neighbour_class(neighbours, task.class_train, NeighbourWeight::kInverseDistance),
                     options.bootstrap);
  else
    add_scores(answer, task, method, baseline,
               neighbour_mean(neighbours, task.y_train, NeighbourWeight::kInverseDistance), options.bootstrap);
}

}  // namespace

bool KnnQuestion::applies(const Subject& subject, const Labels& labels) const {
  return !subject.vectors.empty() && !labels.empty();
}

Answer KnnQuestion::ask(const Subject& subject, const Labels& labels, const Split& split) const {
  Answer answer;
  answer.question = name();
  answer.sentence = sentence();
  const auto sets = input_sets(subject.vectors);
  for (const auto& [label_name, label] : labels) {
    const auto all = make_task(label_name, label, subject, split, {});
    for (const auto& group : group_by_objects(label_name, label, subject, split, sets, true, answer)) {
      for (const auto& [set, task] : group.tasks)
        score_neighbours(answer, task, fmt::format("vectors of {}, {}-NN", sets[set].given, options_.neighbours), false,
                         subject.vectors.at(sets[set].given).vectors_ND, options_);
      for (const auto& [features, table] : subject.features) {
        const auto task = baseline_task(group.judged(), all, &table.present);
        if (task.enough())
          score_neighbours(answer, task, fmt::format("{}, {}-NN", features, options_.neighbours), true, table.values_NF,
                           options_);
      }
      add_trivial_scores(answer, baseline_task(group.judged(), all), options_.bootstrap);
    }
  }
  return answer;
}

}  // namespace asterism::eval
