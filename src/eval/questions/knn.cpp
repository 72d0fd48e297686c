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
  const auto judge = [&](Answer& to, const Task& task, const std::string& method, bool baseline,
                         const at::Tensor& x_ND) { score_neighbours(to, task, method, baseline, x_ND, options_); };
  ask_of_labels(answer, subject, labels, split, fmt::format("{}-NN", options_.neighbours), judge, options_.bootstrap);
  return answer;
}

}  // namespace asterism::eval
