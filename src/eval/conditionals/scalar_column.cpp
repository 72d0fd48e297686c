#include "eval/conditionals/scalar_column.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace asterism::eval {
namespace {

using modalities::ScalarBlock;

constexpr double kShown = 0.005;  // the axis leaves out less than this on either side
const report::TextStyle kSmall{.size = 8, .colour = "#888888"};

report::TextStyle anchored(report::Anchor anchor) {
  auto style = kSmall;
  style.anchor = anchor;
  return style;
}

constexpr int kDrawnBins = 64;

double at(const at::Tensor& values_N) { return values_N[0].item<double>(); }

double cdf_at(const models::ScalarPosterior& posterior, double value) {
  return at(posterior.cdf_N(at::full({1}, value, at::kDouble)));
}

}  // namespace

std::string with_interval(double median, double low, double high) {
  const double width = std::max(high - median, median - low);
  const int digits = width > 0 ? std::clamp(1 - int(std::floor(std::log10(width))), 0, 6) : 3;
  return fmt::format("{:.{}f} +{:.{}f} −{:.{}f}", median, digits, high - median, digits, median - low, digits);
}

PosteriorColumn::PosteriorColumn(const Conditionals& table, size_t column)
    : name_(table.columns[column].modalities[0]), observed_(std::get<ScalarBlock>(table.object.blocks.at(name_))) {
  std::vector<double> shown;
  if (observed_.present[0] != 0) shown.push_back(observed_.value[0]);
  for (const auto* prediction : predictions_of(table, column)) {
    const auto& posterior = prediction->scalars.at(name_);
    shown.push_back(at(posterior.quantile_N(kShown)));
    shown.push_back(at(posterior.quantile_N(1 - kShown)));
  }
  if (shown.empty()) return;
  const auto [least, greatest] = std::minmax_element(shown.begin(), shown.end());
  const double margin = 0.04 * std::max(*greatest - *least, 1e-9);
  low_ = *least - margin;
  high_ = *greatest + margin;
}

double PosteriorColumn::x_at(const report::Box& box, double value) const {
  return box.x + box.width * std::clamp((value - low_) / (high_ - low_), 0.0, 1.0);
}

void PosteriorColumn::draw_axis(report::Drawing& out, const report::Box& box) const {
  const double bottom = box.y + box.height;
  out.line({{box.x, bottom}, {box.x + box.width, bottom}}, "#bbbbbb", 0.8);
  out.text({box.x, bottom + 8}, fmt::format("{:.3g}", low_), kSmall);
  out.text({box.x + box.width, bottom + 8}, fmt::format("{:.3g}", high_), anchored(report::Anchor::end));
}

void PosteriorColumn::draw_truth(report::Drawing& out, const report::Box& box) const {
  if (observed_.present[0] == 0) return;
  const double x = x_at(box, observed_.value[0]);
  out.line({{x, box.y}, {x, box.y + box.height}}, kTruthColour, 1.2);
}

std::string PosteriorColumn::draw_observed(report::Drawing& out, const report::Box& box) const {
  if (observed_.present[0] == 0) return "not observed";
  draw_axis(out, box);
  draw_truth(out, box);
  return fmt::format("{:.4g}{}{}", observed_.value[0], observed_.unit.empty() ? "" : " ", observed_.unit);
}

std::string PosteriorColumn::draw_predicted(report::Drawing& out, const report::Box& box,
                                            const models::Prediction& prediction) const {
  const auto& posterior = prediction.scalars.at(name_);
  std::vector<double> share;  // of the probability, in each drawn bin: a spike narrower than one stays visible
  double before = cdf_at(posterior, low_);
  for (int k = 1; k <= kDrawnBins; ++k) {
    const double until = cdf_at(posterior, low_ + (high_ - low_) * k / kDrawnBins);
    share.push_back(until - before);
    before = until;
  }
  const double greatest = std::max(*std::max_element(share.begin(), share.end()), 1e-300), bottom = box.y + box.height;
  std::vector<double> x, low, high;
  for (int k = 0; k < kDrawnBins; ++k)
    for (const int side : {k, k + 1}) {
      x.push_back(box.x + box.width * side / kDrawnBins);
      low.push_back(bottom);
      high.push_back(bottom - box.height * share[size_t(k)] / greatest);
    }
  out.area(x, low, high, kPredictedColour, 0.35);
  draw_axis(out, box);
  draw_truth(out, box);
  return with_interval(at(posterior.median_N()), at(posterior.quantile_N(0.16)), at(posterior.quantile_N(0.84)));
}

