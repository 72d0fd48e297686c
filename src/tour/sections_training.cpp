#include "tour/sections_training.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <span>

#include "eval/questions/posterior_rows.h"
#include "report/gallery.h"
#include "report/stretch.h"
#include "tour/redshift_text.h"
#include "train/metrics_log.h"

namespace asterism::tour {
namespace {

constexpr size_t kShown = 6;

const std::string& id_of(const eval::Reconstruction& pair, const eval::Subject& subject, int64_t row) {
  return subject.objects[size_t(pair.rows[size_t(row)])].id;
}

void add_images(report::Page& page, const std::string& name, const eval::Reconstruction& pair,
                const eval::Subject& subject, const std::vector<int64_t>& rows) {
  const auto& seen = std::get<modalities::ImageBlock>(pair.observed);
  const auto& made = std::get<modalities::ImageBlock>(pair.rebuilt);
  const int64_t bands = int64_t(seen.bands.size()), plane = seen.height * seen.width;
  report::Gallery gallery;
  gallery.rows.resize(3);
  gallery.rows[0].label = "observed";
  gallery.rows[1].label = "from tokens";
  gallery.rows[2].label = fmt::format("residual, {} band", bands > 1 ? seen.bands[1].name : seen.bands[0].name);
  const int64_t band = bands > 1 ? 1 : 0;
  for (const int64_t row : rows) {
    const float* flux = seen.flux.data() + row * bands * plane;
    const float* model = made.flux.data() + row * bands * plane;
    std::vector<float> sigma(size_t(plane), std::nanf(""));
    double chi2 = 0;
    int64_t good = 0;
    for (int64_t i = 0; i < plane; ++i) {
      const size_t at = size_t((row * bands + band) * plane + i);
      if (seen.ivar[at] <= 0 || made.mask[at]) continue;
      sigma[size_t(i)] = (flux[band * plane + i] - model[band * plane + i]) * std::sqrt(seen.ivar[at]);
      chi2 += double(sigma[size_t(i)]) * double(sigma[size_t(i)]);
      ++good;
    }
    const auto picture = [&](const float* values) {
      return report::png_uri(
          report::bands_rgb(std::span(values, size_t(bands * plane)), bands, seen.height, seen.width));
    };
    gallery.rows[0].tiles.push_back({.image = picture(flux), .caption = id_of(pair, subject, row)});
    gallery.rows[1].tiles.push_back({.image = picture(model)});
    gallery.rows[2].tiles.push_back({.image = report::png_uri(report::sigma_colours(sigma, seen.height, seen.width)),
                                     .caption = good > 0 ? fmt::format("chi2/px {:.2f}", chi2 / double(good)) : ""});
  }
  gallery.caption = name + ": observed, rebuilt from " + fmt::format("{:.0f}", pair.bits) +
                    " bits, and the difference in units of the noise (blue -5, red +5).";
  page.gallery(gallery);
}

void add_spectra(report::Page& page, const std::string& name, const eval::Reconstruction& pair,
                 const eval::Subject& subject, const std::vector<int64_t>& rows) {
  const auto& seen = std::get<modalities::SpectrumBlock>(pair.observed);
  const auto& made = std::get<modalities::SpectrumBlock>(pair.rebuilt);
  constexpr int64_t kStep = 4;  // pixels drawn as one: the page would be 30 MB otherwise
  std::vector<report::Figure> figures;
  for (const int64_t row : rows) {
    report::Line observed{.name = "observed", .colour = report::Colour::kMuted, .width = 0.7};
    report::Line model{.name = "from tokens", .colour = report::Colour::kAccent};
    for (int64_t i = 0; i + kStep <= seen.length; i += kStep) {
      double flux = 0, weight = 0, rebuilt = 0, wavelength = 0;
      for (int64_t j = i; j < i + kStep; ++j) {
        const size_t at = size_t(row * seen.length + j);
        flux += double(seen.ivar[at]) * double(seen.flux[at]);
        weight += seen.ivar[at];
        rebuilt += made.flux[at] / kStep;
        wavelength += seen.wavelength_angstrom[at] / kStep;
      }
      if (weight <= 0) continue;
      observed.x.push_back(wavelength);
      observed.y.push_back(flux / weight);
      model.x.push_back(wavelength);
      model.y.push_back(rebuilt);
    }
    report::Figure figure;
    figure.title = id_of(pair, subject, row);
    figure.x = {.label = "observed wavelength", .unit = "Angstrom"};
    figure.y = {.label = "flux", .unit = seen.unit};
    figure.height = 260;
    figure.caption = fmt::format("Drawn: means of {} pixels, observed ones weighted by inverse variance.", kStep);
    figure.add(observed).add(model);
    figures.push_back(std::move(figure));
  }
  page.paragraph(name + fmt::format(": observed, and rebuilt from {:.0f} bits.", pair.bits)).figures(figures);
}

// Rows of the blocks whose objects are on the test side.
std::vector<int64_t> shown_rows(const eval::Reconstruction& pair, const eval::Collected& collected) {
  const std::set<int64_t> test(collected.split.test.begin(), collected.split.test.end());
  std::vector<int64_t> out;
  for (size_t i = 0; i < pair.rows.size() && out.size() < kShown; ++i)
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
    const auto rows = shown_rows(pair, collected);
    if (rows.empty()) continue;
    if (std::holds_alternative<modalities::ImageBlock>(pair.observed))
      add_images(page, name, pair, collected.subject, rows);
    if (std::holds_alternative<modalities::SpectrumBlock>(pair.observed))
      add_spectra(page, name, pair, collected.subject, rows);
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
