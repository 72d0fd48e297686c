#include "tokenizers/light_curve_header.h"

#include <algorithm>
#include <cmath>

namespace asterism::tokenizers {
namespace {

constexpr double kSoftening = 1e-6;  // flux, in the unit, below which the level is told linearly

enum class Form { linear, logarithm, arcsinh };

// One number: how it is stretched, between which stretched values, by how many tokens.
struct Gauge {
  double LightCurveHeader::*number;
  Form form;
  double softening, low, high;
  int digits;

  double stretch(double value) const {
    if (form == Form::logarithm) return std::log10(std::max(value, 1e-300));
    return form == Form::arcsinh ? std::asinh(value / softening) : value;
  }
  double unstretch(double value) const {
    if (form == Form::logarithm) return std::pow(10.0, value);
    return form == Form::arcsinh ? std::sinh(value) * softening : value;
  }
};

using Gauges = std::array<Gauge, 8>;

const Gauges& gauges(bool magnitudes) {
  using H = LightCurveHeader;
  static const auto make = [](Gauge level) {
    return Gauges{{{&H::reference_day, Form::linear, 1, -1000, 130072, 2},
                   level,
                   {&H::slope, Form::arcsinh, 1, -8, 8, 2},
                   {&H::scale, Form::logarithm, 1, -6, 8, 1},
                   {&H::first, Form::linear, 1, -1, 0, 1},
                   {&H::span_day, Form::logarithm, 1, -3, 5.2, 1},
                   {&H::period_day, Form::logarithm, 1, -1.5, 4.5, 2},
                   {&H::periodic, Form::linear, 1, 0, 1, 1}}};
  };
  static const Gauges kMagnitudes = make({&H::level, Form::linear, 1, -10, 50, 2});
  static const Gauges kFluxes = make({&H::level, Form::arcsinh, kSoftening, -36, 36, 2});
  return magnitudes ? kMagnitudes : kFluxes;
}

}  // namespace

std::array<int64_t, kHeaderTokens> header_ids(const LightCurveHeader& header, bool magnitudes, int64_t bins) {
  std::array<int64_t, kHeaderTokens> out{};
  size_t at = 0;
  for (const auto& gauge : gauges(magnitudes)) {
    const int64_t steps = gauge.digits == 2 ? bins * bins : bins;
    const double share = (gauge.stretch(header.*gauge.number) - gauge.low) / (gauge.high - gauge.low);
    const auto step = int64_t(std::clamp(std::floor(share * double(steps)), 0.0, double(steps - 1)));
    if (gauge.digits == 2) out[at++] = step / bins;
    out[at++] = step % bins;
  }
  return out;
}

LightCurveHeader header_of(const int64_t* ids, bool magnitudes, int64_t bins) {
  LightCurveHeader out;
  for (const auto& gauge : gauges(magnitudes)) {
    const int64_t steps = gauge.digits == 2 ? bins * bins : bins;
    int64_t step = *ids++;
    if (gauge.digits == 2) step = step * bins + *ids++;
    const double share = (double(step) + 0.5) / double(steps);
    out.*gauge.number = gauge.unstretch(gauge.low + share * (gauge.high - gauge.low));
  }
  return out;
}

std::array<float, kHeaderFeatures> header_features(const LightCurveHeader& h, bool magnitudes) {
  const double level = magnitudes ? (h.level - 20) / 5 : std::asinh(h.level) / 5;
  return {float(level),     float(std::asinh(h.slope) / 2),    float(std::log10(h.scale)),
          float(h.first),   float(std::log10(h.span_day) - 2), float(std::log10(h.period_day) - 1),
          float(h.periodic)};
}

}  // namespace asterism::tokenizers
