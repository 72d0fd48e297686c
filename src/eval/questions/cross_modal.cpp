#include "eval/questions/cross_modal.h"

#include <utility>

#include "base/error.h"
#include "eval/methods/logistic.h"
#include "eval/methods/neighbours.h"
#include "eval/methods/ridge.h"
#include "eval/questions/single_modalities.h"
#include "eval/questions/task.h"

namespace asterism::eval {
namespace {

std::vector<double> numbers_of(const at::Tensor& out_N1) {
  const auto flat = out_N1.flatten().contiguous();
  return {flat.const_data_ptr<double>(), flat.const_data_ptr<double>() + flat.numel()};
}

// `taught`: vectors that the labels of task.train are on; `asked`: those of task.test.
void judge(Answer& answer, const Task& task, const std::string& direction, const at::Tensor& taught_MD,
           const at::Tensor& asked_ND, const AskOptions& options) {
  const auto neighbours = nearest(taught_MD, asked_ND, options.neighbours);
  const auto nearest_method = fmt::format("vectors, {}, {}-NN", direction, options.neighbours);
  const auto linear_method = fmt::format("vectors, {}, linear", direction);
  const auto fold = fold_of(task.train_hashes, options.folds);
  if (task.is_class) {
    add_class_scores(answer, task, nearest_method, false,
                     neighbour_class(neighbours, task.class_train, NeighbourWeight::kInverseDistance),
                     options.bootstrap);
    add_class_scores(answer, task, linear_method, false,
                     Logistic::fit(taught_MD, task.class_train, fold).predict(asked_ND), options.bootstrap);
    return;
  }
  add_scores(answer, task, nearest_method, false,
             neighbour_mean(neighbours, task.y_train, NeighbourWeight::kInverseDistance), options.bootstrap);
  const auto linear = Ridge::fit(taught_MD, at::tensor(task.y_train, at::kDouble).unsqueeze(1), fold);
  add_scores(answer, task, linear_method, false, numbers_of(linear.predict(asked_ND)), options.bootstrap);
}

// The rows of `split.train` that have both.
std::vector<int64_t> shared_training_rows(const Vectors& a, const Vectors& b, const Split& split) {
  std::vector<int64_t> out;
  for (const int64_t row : split.train)
    if (a.present[size_t(row)] != 0 && b.present[size_t(row)] != 0) out.push_back(row);
  return out;
}

// The numbers that vary in both: what only one of them has cannot be compared.
at::Tensor shared_columns(const at::Tensor& a_ND, const at::Tensor& b_ND) {
  const auto varies = [](const at::Tensor& x) { return (x.amax(0) - x.amin(0)).gt(0); };
  const auto both = varies(a_ND).logical_and(varies(b_ND)).nonzero().flatten();
  return both.numel() > 0 ? both : at::arange(a_ND.size(1), at::kLong);
}

}  // namespace

bool CrossModalQuestion::applies(const Subject& subject, const Labels& labels) const {
  return !labels.empty() && !comparable_pairs(subject).empty();
}

Answer CrossModalQuestion::ask(const Subject& subject, const Labels& labels, const Split& split) const {
  Answer answer;
  answer.question = name();
  answer.sentence = sentence();
  for (const auto& [name, label] : labels) {
    bool first = true;  // what knows nothing of the object needs saying once
    for (const auto& [from, to] : comparable_pairs(subject)) {
      const auto &a = subject.vectors.at(from), &b = subject.vectors.at(to);
      const auto shared = shared_training_rows(a, b, split);
      const auto judged = make_task(name, label, subject, split, {&a.present, &b.present});
      if (judged.nobody()) continue;  // no object was observed both ways
      const auto task = baseline_task(judged, make_task(name, label, subject, split, {&a.present}));
      if (!task.enough() || int64_t(shared.size()) < kFewest) {
        answer.notes.push_back(task.too_few() + ", " + from + " to " + to);
        continue;
      }
      answer.train = std::max(answer.train, int64_t(task.train.size()));
      answer.test = std::max(answer.test, int64_t(task.test.size()));
      const auto columns = shared_columns(take_rows(a.vectors_ND, shared), take_rows(b.vectors_ND, shared));
      const auto scaled = [&](const Vectors& of, const std::vector<int64_t>& rows) {
        const auto numbers = of.vectors_ND.index_select(1, columns);
        return Scaler::fit(take_rows(numbers, shared))(take_rows(numbers, rows));
      };
      judge(answer, task, fmt::format("labels on {}, asked of {}", from, to), scaled(a, task.train),
            scaled(b, task.test), options_);
      if (std::exchange(first, false)) add_trivial_scores(answer, task, options_.bootstrap);
    }
  }
  return answer;
}

}  // namespace asterism::eval
