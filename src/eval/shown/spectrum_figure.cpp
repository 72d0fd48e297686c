#include "eval/shown/spectrum_figure.h"

#include <fmt/format.h>

#include <limits>

#include "eval/shown/rebuilt_curve.h"

namespace asterism::eval {
namespace {

constexpr int64_t kMostPoints = 2000;

report::Panel residual_panel(const RebuiltCurve& curve) {
  const double reach = residual_reach(curve);
  report::Panel panel;
  panel.y = {.label = "residual", .unit = "sigma", .low = -reach, .high = reach};
  report::Band masked{.name = "masked", .colour = report::Colour::kMuted};
  for (const auto& [low, high] : curve.masked)
    for (const double x : {low, high, std::numeric_limits<double>::quiet_NaN()}) {
      masked.x.push_back(x);
      masked.low.push_back(-reach);
      masked.high.push_back(reach);
    }
  if (!masked.x.empty()) panel.marks.emplace_back(std::move(masked));
  report::Line residual{.x = curve.wavelength_angstrom, .y = curve.residual};
  residual.colour = report::Colour::kInk;
  residual.width = 0.7;
  panel.marks.emplace_back(std::move(residual));
  if (!curve.wavelength_angstrom.empty())
    panel.marks.emplace_back(
        report::horizontal(0, curve.wavelength_angstrom.front(), curve.wavelength_angstrom.back()));
  return panel;
}

}  // namespace

report::Figure spectrum_figure(const std::string& title, const modalities::SpectrumBlock& observed,
                               const modalities::SpectrumBlock& rebuilt, int64_t row) {
  const auto curve = rebuilt_curve(observed, rebuilt, row, kMostPoints);
  report::Figure figure;
  figure.title = title;
  figure.x = {.label = "observed wavelength", .unit = "Angstrom"};
  figure.y = {.label = "flux", .unit = observed.unit};
  figure.height = 420;
  figure.add(report::Line{.x = curve.wavelength_angstrom,
                          .y = curve.observed,
                          .name = "observed",
                          .colour = report::Colour::kMuted,
                          .width = 0.8});
  figure.add(report::Line{.x = curve.wavelength_angstrom, .y = curve.rebuilt, .name = "from tokens"});
  figure.below = residual_panel(curve);
  figure.caption = "Below, observed less rebuilt over its error; grey where masked, or not covered by the tokens.";
  if (curve.pixels > 1)
    figure.caption += fmt::format(" Points are means of {} pixels, weighted by inverse variance.", curve.pixels);
  if (curve.chi2.count > 0)
    figure.caption += fmt::format(" chi2/px {:.2f} of {} pixels.", curve.chi2.per_value, curve.chi2.count);
  return figure;
}

}  // namespace asterism::eval
