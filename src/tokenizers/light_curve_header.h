#pragma once
// The numbers of a light curve that stand before its codes, each as one token or, where one is too coarse, two: when,
// how bright, how much it varies, over how long, at which period. They are read back from the tokens before anything is
// divided by them, so that encoder and decoder work with the same ones.

#include <array>
#include <cstdint>

namespace asterism::tokenizers {

struct LightCurveHeader {
  double reference_day = 0;  // time of the brightest point, in the block's time system
  double level = 0;          // of the reference wavelength, in the unit
  double slope = 0;          // of the level per unit of ln(wavelength / reference), over the scale
  double scale = 1;          // how much it varies, or how noisy it is; > 0
  double first = 0;          // (first point - reference) / span, -1 to 0
  double span_day = 0;       // first to last point
  double period_day = 1;     // that the curve is folded at
  double periodic = 0;       // share of chi^2 that folding takes away, 0 to 1
};

inline constexpr int64_t kHeaderTokens = 12;
inline constexpr int64_t kHeaderFeatures = 7;

// Values beyond what a token holds become the nearest that it holds.
std::array<int64_t, kHeaderTokens> header_ids(const LightCurveHeader& header, bool magnitudes, int64_t bins);
// Ids are 0 .. bins - 1.
LightCurveHeader header_of(const int64_t* ids, bool magnitudes, int64_t bins);

// Everything but the time, each number of the order of one: level, slope, scale, first, span, period, periodic.
std::array<float, kHeaderFeatures> header_features(const LightCurveHeader& header, bool magnitudes);

}  // namespace asterism::tokenizers
