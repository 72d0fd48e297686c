#pragma once
// The numbers by which one tells kinds of variable stars apart, each as one token: how the curve folded at its period
// is shaped (Fourier decomposition, Simon & Lee 1981, ApJ 248, 291), how the values are spread, how smoothly they
// follow each other. Brighter is up in all of them, in magnitudes too. Nothing is drawn from them: they are for whoever
// reads the tokens.

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "astro/periodogram.h"

namespace asterism::tokenizers {

struct LightCurveShape {
  double amplitude = 0;             // of the first harmonic, over the scale
  double ratio21 = 0, ratio31 = 0;  // amplitudes of the second and third harmonic over that of the first
  double phase21 = 0, phase31 = 0;  // their phases less 2 and 3 times that of the first, cycles, 0 to 1
  double skewness = 0;              // (q95 + q5 - 2 q50) / (q95 - q5) of the values about their band's median
  double middle = 0;                // (q75 - q25) / (q95 - q5)
  double blueness = 0;              // ln of q95 - q5 in the bluer bands over that in the redder ones; 0: one band
  double loudness = 0;              // log10 of q95 - q5 over the median error
  double roughness = 0;             // squares of differences of neighbours in time of a band over twice the variance
};

inline constexpr int64_t kShapeTokens = 10;
inline constexpr int64_t kShapeFeatures = 12;

// value: about the median of their band and a slope, over the scale, brighter is up; in order of time, within each
// band.
struct ShapePoint {
  double value = 0, error = 0, colour = 0;
  int32_t band = 0;
};
// folded: of these values. At least one point.
LightCurveShape shape_of(std::span<const ShapePoint> points, const astro::Folded& folded);

// Values beyond what a token holds become the nearest that it holds; NaN the lowest.
std::array<int64_t, kShapeTokens> shape_ids(const LightCurveShape& shape, int64_t bins);
LightCurveShape shape_from(const int64_t* ids, int64_t bins);  // ids are 0 .. bins - 1
// Each of the order of one; of phases cosine and sine, fading with the amplitude of their harmonic.
std::array<float, kShapeFeatures> shape_features(const LightCurveShape& shape);

}  // namespace asterism::tokenizers
