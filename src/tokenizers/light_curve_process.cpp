#include "tokenizers/light_curve_process.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"
#include "nn/in_threads.h"
#include "nn/nothing_to_learn.h"
#include "tokenizers/block_tensors.h"
#include "tokenizers/in_unit.h"
#include "tokenizers/tokenizer_folder.h"

namespace asterism::tokenizers {
namespace {

constexpr double kMostValue = 1e30;
constexpr double kMostBegun = 100;   // of the scale: a point beyond is a mistake, and no part of the mean curve
constexpr double kVectorRange = 3;   // scales from the level at which a curve in a vector levels off
constexpr double kUsualError = 0.1;  // of the scale: points with less count alike where the mean curve begins
constexpr double kUsualPoints = 40;  // of an object that has more, each counts less
constexpr std::array<double, 15> kVectorDays{-30, -15, -10, -5, 0, 5, 10, 15, 20, 30, 40, 60, 90, 150, 300};
constexpr std::array<double, 3> kVectorColours{-0.31, 0.03, 0.31};  // about B, r and i where the reference is r

// What a hidden point costs [N]: its chi^2, levelling off at `most`.
at::Tensor costs(const at::Tensor& drawn_N, const ProcessPoints& points, double most) {
  const auto chi2 = ((drawn_N - points.value_N) / points.error_N).square();
  return most * (1 - at::exp(-chi2 / most));
}

at::Tensor clipped(const at::Tensor& drawn_N, const ProcessPoints& points, double most) {
  return ((drawn_N - points.value_N) / points.error_N).square().clamp_max(most).mean().detach();
}

}  // namespace

void LightCurveProcessSettings::describe(config::Fields& f) {
  LightCurveBands::describe(f);
  f.add("points", points, "that are read at most; of more, evenly spread ones").between(1, 4096);
  f.add("learned_points", learned_points, "the same, while learning").between(2, 4096);
  f.add("unknown_error", unknown_error, "error of points of objects where none has one, in the unit")
      .between(1e-12, 1e12);
  f.add("kinds", kinds, "of processes, of which each object is drawn by one").between(1, kMostKinds);
  f.add("sketch", sketch, "points that the tokens hold, two tokens each").between(1, 64);
  f.add("reach", reach, "standard deviations of such a point at which its levels end").between(0.1, 100);
  f.add("hidden_share", hidden_share, "share of the points hidden while learning, in the mean").between(0, 0.5);
  f.add("most_chi2", most_chi2, "that a hidden point can cost").between(0.1, 1e6);
  f.add("smoothness", smoothness, "weight of the mean curves' squared differences in the loss").between(0, 1e3);
}

LightCurveProcess::LightCurveProcess(LightCurveProcessSettings settings, uint64_t seed)
    : settings_(std::move(settings)) {
  settings_.check(kind());
  process_ = CurveProcess(nn::Scope(parameters_, seed), settings_.kinds);
}

std::vector<ProcessCurve> LightCurveProcess::curves(const Lesson& lesson, double hidden_share, int64_t points,
                                                    int64_t& objects) const {
  std::vector<ProcessCurve> out;
  for (size_t i = 0; i < lesson.blocks.size(); ++i) {
    const InUnit given(*lesson.blocks[i], "light_curve", settings_.unit, kind());
    const auto& block = light_curve_of(*given, kind());
    objects += block.n;
    const HidePoints hide{hidden_share, lesson.seed, lesson.training ? lesson.epoch : 0,
                          i < lesson.objects.size() ? &lesson.objects[i] : nullptr};
    for (auto& curve : process_curves(block, settings_, {points, settings_.unknown_error, hide}, kind()))
      out.push_back(std::move(curve));
  }
  if (out.empty()) nn::nothing_to_learn("light_curve_process: none of the {} objects has a good point.", objects);
  return out;
}

Tokens LightCurveProcess::encode(const modalities::Block& block) const {
  at::NoGradGuard no_grad;
  const InUnit given(block, "light_curve", settings_.unit, kind());
  const auto& b = light_curve_of(*given, kind());
  Tokens out{at::zeros({b.n, num_tokens()}, at::kLong), at::zeros({b.n}, at::kBool)};
  const auto process = process_.on_cpu();
  const Sketcher sketcher(process, settings_.sketch, settings_.reach);
  auto all = process_curves(b, settings_, {settings_.points, settings_.unknown_error, {}}, kind());
  auto* present = out.present.data_ptr<bool>();
  nn::in_threads(int64_t(all.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      auto& curve = all[size_t(i)];
      const auto sketch = sketcher.sketch_of(sketcher.target_of(curve.shown), curve.header);
      curve.header.kind = sketch.kind;
      curve.header.pose = sketch.pose;
      const auto header = process_ids(curve.header, settings_.magnitudes());
      const auto points = sketch_ids(sketch, settings_.sketch);
      auto* ids = out.ids.data_ptr<int64_t>() + curve.row * num_tokens();
      std::copy(points.begin(), points.end(), std::copy(header.begin(), header.end(), ids));
      present[curve.row] = true;
    }
  });
  return out;
}

ProcessHeader LightCurveProcess::header_of(const at::Tensor& ids_T) const {
  auto out = process_header(ids_T.const_data_ptr<int64_t>(), settings_.magnitudes());
  out.kind = std::min(out.kind, settings_.kinds - 1);
  return out;
}

CurveSpan LightCurveProcess::span_of(const at::Tensor& ids_T) const {
  const auto header = header_of(ids_T);
  return {header.reference_day + header.day_of(0), header.reference_day + header.day_of(kTimeCells - 1)};
}

