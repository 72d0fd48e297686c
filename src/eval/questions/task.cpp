#include "eval/questions/task.h"

#include <numeric>

#include "base/error.h"
#include "eval/methods/neighbours.h"
#include "eval/metrics.h"

namespace asterism::eval {
namespace {

template <class T>
std::vector<T> pick(const std::vector<T>& values, std::span<const int64_t> rows) {
  std::vector<T> out;
  out.reserve(rows.size());
  for (const int64_t row : rows) out.push_back(values[size_t(row)]);
  return out;
}

template <class T, class F>
Statistic of_pairs(const std::vector<T>& predicted, const std::vector<T>& truth, F measure) {
  return [&predicted, &truth, measure](std::span<const int64_t> rows) {
    const auto p = pick(predicted, rows), t = pick(truth, rows);
    return measure(std::span<const T>(p), std::span<const T>(t));
  };
}

}  // namespace

std::string Task::too_few() const {
  return fmt::format("{}: {} objects to learn from and {} to judge by are too few", name, train.size(), test.size());
}

bool is_redshift(const std::string& label) { return label == "redshift" || label == "z" || label == "zspec"; }

Task make_task(const std::string& name, const Label& label, const Subject& subject, const Split& split,
               const std::vector<const std::vector<uint8_t>*>& needed) {
  Task out;
  out.name = name;
  out.is_class = label.is_class;
  out.is_redshift = !label.is_class && is_redshift(name);
  auto good = [&](int64_t row) {
    if (label.present[size_t(row)] == 0) return false;
    for (const auto* flags : needed)
      if ((*flags)[size_t(row)] == 0) return false;
    return true;
  };
  for (const int64_t row : split.train) {
    if (!good(row)) continue;
    out.train.push_back(row);
    out.y_train.push_back(label.value[size_t(row)]);
    out.class_train.push_back(int64_t(std::llround(label.value[size_t(row)])));
    out.train_hashes.push_back(subject.objects[size_t(row)].hash());
  }
  for (const int64_t row : split.test) {
    if (!good(row)) continue;
    out.test.push_back(row);
    out.y_test.push_back(label.value[size_t(row)]);
    out.class_test.push_back(int64_t(std::llround(label.value[size_t(row)])));
  }
  return out;
}

std::vector<JudgedGroup> group_by_objects(const std::string& name, const Label& label, const Subject& subject,
                                          const Split& split, const std::vector<InputSet>& sets, bool learns,
                                          Answer& answer) {
  std::vector<JudgedGroup> out;
  for (size_t s = 0; s < sets.size(); ++s) {
    auto task = make_task(name, label, subject, split, {sets[s].present});
    if (task.nobody()) continue;
    if (int64_t(task.test.size()) < kFewest || (learns && !task.enough())) {
      answer.notes.push_back(task.too_few() + ", given " + sets[s].given);
      continue;
    }
    answer.train = std::max(answer.train, int64_t(task.train.size()));
    answer.test = std::max(answer.test, int64_t(task.test.size()));
    const auto same = std::find_if(out.begin(), out.end(),
                                   [&](const JudgedGroup& group) { return group.judged().test == task.test; });
    auto& group = same == out.end() ? out.emplace_back() : *same;
    group.tasks.emplace_back(s, std::move(task));
  }
  for (auto& group : out) {
    const std::string with = ", objects with " + sets[group.tasks.front().first].given;
    for (auto& entry : group.tasks)
      if (out.size() > 1) entry.second.name += with;
  }
  return out;
}

Task baseline_task(const Task& judged, const Task& all, const std::vector<uint8_t>* present) {
  Task out = judged;
  out.train.clear();
  out.y_train.clear();
  out.class_train.clear();
  out.train_hashes.clear();
  for (size_t i = 0; i < all.train.size(); ++i) {
    if (present != nullptr && (*present)[size_t(all.train[i])] == 0) continue;
    out.train.push_back(all.train[i]);
    out.y_train.push_back(all.y_train[i]);
    out.class_train.push_back(all.class_train[i]);
    out.train_hashes.push_back(all.train_hashes[i]);
  }
  return out;
}

std::vector<InputSet> input_sets(const std::map<std::string, Vectors>& vectors) {
  std::vector<InputSet> out;
  out.reserve(vectors.size());
  for (const auto& [given, made] : vectors) out.push_back({given, &made.present});
  return out;
}

std::vector<InputSet> input_sets(const std::vector<Posteriors>& posteriors) {
  std::vector<InputSet> out;
  out.reserve(posteriors.size());
  for (const auto& made : posteriors) out.push_back({made.given, &made.present});
  return out;
}

void ask_of_labels(Answer& answer, const Subject& subject, const Labels& labels, const Split& split,
                   const std::string& how, const Judge& judge, const BootstrapOptions& options) {
  const auto sets = input_sets(subject.vectors);
  for (const auto& [label_name, label] : labels) {
    const auto all = make_task(label_name, label, subject, split, {});
    for (const auto& group : group_by_objects(label_name, label, subject, split, sets, true, answer)) {
      for (const auto& [set, task] : group.tasks)
        judge(answer, task, fmt::format("vectors of {}, {}", sets[set].given, how), false,
              subject.vectors.at(sets[set].given).vectors_ND);
      for (const auto& [features, table] : subject.features) {
        const auto task = baseline_task(group.judged(), all, &table.present);
        if (task.enough()) judge(answer, task, fmt::format("{}, {}", features, how), true, table.values_NF);
      }
      add_trivial_scores(answer, baseline_task(group.judged(), all), options);
    }
  }
}

std::vector<double> neighbour_prediction(const at::Tensor& x_NF, const Task& task, int64_t k) {
  const auto train = take_rows(x_NF, task.train), test = take_rows(x_NF, task.test);
  const auto scaler = Scaler::fit(train);
  return neighbour_mean(nearest(scaler(train), scaler(test), k), task.y_train, NeighbourWeight::kInverseDistance);
}

at::Tensor take_rows(const at::Tensor& x_ND, const std::vector<int64_t>& rows) {
  return x_ND.index_select(0, at::tensor(rows, at::kLong));
}

void add_scores(Answer& answer, const Task& task, const std::string& method, bool baseline,
                const std::vector<double>& predicted, const BootstrapOptions& options) {
  const auto n = int64_t(task.y_test.size());
  using Pair = std::span<const double>;
  auto add = [&](const char* measure, bool lower, double (*f)(Pair, Pair)) {
    answer.scores.push_back(
        {method, measure, bootstrap(n, of_pairs(predicted, task.y_test, f), options), baseline, lower, task.name});
  };
  if (task.is_redshift) {
    add("sigma_NMAD", true, sigma_nmad);
    const double outliers = outlier_fraction(predicted, task.y_test);
    answer.scores.push_back({method, "outliers", share_interval(n, outliers, options), baseline, true, task.name});
    add("bias", true, redshift_bias);
  }
  add("R2", false, r2);
  add("MAE", true, mean_absolute_error);
}

void add_class_scores(Answer& answer, const Task& task, const std::string& method, bool baseline,
                      const std::vector<int64_t>& predicted, const BootstrapOptions& options) {
  const auto n = int64_t(task.class_test.size());
  answer.scores.push_back({method, "accuracy", share_interval(n, accuracy(predicted, task.class_test), options),
                           baseline, false, task.name});
  answer.scores.push_back({method, "balanced accuracy",
                           bootstrap(n, of_pairs(predicted, task.class_test, balanced_accuracy), options), baseline,
                           false, task.name});
}

void add_trivial_scores(Answer& answer, const Task& task, const BootstrapOptions& options) {
  if (task.is_class) {
    std::map<int64_t, int64_t> counts;
    for (const int64_t label : task.class_train) ++counts[label];
    const auto most = std::max_element(counts.begin(), counts.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    add_class_scores(answer, task, "most frequent class", true, std::vector<int64_t>(task.test.size(), most->first),
                     options);
  } else {
    const double mean = std::accumulate(task.y_train.begin(), task.y_train.end(), 0.0) / double(task.y_train.size());
    add_scores(answer, task, "mean of the training side", true, std::vector<double>(task.test.size(), mean), options);
  }
}

Score mean_score(const std::string& subject, const std::string& method, const std::string& measure,
                 const std::vector<double>& of_object, bool baseline, bool lower_is_better,
                 const BootstrapOptions& options) {
  ASTERISM_CHECK(!of_object.empty(), "no objects for {}", measure);
  const auto mean = [&](std::span<const int64_t> rows) {
    double sum = 0;
    for (const int64_t row : rows) sum += of_object[size_t(row)];
    return sum / double(rows.size());
  };
  return {method, measure, bootstrap(int64_t(of_object.size()), mean, options), baseline, lower_is_better, subject};
}

Score median_score(const std::string& subject, const std::string& method, const std::string& measure,
                   const std::vector<double>& of_object, bool baseline, bool lower_is_better,
                   const BootstrapOptions& options) {
  ASTERISM_CHECK(!of_object.empty(), "no objects for {}", measure);
  const auto middle = [&](std::span<const int64_t> rows) { return median(pick(of_object, rows)); };
  return {method, measure, bootstrap(int64_t(of_object.size()), middle, options), baseline, lower_is_better, subject};
}

Score scatter_score(const std::string& subject, const std::string& method, const std::string& measure,
                    const std::vector<double>& of_object, bool baseline, const BootstrapOptions& options) {
  ASTERISM_CHECK(!of_object.empty(), "no objects for {}", measure);
  const auto spread = [&](std::span<const int64_t> rows) {
    auto values = pick(of_object, rows);
    const double middle = median(values);
    for (auto& value : values) value = std::abs(value - middle);
    return 1.4826 * median(std::move(values));
  };
  return {method, measure, bootstrap(int64_t(of_object.size()), spread, options), baseline, true, subject};
}

void add_code_use(Answer& answer, const std::string& subject, const std::string& method, const Reconstruction& made,
                  const std::vector<int64_t>& rows) {
  if (!made.ids_NT.defined() || rows.empty() || made.vocabulary < 1) return;
  const auto ids_NT = made.ids_NT.index_select(0, at::tensor(rows, at::kLong)).contiguous();
  const int64_t tokens = ids_NT.size(1);
  const int64_t* ids = ids_NT.const_data_ptr<int64_t>();
  // share of the code book seen, and exp(entropy)
  const auto use = [&](std::span<const int64_t> of, bool perplexity) {
    std::map<int64_t, int64_t> count;
    for (const int64_t row : of)
      for (int64_t t = 0; t < tokens; ++t) ++count[ids[row * tokens + t]];
    if (!perplexity) return double(count.size()) / double(made.vocabulary);
    double entropy = 0;
    for (const auto& entry : count) {
      const double share = double(entry.second) / double(int64_t(of.size()) * tokens);
      entropy -= share * std::log(share);
    }
    return std::exp(entropy);
  };
  // Without an interval: resamples, which repeat objects, see fewer codes than the objects did.
  std::vector<int64_t> all(rows.size());
  std::iota(all.begin(), all.end(), 0);
  for (const bool perplexity : {false, true}) {
    const double value = use(all, perplexity);
    answer.scores.push_back({method,
                             perplexity ? "perplexity of codes" : "share of codes used",
                             {value, value, value},
                             false,
                             false,
                             subject});
  }
}

}  // namespace asterism::eval
