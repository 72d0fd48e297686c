#include "eval/questions/mlp_probe.h"

#include <algorithm>

#include "eval/methods/perceptron.h"
#include "eval/questions/task.h"

namespace asterism::eval {
namespace {

// Which of the classes of the training rows, ascending, is each row's.
at::Tensor places(const std::vector<int64_t>& classes, const std::vector<int64_t>& labels) {
  auto out = at::empty({int64_t(labels.size())}, at::kLong);
  for (size_t i = 0; i < labels.size(); ++i)
    out[int64_t(i)] = std::lower_bound(classes.begin(), classes.end(), labels[i]) - classes.begin();
  return out;
}

void judge_network(Answer& answer, const Task& task, const std::string& method, bool baseline, const at::Tensor& x_ND,
                   const AskOptions& options) {
  const auto train = take_rows(x_ND, task.train), test = take_rows(x_ND, task.test);
  if (!task.is_class) {
    const auto y = at::tensor(task.y_train, at::kDouble).unsqueeze(1);
    const auto out = Perceptron::fit(train, y).predict(test).squeeze(1).contiguous();
    const std::vector<double> predicted(out.const_data_ptr<double>(), out.const_data_ptr<double>() + out.numel());
    add_scores(answer, task, method, baseline, predicted, options.bootstrap);
    return;
  }
  auto classes = task.class_train;
  std::sort(classes.begin(), classes.end());
  classes.erase(std::unique(classes.begin(), classes.end()), classes.end());
  const auto network = Perceptron::fit_classes(train, places(classes, task.class_train), int64_t(classes.size()));
  const auto best = network.predict(test).argmax(1).contiguous();
  std::vector<int64_t> predicted;
  for (int64_t i = 0; i < best.numel(); ++i) predicted.push_back(classes[size_t(best.const_data_ptr<int64_t>()[i])]);
  add_class_scores(answer, task, method, baseline, predicted, options.bootstrap);
}

}  // namespace

bool MlpProbeQuestion::applies(const Subject& subject, const Labels& labels) const {
  return !subject.vectors.empty() && !labels.empty();
}

Answer MlpProbeQuestion::ask(const Subject& subject, const Labels& labels, const Split& split) const {
  Answer answer;
  answer.question = name();
  answer.sentence = sentence();
  const auto judge = [&](Answer& to, const Task& task, const std::string& method, bool baseline,
                         const at::Tensor& x_ND) { judge_network(to, task, method, baseline, x_ND, options_); };
  ask_of_labels(answer, subject, labels, split, "network", judge, options_.bootstrap);
  return answer;
}

}  // namespace asterism::eval
