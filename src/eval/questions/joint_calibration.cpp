#include "eval/questions/joint_calibration.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/random.h"
#include "eval/methods/neighbours.h"
#include "eval/methods/tarp.h"
#include "eval/posterior.h"
#include "eval/questions/task.h"

namespace asterism::eval {
namespace {

constexpr int64_t kDraws = 100;  // of those that know nothing of the object

at::Tensor truths(const std::vector<std::string>& names, const Labels& labels, const std::vector<int64_t>& rows) {
  auto out = at::empty({int64_t(rows.size()), int64_t(names.size())}, at::kDouble);
  auto* values = out.mutable_data_ptr<double>();
  for (const int64_t row : rows)
    for (const auto& name : names) *values++ = labels.at(name).value[size_t(row)];
  return out;
}

// What is judged: the truths in the box, and who they are of.
struct Judged {
  std::string about;
  TruthBox box;
  at::Tensor truth_ND;
  std::vector<uint64_t> keys;
};

std::vector<double> score(Answer& answer, const Judged& judged, const std::string& method, bool baseline,
                          const at::Tensor& draws_NSD, const BootstrapOptions& options) {
  const auto draws = judged.box(draws_NSD);
  const auto share = tarp(judged.truth_ND, draws, judged.keys);
  const auto n = int64_t(share.size());
  answer.scores.push_back(
      mean_score(judged.about, method, "energy score", energy_scores(judged.truth_ND, draws), baseline, true, options));
  const auto ks = [&](std::span<const int64_t> rows) {
    std::vector<double> chosen;
    for (const int64_t row : rows) chosen.push_back(share[size_t(row)]);
    return ks_uniform(std::move(chosen));
  };
  answer.scores.push_back({method, "TARP KS", bootstrap(n, ks, options), baseline, true, judged.about});
  for (const double level : {0.68, 0.95}) {
    const auto inside = std::count_if(share.begin(), share.end(), [&](double f) { return f < level; });
    answer.scores.push_back({method, fmt::format("coverage of {:.0f}% (TARP)", 100 * level),
                             share_interval(n, double(inside) / double(n), options), baseline, false, judged.about});
  }
  return share;
}

// The draws of each scalar moved against those of the others: the same distributions, each by itself.
at::Tensor apart(const at::Tensor& draws_NSD) {
  std::vector<at::Tensor> out;
  const int64_t s = draws_NSD.size(1), d = draws_NSD.size(2);
  for (int64_t k = 0; k < d; ++k) out.push_back(draws_NSD.select(2, k).roll(k * std::max<int64_t>(1, s / d), 1));
  return at::stack(out, 2);
}

report::Figure plot(const std::string& about, const std::string& given, const std::vector<double>& share) {
  report::Figure out;
  out.title = fmt::format("Expected coverage of {} given {}", about, given);
  out.x.label = "credibility";
  out.y.label = "expected coverage";
  report::Line line{.name = "model"};
  for (int i = 1; i < 20; ++i) {
    const double level = 0.05 * i;
    line.x.push_back(level);
    line.y.push_back(double(std::count_if(share.begin(), share.end(), [&](double f) { return f < level; })) /
                     double(share.size()));
  }
  out.caption =
      "On the diagonal when calibrated; flatter in the middle when overconfident, steeper when too cautious, to one "
      "side "
      "when biased.";
  out.add(line).add(report::diagonal(0, 1));
  return out;
}

std::vector<int64_t> with_all(const std::vector<std::string>& names, const Labels& labels,
                              const std::vector<int64_t>& rows, const std::vector<uint8_t>* further) {
  std::vector<int64_t> out;
  for (const int64_t row : rows) {
    const auto known = [&](const std::string& name) { return labels.at(name).present[size_t(row)] != 0; };
    if (std::all_of(names.begin(), names.end(), known) && (further == nullptr || (*further)[size_t(row)] != 0))
      out.push_back(row);
  }
  return out;
}

void score_baselines(Answer& answer, const Judged& judged, const DrawnTogether& drawn, const Subject& subject,
                     const Labels& labels, const Split& split, const BootstrapOptions& options) {
  for (const auto& [features, table] : subject.features) {
    const auto train = with_all(drawn.names, labels, split.train, &table.present);
    if (int64_t(train.size()) < kFewest) continue;
    const auto k = std::clamp<int64_t>(int64_t(std::sqrt(double(train.size()))), 10, 100);
    const auto known = take_rows(table.values_NF, train);
    const auto scaler = Scaler::fit(known);
    const auto near = nearest(scaler(known), scaler(take_rows(table.values_NF, drawn.rows)), k);
    const auto values = truths(drawn.names, labels, train).index({near.rows_NK});
    score(answer, judged, fmt::format("{}, values of {} neighbours", features, near.rows_NK.size(1)), true, values,
          options);
  }
  const auto train = with_all(drawn.names, labels, split.train, nullptr);
  answer.train = std::max(answer.train, int64_t(train.size()));
  if (int64_t(train.size()) < kFewest) return;
  auto any_NS = at::empty({int64_t(drawn.rows.size()), kDraws}, at::kLong);
  for (int64_t i = 0; i < any_NS.size(0); ++i) {
    base::Random random(0, 0, judged.keys[size_t(i)], "joint prior");
    for (int64_t s = 0; s < kDraws; ++s)
      any_NS.mutable_data_ptr<int64_t>()[i * kDraws + s] = int64_t(random.below(train.size()));
  }
  score(answer, judged, "all training values", true, truths(drawn.names, labels, train).index({any_NS}), options);
}

}  // namespace

bool JointCalibrationQuestion::applies(const Subject& subject, const Labels&) const {
  return std::any_of(subject.drawn.begin(), subject.drawn.end(),
                     [](const DrawnTogether& drawn) { return int64_t(drawn.rows.size()) >= kFewest; });
}

Answer JointCalibrationQuestion::ask(const Subject& subject, const Labels& labels, const Split& split) const {
  Answer answer;
  answer.question = name();
  answer.sentence = sentence();
  std::string before;  // baselines are judged beside the first set of inputs
  for (const auto& drawn : subject.drawn) {
    Judged judged{fmt::format("{}", fmt::join(drawn.names, ", ")), {}, {}, {}};
    if (int64_t(drawn.rows.size()) < kFewest) {
      answer.notes.push_back(
          fmt::format("{} given {}: {} objects, too few to judge", judged.about, drawn.given, drawn.rows.size()));
      continue;
    }
    const auto truth = truths(drawn.names, labels, drawn.rows);
    judged.box = TruthBox::of(truth);
    judged.truth_ND = judged.box(truth);
    for (const int64_t row : drawn.rows) judged.keys.push_back(subject.objects[size_t(row)].hash());
    const auto method = "model, given " + drawn.given;
    const auto share = score(answer, judged, method, false, drawn.draws_MSD, options_.bootstrap);
    score(answer, judged, method + ", each by itself", true, apart(drawn.draws_MSD), options_.bootstrap);
    answer.plots.push_back(plot(judged.about, drawn.given, share));
    answer.test = std::max(answer.test, int64_t(drawn.rows.size()));
    if (judged.about == before) continue;
    before = judged.about;
    const auto lacking = split.test.size() - with_all(drawn.names, labels, split.test, nullptr).size();
    if (lacking > 0)
      answer.notes.push_back(fmt::format(
          "{}: {} of {} objects lack one and are not judged. Where that depends on what is given, draws that "
          "allow for such objects lie too wide here",
          judged.about, lacking, split.test.size()));
    score_baselines(answer, judged, drawn, subject, labels, split, options_.bootstrap);
  }
  return answer;
}

}  // namespace asterism::eval