modalities::Block LightCurveProcess::decode(const Tokens& tokens, const DecodeRequest& request) const {
  at::NoGradGuard no_grad;
  check_tokens(tokens, num_tokens(), vocabulary(), kind());
  const Tokens given{tokens.ids.contiguous(), tokens.present};
  auto out = curves_to_draw(
      given, request, settings_, [this](const at::Tensor& ids) { return span_of(ids); }, kind());
  const auto colours = colours_of(out.bands, settings_, kind());
  out.unit = settings_.unit;
  const auto process = process_.on_cpu();
  const Sketcher sketcher(process, settings_.sketch, settings_.reach);
  for (int64_t i = 0; i < out.n; ++i) {
    if (!given.present[i].item<bool>()) continue;
    const auto header = header_of(given.ids[i]);
    const auto* ids = given.ids.const_data_ptr<int64_t>() + i * num_tokens() + kProcessHeader;
    std::vector<double> days, colour;
    const int64_t count = out.count[size_t(i)], from = i * out.length;
    for (int64_t k = 0; k < count; ++k) {
      days.push_back(out.time_day[size_t(from + k)] - header.reference_day);
      colour.push_back(colours[size_t(out.band[size_t(from + k)])]);
    }
    const auto sketch = sketch_from(ids, settings_.sketch, header);
    const auto drawn = sketcher.drawn(sketch, header, process_places(days, colour)).contiguous();
    for (int64_t k = 0; k < count; ++k) {
      const double value = header.level + header.scale * drawn.const_data_ptr<double>()[k];
      out.value[size_t(from + k)] = float(std::clamp(value, -kMostValue, kMostValue));
      out.mask[size_t(from + k)] = 0;
    }
  }
  return out;
}

void LightCurveProcess::fit_all(const Lesson& lesson) {
  at::NoGradGuard no_grad;
  int64_t objects = 0;
  std::vector<at::Tensor> time, colour, cell, value, weight;
  for (const auto& curve : curves(lesson, 0, settings_.points, objects)) {
    const auto& shown = curve.shown;
    time.push_back(shown.places.time_N);
    colour.push_back(shown.places.colour_N);
    cell.push_back(shown.places.cell_N);
    value.push_back(shown.value_N.clamp(-kMostBegun, kMostBegun));
    const double share = std::min(1.0, kUsualPoints / double(shown.value_N.size(0)));
    weight.push_back(share / (1 + (shown.error_N / kUsualError).square()));
  }
  process_.begin({{at::cat(time), at::cat(colour), at::cat(cell)}, at::cat(value), {}}, at::cat(weight));
}

nn::Outcome LightCurveProcess::learn(const Lesson& lesson) {
  int64_t objects = 0;
  const auto all = curves(lesson, settings_.hidden_share, settings_.learned_points, objects);
  const auto process = process_.on_cpu();
  const Sketcher sketcher(process, settings_.sketch, settings_.reach);
  std::vector<at::Tensor> losses, by_points, by_tokens;
  for (const auto& curve : all) {
    const auto& asked = curve.hidden.value_N.size(0) > 0 ? curve.hidden : curve.shown;
    const auto expected = process.expected(curve.shown, asked.places).value_A;
    losses.push_back(costs(expected, asked, settings_.most_chi2).mean());
    by_points.push_back(clipped(expected, asked, settings_.most_chi2));
    if (lesson.training) continue;
    at::NoGradGuard no_grad;
    const auto sketch = sketcher.sketch_of(sketcher.target_of(curve.shown), curve.header);
    by_tokens.push_back(clipped(sketcher.drawn(sketch, curve.header, asked.places), asked, settings_.most_chi2));
  }
  const auto there = [&](const at::Tensor& x) { return x.to(parameters_.device(), at::kFloat); };
  nn::Outcome out;
  const auto reconstruction = at::stack(losses).mean();
  out.loss = there(reconstruction + settings_.smoothness * process.roughness());
  out.weight = double(all.size());
  out.figures["reconstruction"] = there(reconstruction.detach());
  out.figures["chi2_shown"] = there(at::stack(by_points).mean());
  if (!by_tokens.empty()) out.figures["chi2_hidden"] = there(at::stack(by_tokens).mean());
  return out;
}

at::Tensor LightCurveProcess::vectors(const Tokens& tokens) const {
  at::NoGradGuard no_grad;
  check_tokens(tokens, num_tokens(), vocabulary(), kind());
  const auto ids = tokens.ids.contiguous();
  std::vector<double> days, colours;
  for (const double colour : kVectorColours)
    for (const double day : kVectorDays) days.push_back(day), colours.push_back(colour);
  const auto places = process_places(days, colours);
  const auto process = process_.on_cpu();
  const Sketcher sketcher(process, settings_.sketch, settings_.reach);
  auto out = at::zeros({ids.size(0), 4 + int64_t(days.size())});
  for (int64_t i = 0; i < ids.size(0); ++i) {
    if (!tokens.present[i].item<bool>()) continue;
    const auto header = header_of(ids[i]);
    const auto* from = ids.const_data_ptr<int64_t>() + i * num_tokens() + kProcessHeader;
    const auto sketch = sketch_from(from, settings_.sketch, header);
    out[i][0] = settings_.magnitudes() ? (header.level - 20) / 5 : std::asinh(header.level) / 5;
    out[i][1] = std::log(header.scale);
    out[i][2] = header.first;
    out[i][3] = header.last;
    const auto drawn = (sketcher.drawn(sketch, header, places) / kVectorRange).tanh();
    out[i].narrow(0, 4, drawn.size(0)).copy_(drawn);
  }
  return out;
}

void LightCurveProcess::save(const std::filesystem::path& folder) const {
  auto copy = settings_;
  write_folder(folder, kind(), config::to_json(config::fields_of(copy)), parameters_);
}

}  // namespace asterism::tokenizers
