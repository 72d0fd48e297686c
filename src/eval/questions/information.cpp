#include "eval/questions/information.h"

#include <cmath>

#include "base/error.h"
#include "eval/methods/info_nce.h"
#include "eval/methods/kraskov.h"
#include "eval/methods/pca.h"
#include "eval/questions/single_modalities.h"
#include "eval/questions/task.h"

namespace asterism::eval {
namespace {

constexpr int64_t kComponents = 4;   // nearest neighbours lose their meaning among many numbers
constexpr int64_t kNeighbours = 3;   // of Kraskov's estimate
constexpr int64_t kMostRows = 2000;  // all distances among them are computed
constexpr const char* kMeasure = "information [nats]";

// Rows where all of these are there, at most so many.
std::vector<int64_t> rows_with(const std::vector<int64_t>& rows, const std::vector<const std::vector<uint8_t>*>& flags,
                               int64_t most) {
  std::vector<int64_t> out;
  for (const int64_t row : rows)
    if (int64_t(out.size()) < most &&
        std::all_of(flags.begin(), flags.end(), [&](const auto* f) { return (*f)[size_t(row)] != 0; }))
      out.push_back(row);
  return out;
}

at::Tensor cosines(const Vectors& a, const Vectors& b, const std::vector<int64_t>& rows) {
  const auto unit = [&](const Vectors& of) {
    const auto x = take_rows(of.vectors_ND, rows).to(at::kDouble);
    return x / at::linalg_vector_norm(x, 2, {-1}, true).clamp_min(1e-12);
  };
  return unit(a).mm(unit(b).t());
}

// Leading components of a table, fitted to the rows to learn from; each brought to the spread of its column there
// first.
struct Components {
  at::Tensor mean_D, scale_D;
  Pca pca;
  static Components fit(const at::Tensor& train_MD) {
    Components out;
    const auto x = train_MD.to(at::kDouble);
    out.mean_D = x.mean(0);
    out.scale_D = (x - out.mean_D).square().mean(0).sqrt().clamp_min(1e-12);
    out.pca = Pca::fit((x - out.mean_D) / out.scale_D, kComponents);
    return out;
  }
  at::Tensor operator()(const at::Tensor& x_ND) const { return pca.project((x_ND.to(at::kDouble) - mean_D) / scale_D); }
};

// A table of numbers that is asked what it tells.
struct Table {
  std::string name, method;
  const at::Tensor* values_ND;
  const std::vector<uint8_t>* present;
  bool baseline;
};

std::vector<Table> tables_of(const Subject& subject) {
  std::vector<Table> out;
  const auto how = [](const std::string& of, int64_t width) {
    return fmt::format("{}, {} leading components, Kraskov", of, std::min(kComponents, width));
  };
  for (const auto& name : single_modalities(subject)) {
    const auto& v = subject.vectors.at(name);
    out.push_back({name, how("vectors of " + name, v.vectors_ND.size(1)), &v.vectors_ND, &v.present, false});
  }
  for (const auto& [name, table] : subject.features)
    out.push_back({name, how(name, table.values_NF.size(1)), &table.values_NF, &table.present, true});
  return out;
}

// One or more true quantities as columns.
struct Truth {
  std::string name;
  std::vector<std::string> labels;
};

std::vector<Truth> truths_of(const Labels& labels) {
  std::vector<Truth> out;
  Truth all;
  for (const auto& [name, label] : labels) {
    if (label.is_class) continue;
    out.push_back({name, {name}});
    all.name += (all.name.empty() ? "" : ", ") + name;
    all.labels.push_back(name);
  }
  if (all.labels.size() > 1) out.push_back(all);
  return out;
}

at::Tensor columns_of(const Truth& truth, const Labels& labels, const std::vector<int64_t>& rows) {
  std::vector<at::Tensor> out;
  for (const auto& name : truth.labels)
    out.push_back(at::tensor(labels.at(name).value, at::kDouble).index_select(0, at::tensor(rows, at::kLong)));
  return at::stack(out, 1);
}

void add_truth(Answer& answer, const Table& table, const Truth& truth, const Labels& labels, const Split& split) {
  std::vector<const std::vector<uint8_t>*> flags = {table.present};
  for (const auto& name : truth.labels) flags.push_back(&labels.at(name).present);
  const auto train = rows_with(split.train, {table.present}, kMostRows), test = rows_with(split.test, flags, kMostRows);
  if (test.empty() && rows_with(split.train, flags, 1).empty()) return;  // no object has both
  if (int64_t(train.size()) < kFewest || int64_t(test.size()) < kFewest) {
    answer.notes.push_back(fmt::format("{} of {}: {} objects are too few", table.method, truth.name, test.size()));
    return;
  }
  const auto components = Components::fit(take_rows(*table.values_ND, train))(take_rows(*table.values_ND, test));
  answer.scores.push_back({table.method, kMeasure,
                           kraskov_interval(components, columns_of(truth, labels, test), kNeighbours), table.baseline,
                           false, truth.name});
  answer.train = std::max(answer.train, int64_t(train.size()));
  answer.test = std::max(answer.test, int64_t(test.size()));
}

report::Figure figure_of(const std::string& between, const report::Line& bound, const Interval& kraskov,
                         int64_t pairs) {
  report::Figure figure;
  figure.title = "Information between " + between;
  figure.x = {.label = "pairs in a batch, N", .log = true};
  figure.y = {.label = "information", .unit = "nats"};
  report::Line most{.x = bound.x, .name = "ln N", .dash = report::Dash::kDash, .colour = report::Colour::kMuted};
  for (const double n : most.x) most.y.push_back(std::log(n));
  figure.add(bound).add(most).add(
      report::horizontal(kraskov.value, bound.x.front(), bound.x.back(), "Kraskov, leading components"));
  figure.caption = fmt::format(
      "{} pairs that are judged. The bound can pass neither ln N nor, but for chance, the information itself.", pairs);
  return figure;
}

// Of two modalities in one space.
void add_bound(Answer& answer, const Subject& subject, const std::string& from, const std::string& to,
               const Split& split, const AskOptions& options) {
  const auto &a = subject.vectors.at(from), &b = subject.vectors.at(to);
  const auto between = from + ", " + to;
  const auto train = rows_with(split.train, {&a.present, &b.present}, options.pairs);
  const auto test = rows_with(split.test, {&a.present, &b.present}, options.pairs);
  if (train.empty() && test.empty()) return;  // no object has both
  if (int64_t(train.size()) < kFewest || int64_t(test.size()) < kFewest) {
    answer.notes.push_back(fmt::format("{}: {} pairs are too few", between, test.size()));
    return;
  }
  const auto scores = cosines(a, b, test) / best_temperature(cosines(a, b, train));
  report::Line bound{.name = "InfoNCE bound"};
  const auto pairs = int64_t(test.size());
  for (int64_t n = 2; n <= pairs; n = n < pairs && 4 * n > pairs ? pairs : 4 * n) {
    const auto terms = info_nce_terms(scores, n);
    auto score = mean_score(between, "vectors, InfoNCE bound", fmt::format("nats, N = {}", n), terms, false, false,
                            options.bootstrap);
    bound.x.push_back(double(n));
    bound.y.push_back(score.interval.value);
    answer.scores.push_back(std::move(score));
    const double most = std::log(double(n));
    answer.scores.push_back({"ln N", fmt::format("nats, N = {}", n), {most, most, most}, true, false, between});
  }
  const auto leading = [&](const Vectors& of) {
    return Components::fit(take_rows(of.vectors_ND, train))(take_rows(of.vectors_ND, test));
  };
  const auto kraskov = kraskov_interval(leading(a), leading(b), kNeighbours);
  answer.scores.push_back({fmt::format("vectors, {} leading components of each, Kraskov", kComponents), kMeasure,
                           kraskov, false, false, between});
  answer.plots.push_back(figure_of(between, bound, kraskov, pairs));
  answer.train = std::max(answer.train, int64_t(train.size()));
  answer.test = std::max(answer.test, pairs);
}

}  // namespace

bool InformationQuestion::applies(const Subject& subject, const Labels& labels) const {
  return !comparable_pairs(subject).empty() || (!subject.vectors.empty() && !truths_of(labels).empty());
}

Answer InformationQuestion::ask(const Subject& subject, const Labels& labels, const Split& split) const {
  Answer answer;
  answer.question = name();
  answer.sentence = sentence();
  for (const auto& [from, to] : comparable_pairs(subject))
    if (from < to) add_bound(answer, subject, from, to, split, options_);
  for (const auto& truth : truths_of(labels))
    for (const auto& table : tables_of(subject)) add_truth(answer, table, truth, labels, split);
  return answer;
}

}  // namespace asterism::eval
