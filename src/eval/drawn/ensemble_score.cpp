#include "eval/drawn/ensemble_score.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace asterism::eval {
namespace {

// The mean distance to the truth less half the mean distance of two members; `values` comes back sorted.
double fair_crps(std::vector<float>& values, double truth) {
  std::sort(values.begin(), values.end());
  const auto s = double(values.size());
  double distance = 0, spread = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    distance += std::abs(double(values[i]) - truth);
    spread += (2 * double(i) - s + 1) * double(values[i]);
  }
  return distance / s - spread / (s * (s - 1));
}

void add_rank(std::vector<double>& share, const std::vector<float>& sorted, float truth) {
  const auto below = size_t(std::lower_bound(sorted.begin(), sorted.end(), truth) - sorted.begin());
  const auto upto = size_t(std::upper_bound(sorted.begin(), sorted.end(), truth) - sorted.begin());
  for (size_t r = below; r <= upto; ++r) share[r] += 1 / double(upto - below + 1);
}

}  // namespace

EnsembleScore score_ensemble(std::span<const float> observed, std::span<const float> ivar, std::span<const uint8_t> use,
                             std::span<const float> centre, const std::vector<std::vector<float>>& members) {
  const size_t pixels = observed.size();
  ASTERISM_CHECK(ivar.size() == pixels && use.size() == pixels && centre.size() == pixels,
                 "{} pixels, {} variances, {} flags, {} values", pixels, ivar.size(), use.size(), centre.size());
  for (const auto& member : members)
    ASTERISM_CHECK(member.size() == pixels, "{} pixels and a member of {}", pixels, member.size());
  EnsembleScore out;
  if (!members.empty()) out.rank_share.assign(members.size() + 1, 0);
  double chi2 = 0, crps = 0;
  std::vector<float> values(members.size());
  for (size_t p = 0; p < pixels; ++p) {
    if (use[p] == 0 || !(ivar[p] > 0) || !std::isfinite(observed[p]) || !std::isfinite(centre[p])) continue;
    for (size_t s = 0; s < members.size(); ++s) values[s] = members[s][p];
    if (!std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); })) continue;
    ++out.pixels;
    const double off = double(centre[p]) - double(observed[p]);
    chi2 += off * off * double(ivar[p]);
    if (members.empty()) continue;
    if (members.size() > 1) crps += fair_crps(values, double(observed[p])) * std::sqrt(double(ivar[p]));
    add_rank(out.rank_share, values, observed[p]);
  }
  if (out.pixels == 0) {
    out.rank_share.clear();
    return out;
  }
  out.chi2 = chi2 / double(out.pixels);
  if (members.size() > 1) out.crps = crps / double(out.pixels);
  for (double& share : out.rank_share) share /= double(out.pixels);
  return out;
}

double rank_coverage(std::span<const double> rank_share, double level) {
  ASTERISM_CHECK(!rank_share.empty() && level > 0 && level <= 1, "{} ranks, level {}", rank_share.size(), level);
  const auto ranks = double(rank_share.size());
  const double low = 0.5 * (1 - level), high = 1 - low;
  double inside = 0;
  for (size_t r = 0; r < rank_share.size(); ++r) {
    const double from = std::max(double(r) / ranks, low), to = std::min(double(r + 1) / ranks, high);
    inside += rank_share[r] * std::max(0.0, to - from) * ranks;
  }
  return std::clamp(inside, 0.0, 1.0);
}

double rank_ks(std::span<const double> rank_share) {
  double sum = 0, largest = 0;
  for (size_t r = 0; r < rank_share.size(); ++r) {
    sum += rank_share[r];
    largest = std::max(largest, std::abs(sum - double(r + 1) / double(rank_share.size())));
  }
  return largest;
}

}  // namespace asterism::eval
