#include "eval/questions/cube_reconstruction.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "eval/metrics.h"
#include "eval/questions/cube_components.h"
#include "eval/questions/cube_measures.h"
#include "eval/questions/judged_sides.h"
#include "eval/questions/task.h"
#include "modalities/cube.h"
#include "tokenizers/in_unit.h"

namespace asterism::eval {
namespace {

using modalities::CubeBlock;

constexpr double kStrong = 5;         // errors above the continuum of a line that is measured
constexpr double kBrightShare = 0.1;  // of a cube's spaxels
constexpr int64_t kFewestSpaxels = 3;
constexpr size_t kMostPlots = 2;

// The cubes that are judged, and what is known of them.
struct Judged {
  CubeBlock observed;
  std::vector<double> redshift;  // NaN: not known
  std::vector<std::vector<double>> signal_to_noise;
  bool of_spaxels = false;  // each spaxel counts, not each cube
};

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / double(values.size());
}

std::vector<double> finite(const std::vector<double>& values) {
  std::vector<double> out;
  std::copy_if(values.begin(), values.end(), std::back_inserter(out), [](double x) { return std::isfinite(x); });
  return out;
}

// chi^2 of the spaxels that are as bright as the brightest tenth.
std::vector<double> brightest(const std::vector<double>& chi2, const std::vector<double>& signal_to_noise) {
  const auto known = finite(signal_to_noise);
  if (known.empty()) return {};
  const double least = quantile(known, 1 - kBrightShare);
  std::vector<double> out;
  for (size_t p = 0; p < chi2.size(); ++p)
    if (std::isfinite(chi2[p]) && signal_to_noise[p] >= least) out.push_back(chi2[p]);
  return out;
}

// One method, with the words that its scores carry.
struct Method {
  std::string modality, name;
  bool baseline = false;
};

void add_chi_squares(Answer& answer, const Method& by, const Judged& judged, const CubeBlock& rebuilt,
                     const BootstrapOptions& options) {
  std::vector<double> middle, excess, bright;
  for (int64_t row = 0; row < rebuilt.n; ++row) {
    const auto all = spaxel_chi_squares(judged.observed, rebuilt, row);
    const auto chi2 = finite(all), top = brightest(all, judged.signal_to_noise[size_t(row)]);
    if (chi2.empty()) continue;
    if (judged.of_spaxels) {
      middle.insert(middle.end(), chi2.begin(), chi2.end());
      bright.insert(bright.end(), top.begin(), top.end());
      for (const double value : chi2) excess.push_back(value - 1);
      continue;
    }
    middle.push_back(median(chi2));
    excess.push_back(mean_of(chi2) - 1);
    if (!top.empty()) bright.push_back(mean_of(top));
  }
  if (middle.empty()) return;
  const auto& subject = by.modality;
  answer.scores.push_back(
      median_score(subject, by.name, "median chi^2 of spaxels", middle, by.baseline, true, options));
  answer.scores.push_back(mean_score(subject, by.name, "excess chi^2 per pixel", excess, by.baseline, true, options));
  if (!bright.empty())
    answer.scores.push_back(
        mean_score(subject, by.name, "chi^2 of the brightest tenth", bright, by.baseline, true, options));
}

// (rebuilt - observed) over the error, and over the observed flux, of every strong spaxel of every cube.
struct LineDifferences {
  std::vector<std::vector<double>> in_errors, relative;  // per cube
};

LineDifferences differences_of(const Judged& judged, const CubeBlock& rebuilt, double rest_angstrom) {
  LineDifferences out;
  for (int64_t row = 0; row < rebuilt.n; ++row) {
    if (!std::isfinite(judged.redshift[size_t(row)])) continue;
    const auto map = line_map(judged.observed, rebuilt, row, rest_angstrom * (1 + judged.redshift[size_t(row)]));
    std::vector<double> in_errors, relative;
    for (size_t p = 0; p < map.observed.size(); ++p) {
      const auto& seen = map.observed[p];
      if (!(seen.error > 0) || seen.flux < kStrong * seen.error) continue;
      in_errors.push_back((map.rebuilt[p] - seen.flux) / seen.error);
      relative.push_back(std::abs(map.rebuilt[p] / seen.flux - 1));
    }
    if (int64_t(in_errors.size()) < kFewestSpaxels) continue;
    out.in_errors.push_back(std::move(in_errors));
    out.relative.push_back(std::move(relative));
  }
  return out;
}

void add_line(Answer& answer, const Method& by, const Judged& judged, const CubeBlock& rebuilt, const MappedLine& line,
              const BootstrapOptions& options) {
  const auto found = differences_of(judged, rebuilt, line.angstrom);
  const auto subject = by.modality + " " + line.name;
  std::vector<double> bias, scatter, relative;
  for (size_t i = 0; i < found.in_errors.size(); ++i) {
    const auto& d = found.in_errors[i];
    if (judged.of_spaxels) {
      bias.insert(bias.end(), d.begin(), d.end());
      relative.insert(relative.end(), found.relative[i].begin(), found.relative[i].end());
      continue;
    }
    bias.push_back(mean_of(d));
    std::vector<double> squares;
    for (const double value : d) squares.push_back((value - bias.back()) * (value - bias.back()));
    scatter.push_back(std::sqrt(mean_of(squares)));
    relative.push_back(median(found.relative[i]));
  }
  if (int64_t(bias.size()) < kFewest) return;
  answer.scores.push_back(mean_score(subject, by.name, "line flux bias [errors]", bias, by.baseline, true, options));
  answer.scores.push_back(
      judged.of_spaxels
          ? scatter_score(subject, by.name, "line flux scatter [errors]", bias, by.baseline, options)
          : mean_score(subject, by.name, "line flux scatter [errors]", scatter, by.baseline, true, options));
  answer.scores.push_back(
      median_score(subject, by.name, "median relative error of line flux", relative, by.baseline, true, options));
}

void score(Answer& answer, const Method& by, const Judged& judged, const CubeBlock& rebuilt,
           const BootstrapOptions& options) {
  add_chi_squares(answer, by, judged, rebuilt, options);
  for (const auto& line : mapped_lines()) add_line(answer, by, judged, rebuilt, line, options);
}

report::Figure map_of(const CubeBlock& cubes, const std::vector<double>& values, const std::string& title,
                      const std::string& label, bool diverging) {
  report::Heatmap map{.z = values, .value_label = label, .diverging = diverging};
  for (int64_t x = 0; x < cubes.width; ++x) map.x.push_back(double(x));
  for (int64_t y = 0; y < cubes.height; ++y) map.y.push_back(double(y));
  report::Figure figure;
  figure.title = title;
  figure.x = {.label = "x", .unit = "spaxel"};
  figure.y = {.label = "y", .unit = "spaxel"};
  figure.equal_axes = true;
  figure.add(map);
  return figure;
}

// The mean over the planes that are good in both, of either cube, and of the residual in units of its error.
struct Means {
  std::vector<double> observed, rebuilt, residual;
};
Means means_of(const CubeBlock& observed, const CubeBlock& rebuilt, int64_t row) {
  Means out;
  for (int64_t p = 0; p < observed.height * observed.width; ++p) {
    const auto data = spaxel_of(observed, row, p), model = spaxel_of(rebuilt, row, p);
    double seen = 0, made = 0, off = 0, n = 0;
    for (size_t k = 0; k < data.flux.size(); ++k) {
      if (data.mask[k] != 0 || model.mask[k] != 0 || !(data.ivar[k] > 0)) continue;
      seen += double(data.flux[k]);
      made += double(model.flux[k]);
      off += (double(data.flux[k]) - double(model.flux[k])) * std::sqrt(double(data.ivar[k]));
      ++n;
    }
    out.observed.push_back(n > 0 ? seen / n : NAN);
    out.rebuilt.push_back(n > 0 ? made / n : NAN);
    out.residual.push_back(n > 0 ? off / std::sqrt(n) : NAN);
  }
  return out;
}

void add_plots(Answer& answer, const std::string& modality, const Judged& judged, const CubeBlock& rebuilt,
               int64_t row) {
  const auto& cubes = judged.observed;
  const auto means = means_of(cubes, rebuilt, row);
  answer.plots.push_back(map_of(cubes, means.observed, modality + ", observed", "mean flux " + cubes.unit, false));
  answer.plots.push_back(map_of(cubes, means.rebuilt, modality + ", rebuilt", "mean flux " + cubes.unit, false));
  answer.plots.push_back(map_of(cubes, means.residual, modality + ", residual", "sum over the planes, errors", true));
  const double z = judged.redshift[size_t(row)], halpha = mapped_lines().back().angstrom * (1 + z);
  const auto line = std::isfinite(z) ? line_map(cubes, rebuilt, row, halpha) : LineMap{};
  if (std::any_of(line.observed.begin(), line.observed.end(), [](const auto& one) { return one.error > 0; })) {
    std::vector<double> seen, made;
    for (size_t p = 0; p < line.observed.size(); ++p) {
      const bool known = line.observed[p].error > 0;
      seen.push_back(known ? line.observed[p].flux : NAN);
      made.push_back(known ? line.rebuilt[p] : NAN);
    }
    answer.plots.push_back(map_of(cubes, seen, modality + ", H alpha observed", "line flux", false));
    answer.plots.push_back(map_of(cubes, made, modality + ", H alpha rebuilt", "line flux", false));
  }
  int64_t best = -1;
  for (size_t p = 0; p < means.observed.size(); ++p)
    if (std::isfinite(means.observed[p]) && (best < 0 || means.observed[p] > means.observed[size_t(best)]))
      best = int64_t(p);
  if (best < 0) return;
  const auto data = spaxel_of(cubes, row, best), model = spaxel_of(rebuilt, row, best);
  report::Line seen{.name = "observed", .colour = report::Colour::kMuted, .width = 1}, made{.name = "rebuilt"};
  for (int64_t k = 0; k < cubes.length; ++k) {
    if (data.mask[size_t(k)] != 0 || model.mask[size_t(k)] != 0) continue;
    for (auto* one : {&seen, &made})
      one->x.push_back(double(cubes.wavelength_angstrom[size_t(row * cubes.length + k)]));
    seen.y.push_back(double(data.flux[size_t(k)]));
    made.y.push_back(double(model.flux[size_t(k)]));
  }
  report::Figure figure;
  figure.title = modality + ", the brightest spaxel";
  figure.x = {.label = "wavelength", .unit = "Angstrom"};
  figure.y = {.label = "flux", .unit = cubes.unit};
  figure.wide = true;
  figure.add(seen).add(made);
  answer.plots.push_back(figure);
}

Judged judged_of(const CubeBlock& observed, const Reconstruction& made, const std::vector<int64_t>& test,
                 const Labels& labels) {
  Judged out{modalities::select(observed, test), {}, {}, int64_t(test.size()) < kFewest};
  const auto redshift = labels.find("redshift");
  for (int64_t i = 0; i < int64_t(test.size()); ++i) {
    const auto object = size_t(made.rows[size_t(test[size_t(i)])]);
    const bool known = redshift != labels.end() && redshift->second.present[object] != 0;
    out.redshift.push_back(known ? redshift->second.value[object] : NAN);
    out.signal_to_noise.push_back(spaxel_signal_to_noise(out.observed, i));
  }
  return out;
}

// What a trivial codec made, judged where the model covers.
CubeBlock covered_by(const CubeBlock& model, CubeBlock trivial) {
  for (size_t i = 0; i < trivial.mask.size(); ++i)
    if (model.mask[i] != 0) trivial.mask[i] = 1;
  return trivial;
}

}  // namespace

