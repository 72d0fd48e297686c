#include "eval/questions/drawn.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "eval/questions/task.h"

namespace asterism::eval {
namespace {

std::vector<double> finite(const std::vector<double>& values) {
  std::vector<double> out;
  for (const double value : values)
    if (std::isfinite(value)) out.push_back(value);
  return out;
}

// The mean over objects of the shares of ranks.
std::vector<double> mean_shares(const std::vector<std::vector<double>>& shares, std::span<const int64_t> rows) {
  std::vector<double> out(shares.front().size(), 0);
  for (const int64_t row : rows)
    for (size_t r = 0; r < out.size(); ++r) out[r] += shares[size_t(row)][r] / double(rows.size());
  return out;
}

// One method's pixels of one region.
void score_pixels(Answer& answer, const std::string& subject, const DrawnMethod& method,
                  const std::vector<EnsembleScore>& scores, const BootstrapOptions& options) {
  std::vector<double> chi2, crps;
  std::vector<std::vector<double>> shares;
  for (const auto& one : scores) {
    chi2.push_back(one.chi2);
    crps.push_back(one.crps);
    if (!one.rank_share.empty()) shares.push_back(one.rank_share);
  }
  chi2 = finite(chi2);
  crps = finite(crps);
  if (chi2.empty()) return;
  const bool baseline = method.baseline;
  answer.scores.push_back(
      mean_score(subject, method.name, "chi^2 per pixel of the mean", chi2, baseline, true, options));
  answer.scores.push_back(
      median_score(subject, method.name, "median chi^2 per pixel of the mean", chi2, baseline, true, options));
  if (!crps.empty())
    answer.scores.push_back(mean_score(subject, method.name, "CRPS per pixel [sigma]", crps, baseline, true, options));
  if (shares.empty()) return;
  const auto n = int64_t(shares.size());
  for (const double level : {0.68, 0.95}) {
    const auto covered = [&](std::span<const int64_t> rows) { return rank_coverage(mean_shares(shares, rows), level); };
    answer.scores.push_back({method.name, fmt::format("coverage of {:.0f}%", 100 * level),
                             bootstrap(n, covered, options), baseline, false, subject});
  }
  const auto ks = [&](std::span<const int64_t> rows) { return rank_ks(mean_shares(shares, rows)); };
  answer.scores.push_back({method.name, "PIT KS", bootstrap(n, ks, options), baseline, true, subject});
}

report::Figure plot(const std::string& subject, const DrawnBlocks& drawn, const std::string& region) {
  report::Figure out;
  out.title = "Ranks of the pixels of " + subject;
  out.x.label = "share of the draws below the pixel";
  out.y.label = "density";
  for (const auto& method : drawn.methods) {
    const auto found = method.scores.find(region);
    if (found == method.scores.end()) continue;
    std::vector<std::vector<double>> shares;
    for (const auto& one : found->second)
      if (!one.rank_share.empty()) shares.push_back(one.rank_share);
    if (shares.empty()) continue;
    std::vector<int64_t> rows;
    for (size_t i = 0; i < shares.size(); ++i) rows.push_back(int64_t(i));
    report::Line line{.name = method.name};
    const auto mean = mean_shares(shares, rows);
    for (size_t r = 0; r < mean.size(); ++r) {
      line.x.push_back((double(r) + 0.5) / double(mean.size()));
      line.y.push_back(mean[r] * double(mean.size()));
    }
    out.add(line);
  }
  out.add(report::horizontal(1, 0, 1, "calibrated"));
  out.caption =
      "Flat where pixels and draws are alike; high at both ends when overconfident, high in the middle when too "
      "cautious.";
  return out;
}

}  // namespace

bool DrawnQuestion::applies(const Subject& subject, const Labels&) const { return !subject.drawn_blocks.empty(); }

Answer DrawnQuestion::ask(const Subject& subject, const Labels&, const Split&) const {
  Answer answer;
  answer.question = name();
  answer.sentence = sentence();
  for (const auto& drawn : subject.drawn_blocks) {
    const auto about = drawn.target + " given " + drawn.given;
    for (const auto& note : drawn.notes)
      if (std::find(answer.notes.begin(), answer.notes.end(), note) == answer.notes.end()) answer.notes.push_back(note);
    if (drawn.methods.empty()) {
      if (drawn.notes.empty() || int64_t(drawn.rows.size()) < kFewest)
        answer.notes.push_back(fmt::format("{}: {} objects, too few to judge", about, drawn.rows.size()));
      continue;
    }
    answer.train = std::max(answer.train, drawn.train);
    answer.test = std::max(answer.test, int64_t(drawn.rows.size()));
    for (const auto& method : drawn.methods) {
      for (const auto& [region, scores] : method.scores)
        score_pixels(answer, region.empty() ? about : about + ", " + region, method, scores, options_.bootstrap);
      const auto ln_p = finite(method.ln_p_token);
      if (!ln_p.empty())
        answer.scores.push_back(
            mean_score(about, method.name, "ln P of a token [nats]", ln_p, method.baseline, false, options_.bootstrap));
    }
    const auto& regions = drawn.methods.front().scores;
    const bool centred = regions.contains("centre");
    if (!regions.empty())
      answer.plots.push_back(plot(centred ? about + ", centre" : about, drawn, centred ? "centre" : ""));
    answer.notes.push_back(fmt::format(
        "{}: {} draws of each of {} objects; pixels are judged one by one, with the noise of the observation added to "
        "draws. ln P is of all tokens asked for at once, none shown to the others",
        about, drawn.draws, drawn.rows.size()));
  }
  return answer;
}

}  // namespace asterism::eval
