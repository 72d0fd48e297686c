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
  for (const auto& [label_name, label] : labels) {
    for (const auto& [given, vectors] : subject.vectors) {
      const auto task = make_task(label_name, label, subject, split, {&vectors.present});
      if (!task.enough()) {
        answer.notes.push_back(task.too_few() + ", for vectors of " + given);
        continue;
      }
      answer.train = std::max(answer.train, int64_t(task.train.size()));
      answer.test = std::max(answer.test, int64_t(task.test.size()));
      score_neighbours(answer, task, fmt::format("vectors of {}, {}-NN", given, options_.neighbours), false,
                       vectors.vectors_ND, options_);
    }
    const auto task = make_task(label_name, label, subject, split, {});
    if (!task.enough()) continue;
    for (const auto& [features, x_NF] : subject.features)
      score_neighbours(answer, task, fmt::format("{}, {}-NN", features, options_.neighbours), true, x_NF, options_);
    add_trivial_scores(answer, task, options_.bootstrap);
  }
  return answer;
}

}  // namespace asterism::eval