bool CubeReconstructionQuestion::applies(const Subject& subject, const Labels&) const {
  return std::any_of(subject.reconstructions.begin(), subject.reconstructions.end(),
                     [](const auto& entry) { return std::holds_alternative<CubeBlock>(entry.second.observed); });
}

Answer CubeReconstructionQuestion::ask(const Subject& subject, const Labels& labels, const Split& split) const {
  Answer answer;
  answer.question = name();
  answer.sentence = sentence();
  for (const auto& [modality, made] : subject.reconstructions) {
    if (!std::holds_alternative<CubeBlock>(made.observed)) continue;
    const auto sides = sides_of(made, split);
    answer.train = int64_t(sides.train.size());
    answer.test = int64_t(sides.test.size());
    if (sides.test.empty()) {
      answer.notes.push_back(modality + ": no cube on the test side");
      continue;
    }
    const auto& whole = std::get<CubeBlock>(made.rebuilt);
    const tokenizers::InUnit given(made.observed, "cube", whole.unit, name());
    const auto& observed = std::get<CubeBlock>(*given);
    const auto judged = judged_of(observed, made, sides.test, labels);
    const auto rebuilt = modalities::select(whole, sides.test);
    if (judged.of_spaxels)
      answer.notes.push_back(
          fmt::format("{}: scores are over the spaxels of {} cubes, which are not independent: intervals are too small",
                      modality, sides.test.size()));
    const Method model{modality, fmt::format("model, {:.0f} bits", made.bits)};
    score(answer, model, judged, rebuilt, options_.bootstrap);
    add_code_use(answer, modality, model.name, made, sides.test);
    for (const int64_t bin : {1, 2, 4}) {
      const auto bits = int64_t(made.bits);
      auto trivial = components_of_spaxels(observed, sides.train, sides.test, bits, bin);
      if (!trivial) continue;
      const auto what = bin == 1 ? std::string("spaxels") : fmt::format("{} x {} spaxels", bin, bin);
      score(answer, {modality, fmt::format("components of {}, {} bits", what, bits), true}, judged,
            covered_by(rebuilt, std::move(*trivial)), options_.bootstrap);
    }
    score(answer, {modality, "a flat spectrum in each spaxel", true}, judged,
          covered_by(rebuilt, flat_spectra(judged.observed)), options_.bootstrap);
    for (int64_t i = 0; i < std::min(rebuilt.n, int64_t(kMostPlots)); ++i)
      add_plots(answer, modality, judged, rebuilt, i);
  }
  return answer;
}

}  // namespace asterism::eval