ValuesColumn::ValuesColumn(const Conditionals& table, size_t column)
    : table_(table), names_(table.columns[column].modalities) {
  std::vector<double> shown;
  for (size_t v = 0; v < names_.size(); ++v)
    if (observed(v).present[0] != 0) shown.push_back(observed(v).value[0]);
  for (const auto* prediction : predictions_of(table, column)) {
    for (const auto& name : names_) {
      shown.push_back(at(prediction->scalars.at(name).quantile_N(0.16)));
      shown.push_back(at(prediction->scalars.at(name).quantile_N(0.84)));
    }
  }
  if (shown.empty()) return;
  std::vector<double> sizes;
  sizes.reserve(shown.size());
  for (const double value : shown) sizes.push_back(std::abs(value));
  std::nth_element(sizes.begin(), sizes.begin() + std::ptrdiff_t(sizes.size() / 2), sizes.end());
  softening_ = std::max(0.3 * sizes[sizes.size() / 2], 1e-30);
  const auto [least, greatest] = std::minmax_element(shown.begin(), shown.end());
  const double low = std::asinh(*least / softening_), high = std::asinh(*greatest / softening_);
  low_ = low - 0.08 * (high - low);
  high_ = std::max(high + 0.08 * (high - low), low_ + 1e-9);
}

const ScalarBlock& ValuesColumn::observed(size_t value) const {
  return std::get<ScalarBlock>(table_.object.blocks.at(names_[value]));
}

double ValuesColumn::x_at(const report::Box& box, size_t value) const {
  return box.x + box.width * (double(value) + 0.5) / double(names_.size());
}

double ValuesColumn::y_at(const report::Box& box, double value) const {
  const double part = (std::asinh(value / softening_) - low_) / (high_ - low_);
  return box.y + box.height * (1 - std::clamp(part, 0.0, 1.0));
}

void ValuesColumn::draw_names(report::Drawing& out, const report::Box& box) const {
  const double bottom = box.y + box.height;
  out.line({{box.x, bottom}, {box.x + box.width, bottom}}, "#bbbbbb", 0.8);
  for (size_t v = 0; v < names_.size(); ++v)
    out.text({x_at(box, v), bottom + 8}, names_[v].substr(names_[v].find('_') + 1), anchored(report::Anchor::middle));
}

std::string ValuesColumn::draw_observed(report::Drawing& out, const report::Box& box) const {
  draw_names(out, box);
  int64_t seen = 0;
  for (size_t v = 0; v < names_.size(); ++v) {
    const auto& value = observed(v);
    if (value.present[0] == 0) continue;
    ++seen;
    const double error = value.has_error ? value.error[0] : 0, x = x_at(box, v);
    out.line({{x, y_at(box, value.value[0] - error)}, {x, y_at(box, value.value[0] + error)}}, kTruthColour, 1.5);
    out.dot({x, y_at(box, value.value[0])}, 3, kTruthColour);
  }
  return seen == 0 ? "not observed" : fmt::format("{} of {} values", seen, names_.size());
}

std::string ValuesColumn::draw_predicted(report::Drawing& out, const report::Box& box,
                                         const models::Prediction& prediction) const {
  draw_names(out, box);
  double off = 0;
  int64_t seen = 0;
  for (size_t v = 0; v < names_.size(); ++v) {
    const auto& posterior = prediction.scalars.at(names_[v]);
    const double x = x_at(box, v), median = at(posterior.median_N());
    const double low = at(posterior.quantile_N(0.16)), high = at(posterior.quantile_N(0.84));
    out.line({{x - 4, y_at(box, low)}, {x - 4, y_at(box, high)}}, kPredictedColour, 4);
    out.dot({x - 4, y_at(box, median)}, 3, kPredictedColour);
    const auto& value = observed(v);
    if (value.present[0] == 0) continue;
    out.dot({x + 4, y_at(box, value.value[0])}, 3, kTruthColour);
    if (!(value.value[0] > 0 && median > 0)) continue;
    ++seen;
    off += std::abs(2.5 * std::log10(median / value.value[0]));
  }
  return seen == 0 ? "" : fmt::format("off by {:.2f} mag", off / double(seen));
}

}  // namespace asterism::eval
