#include "eval/questions/light_curve_reconstruction.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "astro/periodogram.h"
#include "base/error.h"
#include "eval/held_out.h"
#include "eval/methods/gaussian_process.h"
#include "eval/questions/judged_sides.h"
#include "eval/questions/task.h"
#include "tokenizers/in_unit.h"

namespace asterism::eval {
namespace {

using modalities::LightCurveBlock;

constexpr size_t kFewestShown = 5, kMostShown = 256;
constexpr double kClip = 25, kWithin = 9, kUnknownShare = 0.1;
constexpr int64_t kHarmonics = 4;

struct Object {
  CurvePoints shown, held, limits;              // limits: those held out
  std::vector<double> rebuilt, rebuilt_limits;  // at the held points and limits
};

// Errors that are not known become the median of those that are, or a tenth of the scatter.
void fill_errors(CurvePoints& points) {
  std::vector<double> known, values = points.value;
  for (const double error : points.error)
    if (error > 0) known.push_back(error);
  double filling = 0;
  if (!known.empty()) {
    std::nth_element(known.begin(), known.begin() + int64_t(known.size() / 2), known.end());
    filling = known[known.size() / 2];
  } else if (!values.empty()) {
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    filling = std::max(kUnknownShare * (*high - *low), 1e-6);
  }
  for (double& error : points.error)
    if (!(error > 0)) error = filling;
}

void add(CurvePoints& points, const LightCurveBlock& block, size_t at) {
  points.time_day.push_back(block.time_day[at]);
  points.value.push_back(block.value[at]);
  points.error.push_back(block.error[at]);
  points.band.push_back(block.band[at]);
}

CurvePoints thinned(const CurvePoints& points) {
  if (points.size() <= kMostShown) return points;
  CurvePoints out;
  for (size_t k = 0; k < kMostShown; ++k) {
    const size_t i = k * points.size() / kMostShown;
    out.time_day.push_back(points.time_day[i]);
    out.value.push_back(points.value[i]);
    out.error.push_back(points.error[i]);
    out.band.push_back(points.band[i]);
  }
  return out;
}

// as_given: before a change of unit; what is held out is told by its numbers.
Object object_of(const LightCurveBlock& observed, const LightCurveBlock& as_given, const LightCurveBlock& rebuilt,
                 int64_t i) {
  Object out;
  for (int64_t k = 0; k < observed.count[size_t(i)]; ++k) {
    const auto at = size_t(i * observed.length + k);
    if (observed.upper_limit[at] != 0 && rebuilt.mask[at] == 0 &&
        is_held_out(as_given.time_day[at], as_given.value[at])) {
      add(out.limits, observed, at);
      out.rebuilt_limits.push_back(rebuilt.value[at]);
    }
    if (observed.mask[at] != 0) continue;
    if (!is_held_out(as_given.time_day[at], as_given.value[at])) {
      add(out.shown, observed, at);
    } else if (observed.error[at] > 0 && rebuilt.mask[at] == 0) {
      add(out.held, observed, at);
      out.rebuilt.push_back(rebuilt.value[at]);
    }
  }
  fill_errors(out.shown);
  out.shown = thinned(out.shown);
  return out;
}

// What is drawn at points and limits.
struct Drawn {
  std::vector<double> points, limits;
};

std::vector<double> constant(const CurvePoints& shown, const CurvePoints& asked, int32_t bands) {
  const auto means = band_means(shown, bands);
  std::vector<double> out;
  for (const int32_t band : asked.band) out.push_back(means[size_t(band)]);
  return out;
}

Drawn constant(const Object& object, int32_t bands) {
  return {constant(object.shown, object.held, bands), constant(object.shown, object.limits, bands)};
}

Drawn process(const Object& object) {
  const GaussianProcess fitted(object.shown);
  Drawn out;
  for (size_t k = 0; k < object.held.size(); ++k)
    out.points.push_back(fitted.mean(object.held.time_day[k], object.held.band[k]));
  for (size_t k = 0; k < object.limits.size(); ++k)
    out.limits.push_back(fitted.mean(object.limits.time_day[k], object.limits.band[k]));
  return out;
}

Drawn folded(const Object& object, int32_t bands) {
  astro::Series series{object.shown.time_day, object.shown.value, {}, object.shown.band};
  for (const double error : object.shown.error) series.weight.push_back(1 / (error * error));
  const double zero = series.time_day.front();
  const auto curve = astro::find_period(series, zero, {.harmonics = kHarmonics});
  auto out = constant(object, bands);
  const auto add_wave = [&](const CurvePoints& asked, std::vector<double>& drawn) {
    for (size_t k = 0; k < drawn.size(); ++k) drawn[k] += curve.at(curve.frequency * (asked.time_day[k] - zero));
  };
  add_wave(object.held, out.points);
  add_wave(object.limits, out.limits);
  return out;
}

// One number an object of each measure.
struct Judged {
  bool magnitudes = false;
  std::vector<double> mean, clipped, within, kept;
  void add(const Object& object, const Drawn& drawn) {
    const auto& held = object.held;
    double sum = 0, most = 0, inside = 0, beyond = 0;
    for (size_t k = 0; k < held.size(); ++k) {
      const double chi = std::pow((drawn.points[k] - held.value[k]) / held.error[k], 2);
      sum += chi;
      most += std::min(chi, kClip);
      inside += chi < kWithin;
    }
    const auto n = double(held.size());
    mean.push_back(sum / n);
    clipped.push_back(most / n);
    within.push_back(inside / n);
    if (drawn.limits.empty()) return;
    for (size_t k = 0; k < drawn.limits.size(); ++k)
      beyond += magnitudes ? drawn.limits[k] > object.limits.value[k] : drawn.limits[k] < object.limits.value[k];
    kept.push_back(beyond / double(drawn.limits.size()));
  }
};

void add_scores(Answer& answer, const std::string& modality, const std::string& method, bool baseline,
                const Judged& judged, const BootstrapOptions& options) {
  answer.scores.push_back(
      mean_score(modality, method, "chi^2 per held-out point", judged.mean, baseline, true, options));
  answer.scores.push_back(
      median_score(modality, method, "median chi^2 of objects", judged.mean, baseline, true, options));
  answer.scores.push_back(
      mean_score(modality, method, "chi^2, at most 25 each", judged.clipped, baseline, true, options));
  answer.scores.push_back(
      mean_score(modality, method, "share within 3 errors", judged.within, baseline, false, options));
  if (int64_t(judged.kept.size()) >= kFewest)
    answer.scores.push_back(
        mean_score(modality, method, "share of held-out limits kept", judged.kept, baseline, false, options));
}

report::Figure figure_of(const std::string& modality, const Object& object, const LightCurveBlock& block) {
  report::Scatter shown{.x = object.shown.time_day, .y = object.shown.value, .name = "shown", .size = 3};
  shown.colour = report::Colour::kMuted;
  report::Scatter held{.x = object.held.time_day, .y = object.held.value, .name = "held out", .size = 5};
  held.y_error = object.held.error;
  report::Scatter model{.x = object.held.time_day, .y = object.rebuilt, .name = "drawn from the tokens", .size = 5};
  model.colour = report::Colour::kAccent;
  report::Figure figure;
  figure.title = modality;
  figure.x = {.label = block.time_system, .unit = "d"};
  figure.y = {.label = "brightness", .unit = block.unit, .reversed = block.unit == "mag"};
  figure.caption =
      "One of the objects that are judged, all bands: the codec saw the grey points and is asked for the others.";
  figure.wide = true;
  figure.add(shown).add(held).add(model);
  return figure;
}

}  // namespace

bool LightCurveReconstructionQuestion::applies(const Subject& subject, const Labels&) const {
  return std::any_of(subject.reconstructions.begin(), subject.reconstructions.end(),
                     [](const auto& entry) { return std::holds_alternative<LightCurveBlock>(entry.second.observed); });
}

Answer LightCurveReconstructionQuestion::ask(const Subject& subject, const Labels&, const Split& split) const {
  Answer answer;
  answer.question = name();
  answer.sentence = sentence();
  for (const auto& [modality, made] : subject.reconstructions) {
    if (!std::holds_alternative<LightCurveBlock>(made.observed)) continue;
    const auto sides = judged_sides(answer, modality, made, split);
    if (!sides) continue;
    const auto& rebuilt = std::get<LightCurveBlock>(made.rebuilt);
    const tokenizers::InUnit given(made.observed, "light_curve", rebuilt.unit, name());
    const auto& observed = std::get<LightCurveBlock>(*given);
    const auto bands = int32_t(observed.bands.size());
    Judged model{.magnitudes = rebuilt.unit == "mag"}, flat = model, gaussian = model, periodic = model;
    for (const int64_t i : sides->test) {
      const auto object = object_of(observed, std::get<LightCurveBlock>(made.observed), rebuilt, i);
      if (object.held.size() == 0 || object.shown.size() < kFewestShown) continue;
      model.add(object, {object.rebuilt, object.rebuilt_limits});
      flat.add(object, constant(object, bands));
      gaussian.add(object, process(object));
      periodic.add(object, folded(object, bands));
      if (model.mean.size() <= 3) answer.plots.push_back(figure_of(modality, object, observed));
    }
    if (int64_t(model.mean.size()) < kFewest) {
      answer.notes.push_back(
          fmt::format("{}: {} objects with points held out are too few", modality, model.mean.size()));
      continue;
    }
    answer.notes.push_back(fmt::format("{}: {} objects have points held out", modality, model.mean.size()));
    const auto method = fmt::format("model, {:.0f} bits", made.bits);
    add_scores(answer, modality, method, false, model, options_.bootstrap);
    add_code_use(answer, modality, method, made, sides->test);
    add_scores(answer, modality, "Gaussian process of each object", true, gaussian, options_.bootstrap);
    add_scores(answer, modality, "folded at the best period", true, periodic, options_.bootstrap);
    add_scores(answer, modality, "constant in each band", true, flat, options_.bootstrap);
  }
  return answer;
}

}  // namespace asterism::eval
