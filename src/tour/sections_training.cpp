#include "tour/sections_training.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "eval/questions/posterior_rows.h"
#include "report/gallery.h"
#include "report/stretch.h"
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
  std::vector<report::Figure> figures;
  for (const int64_t row : rows) {
    report::Line observed{.name = "observed", .colour = report::Colour::kMuted, .width = 0.7};
    report::Line model{.name = "from tokens", .colour = report::Colour::kAccent};
    constexpr int64_t kStep = 4;  // pixels drawn as one: the page would be 30 MB otherwise
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

void add_posterior_section(report::Page& page, const eval::Collected& collected) {
  const auto found = collected.subject.posteriors.find("redshift");
  const auto label = collected.labels.find("redshift");
  if (found == collected.subject.posteriors.end() || label == collected.labels.end()) return;
  std::vector<report::Figure> figures;
  for (const int64_t row : collected.split.test) {
    if (figures.size() == kShown) break;
    if (!label->second.present[size_t(row)]) continue;
    const double truth = label->second.value[size_t(row)];
    report::Figure figure;
    figure.title = collected.subject.objects[size_t(row)].id;
    figure.x.label = "redshift";
    figure.y.label = "probability density";
    figure.height = 240;
    double top = 0, reach = truth;
    for (const auto& posterior : found->second) {
      if (!posterior.present[size_t(row)]) continue;
      const auto values = eval::row_of(posterior, row);
      report::Line line{.name = "given " + posterior.given, .steps = true};
      double mass = 0;
      for (size_t k = 0; k + 1 < posterior.edges.size(); ++k) {
        const double width = posterior.edges[k + 1] - posterior.edges[k];
        line.x.push_back(0.5 * (posterior.edges[k] + posterior.edges[k + 1]));
        line.y.push_back(values[k] / width);
        mass += values[k];
        if (mass < 0.995) reach = std::max(reach, posterior.edges[k + 1]);
        top = std::max(top, line.y.back());
      }
      figure.add(line);
    }
    figure.x.low = 0;
    figure.x.high = 1.1 * reach;
    figure.add(report::Line{.x = {truth, truth},
                            .y = {0, top},
                            .name = "truth",
                            .dash = report::Dash::kDash,
                            .colour = report::Colour::kAccent});
    figures.push_back(std::move(figure));
  }
  if (!figures.empty()) page.heading("Redshift distributions").figures(figures);
}

}  // namespace asterism::tour
