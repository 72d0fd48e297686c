#include "data/inspect_page.h"

#include <fmt/format.h>

#include <algorithm>

#include "data/inspect_examples.h"
#include "report/figure.h"
#include "report/page.h"
#include "report/sky_map.h"

namespace asterism::data {
namespace {

report::Table columns_table(const DatasetReport& report) {
  report::Table table;
  for (const char* title : {"modality", "kind", "shape", "unit", "present", "masked", "1%", "median", "99%", "what"})
    table.columns.push_back({title, ""});
  for (const auto& c : report.columns) {
    const auto number = [&](double v) { return c.values > 0 ? fmt::format("{:.5g}", v) : std::string(); };
    table.rows.push_back({c.modality, c.kind, c.shape, c.unit,
                          fmt::format("{:.1f}%", 100 * double(c.present) / double(std::max<int64_t>(1, report.rows))),
                          c.kind == "scalar" ? "" : fmt::format("{:.1f}%", 100 * c.masked_fraction), number(c.low),
                          number(c.median), number(c.high), c.description});
  }
  return table;
}

std::vector<report::Figure> histograms(const DatasetReport& report) {
  std::vector<report::Figure> out;
  for (const auto& c : report.columns) {
    if (c.kind != "scalar" || c.sample.size() < 2 || !(c.high > c.low)) continue;
    report::Figure figure;
    figure.x = {.label = c.modality, .unit = c.unit, .low = std::nullopt, .high = std::nullopt};
    figure.y = {.label = "objects", .low = std::nullopt, .high = std::nullopt};
    figure.add(report::histogram(c.sample, c.low, c.high, 40));
    figure.height = 220;
    figure.caption = fmt::format("The middle 98% of {} values; all lie within {} to {}.", c.values,
                                 report::significant(c.least), report::significant(c.greatest));
    out.push_back(figure);
  }
  return out;
}

}  // namespace

void write_inspect_page(const HatsReader& dataset, const DatasetReport& report, const std::filesystem::path& path) {
  report::Page page(report.info.title.empty() ? report.name : report.info.title, report.path);
  page.section("What it is");
  if (!report.info.description.empty()) page.paragraph(report.info.description);
  page.facts({{"rows", std::to_string(report.rows)},
              {"with a position", std::to_string(report.placed)},
              {"sides of the split", sides_text(report)},
              {"files", std::to_string(report.files)},
              {"size", fmt::format("{:.1f} MB", double(report.bytes) / 1e6)},
              {"provenance", report.info.provenance},
              {"licence", report.info.licence},
              {"cite", report.info.citation},
              {"data hash", dataset.data_hash().substr(0, 16)}});
  std::string suspicions;
  for (const auto& text : report.suspicions) suspicions += text + ". ";
  for (const auto& c : report.columns) {
    for (const auto& text : c.suspicions) suspicions += c.modality + ": " + text + ". ";
  }
  if (!suspicions.empty()) page.note(suspicions);
  page.section("Columns").table(columns_table(report));
  if (!report.ra_deg.empty()) {
    report::SkyPoints points;
    points.ra_deg = report.ra_deg;
    points.dec_deg = report.dec_deg;
    page.section("Where").figure(report::sky_map({points}, 180, ""));
  }
  add_examples(dataset, page);
  if (const auto figures = histograms(report); !figures.empty()) page.section("Scalars").figures(figures);
  page.write(path);
}

}  // namespace asterism::data
