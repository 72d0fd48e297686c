#include "tour/sections_training.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <span>

#include "eval/questions/posterior_rows.h"
#include "eval/shown/image_gallery.h"
#include "eval/shown/spectrum_figure.h"
#include "tour/redshift_text.h"
#include "train/metrics_log.h"

namespace asterism::tour {
namespace {

constexpr size_t kShown = 6;

void add_spectra(report::Page& page, const std::string& name, const eval::Reconstruction& pair,
                 const std::vector<eval::Shown>& shown) {
  const auto& observed = std::get<modalities::SpectrumBlock>(pair.observed);
  std::vector<report::Figure> figures;
  for (const auto& one : shown)
    figures.push_back(
        eval::spectrum_figure(one.name, observed, std::get<modalities::SpectrumBlock>(pair.rebuilt), one.row));
  page.paragraph(name + fmt::format(": observed, and rebuilt from {:.0f} bits.", pair.bits)).figures(figures);
}

// Rows of the blocks whose objects are on the test side.
std::vector<int64_t> test_rows(const eval::Reconstruction& pair, const eval::Collected& collected) {
  const std::set<int64_t> test(collected.split.test.begin(), collected.split.test.end());
  std::vector<int64_t> out;
  for (size_t i = 0; i < pair.rows.size(); ++i)
    if (test.contains(pair.rows[i])) out.push_back(int64_t(i));
  return out;
}

}  // namespace

void add_training_section(report::Page& page, const Plan& plan, const std::filesystem::path& out) {
  page.section("Training");
  std::vector<report::Figure> figures;
  for (const auto& step : plan.trainings) {
    const auto lines = train::read_metrics(out / step.name / "metrics.jsonl");
    const auto loss = train::curve_of(lines, "loss"), validation = train::curve_of(lines, "validation/loss");
    report::Figure figure;
    figure.title = step.name;
    figure.x.label = "updates of the weights";
    figure.y.label = "loss";
    figure.height = 260;
    figure.add(report::Line{.x = loss.steps, .y = loss.values, .name = "training"});
    if (!validation.steps.empty())
      figure.add(report::Scatter{
          .x = validation.steps, .y = validation.values, .name = "validation", .colour = report::Colour::kAccent});
    figure.caption = "Loss of each step, and of objects that training never sees.";
    figures.push_back(std::move(figure));
  }
  page.figures(figures);
}

void add_reconstruction_section(report::Page& page, const eval::Collected& collected) {
  for (const auto& [name, pair] : collected.subject.reconstructions) {
    const auto rows = test_rows(pair, collected);
    const auto shown_of = [&, &pair = pair](const auto& block) {
      return eval::brightest_to_faintest(block, rows, pair, collected.subject, kShown);
    };
    if (const auto* images = std::get_if<modalities::ImageBlock>(&pair.observed))
      if (const auto shown = shown_of(*images); !shown.empty())
        page.gallery(
            eval::image_gallery(name, *images, std::get<modalities::ImageBlock>(pair.rebuilt), shown, pair.bits));
    if (const auto* spectra = std::get_if<modalities::SpectrumBlock>(&pair.observed))
      if (const auto shown = shown_of(*spectra); !shown.empty()) add_spectra(page, name, pair, shown);
  }
}

namespace {

// P(x <= value) of a histogram, straight within its bins.
double below(const eval::Posteriors& posterior, std::span<const double> probability, double value) {
  double sum = 0;
  for (size_t k = 0; k < probability.size(); ++k) {
    const double low = posterior.edges[k], high = posterior.edges[k + 1];
    if (value >= high)
      sum += probability[k];
    else if (value > low)
      sum += probability[k] * (value - low) / (high - low);
  }
  return sum;
}

// The density on equal bins up to `reach`: bins of equal mass are so narrow at redshift 0, where the stars are, that
// their density would hide all else.
report::Line on_equal_bins(const eval::Posteriors& posterior, std::span<const double> probability, double reach) {
  constexpr int kBins = 80;
  const double low = std::min(0.0, posterior.edges.front()), width = (reach - low) / kBins;
  report::Line line{.name = "given " + posterior.given, .steps = true};
  for (int k = 0; k < kBins; ++k) {
    line.x.push_back(low + (k + 0.5) * width);
    line.y.push_back(
        (below(posterior, probability, low + (k + 1) * width) - below(posterior, probability, low + k * width)) /
        width);
  }
  return line;
}

// Where 95% of every posterior and the truth lie below.
double reach_of(const std::vector<eval::Posteriors>& posteriors, int64_t row, double truth) {
  double reach = std::max(truth, 0.1);
  for (const auto& posterior : posteriors) {
    if (!posterior.present[size_t(row)]) continue;
    double mass = 0;
    const auto probability = eval::row_of(posterior, row);
    for (size_t k = 0; k < probability.size() && mass < 0.95; ++k) {
      mass += probability[k];
      reach = std::max(reach, posterior.edges[k + 1]);
    }
  }
  return 1.1 * reach;
}

}  // namespace

void add_posterior_section(report::Page& page, const eval::Collected& collected) {
  const auto found = collected.subject.posteriors.find("redshift");
  const auto label = collected.labels.find("redshift");
  if (found == collected.subject.posteriors.end() || label == collected.labels.end()) return;
  std::vector<report::Figure> figures;
  for (const int64_t row : collected.split.test) {
    if (figures.size() == kShown) break;
    if (!label->second.present[size_t(row)]) continue;
    const double truth = label->second.value[size_t(row)], reach = reach_of(found->second, row, truth);
    report::Figure figure;
    figure.title = collected.subject.objects[size_t(row)].id;
    figure.x = {.label = "redshift", .high = reach};
    figure.y.label = "probability density";
    figure.height = 320;
    double top = 0;
    for (const auto& posterior : found->second) {
      if (!posterior.present[size_t(row)]) continue;
      auto line = on_equal_bins(posterior, eval::row_of(posterior, row), reach);
      top = std::max(top, *std::max_element(line.y.begin(), line.y.end()));
      figure.add(std::move(line));
    }
    figure.x.low = std::min(0.0, truth);
    figure.add(report::Line{.x = {truth, truth},
                            .y = {0, top},
                            .name = "truth",
                            .dash = report::Dash::kDash,
                            .colour = report::Colour::kAccent});
    figure.caption = fmt::format("Dashed: the true redshift, {}.", redshift_text(truth));
    figures.push_back(std::move(figure));
  }
  if (!figures.empty()) page.heading("Redshift distributions").figures(figures);
}

}  // namespace asterism::tour
