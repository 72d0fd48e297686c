#include "eval/questions/linear_probe.h"

#include "base/error.h"
#include "eval/methods/logistic.h"
#include "eval/methods/ridge.h"
#include "eval/questions/task.h"

namespace asterism::eval {
namespace {

// The truth against the prediction, for the best that the vectors give.
report::Figure scatter_of(const Task& task, const std::string& method, const std::vector<double>& predicted) {
  report::Figure figure;
  figure.title = fmt::format("{}: {}", task.name, method);
  figure.x.label = "true " + task.name;
  figure.y.label = "predicted " + task.name;
  figure.add(report::Scatter{.x = task.y_test, .y = predicted, .size = 3});
  const auto [low, high] = std::minmax_element(task.y_test.begin(), task.y_test.end());
  figure.add(report::diagonal(*low, *high));
  figure.caption = fmt::format("{} objects that are judged.", task.y_test.size());
  return figure;
}

void probe(Answer& answer, const Task& task, const std::string& method, bool baseline, const at::Tensor& x_ND,
           const AskOptions& options) {
  const auto train = take_rows(x_ND, task.train), test = take_rows(x_ND, task.test);
  const auto fold = fold_of(task.train_hashes, options.folds);
  if (task.is_class) {
    const auto model = Logistic::fit(train, task.class_train, fold);
    add_class_scores(answer, task, method, baseline, model.predict(test), options.bootstrap);
    const auto alike = Logistic::fit(train, task.class_train, fold, {1e-4, 1e-3, 1e-2, 1e-1}, true);
    add_class_scores(answer, task, method + ", classes alike", baseline, alike.predict(test), options.bootstrap);
    return;
  }
  const auto model = Ridge::fit(train, at::tensor(task.y_train, at::kDouble).unsqueeze(1), fold);
  const auto out = model.predict(test).squeeze(1).contiguous();
  const std::vector<double> predicted(out.const_data_ptr<double>(), out.const_data_ptr<double>() + out.numel());
  add_scores(answer, task, method, baseline, predicted, options.bootstrap);
  if (!baseline) answer.plots.push_back(scatter_of(task, method, predicted));
}

}  // namespace

bool LinearProbeQuestion::applies(const Subject& subject, const Labels& labels) const {
  return !subject.vectors.empty() && !labels.empty();
}

Answer LinearProbeQuestion::ask(const Subject& subject, const Labels& labels, const Split& split) const {
  Answer answer;
  answer.question = name();
  answer.sentence = sentence();
  const auto judge = [&](Answer& to, const Task& task, const std::string& method, bool baseline,
                         const at::Tensor& x_ND) { probe(to, task, method, baseline, x_ND, options_); };
  ask_of_labels(answer, subject, labels, split, "linear", judge, options_.bootstrap);
  return answer;
}

}  // namespace asterism::eval
