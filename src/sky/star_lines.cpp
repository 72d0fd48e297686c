#include "sky/star_lines.h"

#include <algorithm>
#include <cmath>

#include "astro/lines.h"
#include "base/random.h"

namespace asterism::sky {
namespace {

constexpr double kKelvinPerEv = 11604.5;

double logistic(double x) { return 1 / (1 + std::exp(-std::clamp(x, -60.0, 60.0))); }
double bump(double x, double centre, double sigma) {
  return std::exp(-0.5 * (x - centre) * (x - centre) / (sigma * sigma));
}

struct MetalLine {
  double angstrom, strength;
  StarLineKind kind;
};

// Wavelengths of astro/lines.h where it has them; the iron lines are blends. Strengths at the temperature where each
// kind is strongest.
const std::vector<MetalLine>& metal_lines() {
  using astro::line_angstrom;
  static const std::vector<MetalLine> lines = {{line_angstrom("CaK"), 40, kCaIon},
                                               {line_angstrom("CaH"), 24, kCaIon},
                                               {line_angstrom("CaI4227"), 5, kCaNeutral},
                                               {line_angstrom("CaT8498"), 1.2, kCaTriplet},
                                               {line_angstrom("CaT8542"), 3.0, kCaTriplet},
                                               {line_angstrom("CaT8662"), 2.4, kCaTriplet},
                                               {line_angstrom("Mgb5167"), 0.7, kMagnesium},
                                               {line_angstrom("Mgb5173"), 1.1, kMagnesium},
                                               {line_angstrom("Mgb5184"), 1.4, kMagnesium},
                                               {2852.96, 30, kMagnesium},
                                               {line_angstrom("NaD5890"), 3.5, kSodium},
                                               {line_angstrom("NaD5896"), 2.8, kSodium},
                                               {line_angstrom("NaI8183"), 0.8, kSodiumInfrared},
                                               {line_angstrom("NaI8195"), 1.2, kSodiumInfrared},
                                               {line_angstrom("KI7665"), 1.5, kPotassium},
                                               {line_angstrom("KI7699"), 1.2, kPotassium},
                                               {line_angstrom("Fe5270"), 1.8, kIron},
                                               {line_angstrom("Fe5335"), 1.2, kIron},
                                               {5407.0, 0.8, kIron},
                                               {4384.8, 2.0, kIron},
                                               {4405.9, 1.4, kIron},
                                               {4272.9, 1.8, kIron},
                                               {4046.9, 2, kIron},
                                               {4064.7, 1.6, kIron},
                                               {3821.5, 3, kIron},
                                               {3735.9, 3, kIron},
                                               {3749.6, 3, kIron},
                                               {2796.352, 60, kMgIon},
                                               {2803.530, 45, kMgIon},
                                               {2600.173, 8, kMgIon},
                                               {2382.765, 8, kMgIon},
                                               {4482.6, 0.7, kMgIonHot}};
  return lines;
}

// Band heads degraded to the red: head, strength, length of the tail.
struct Band {
  double head, strength, tail;
};
constexpr double kTioBlue = 2.3, kTioRed = 2.0, kTioFar = 0.31, kTioInfrared = 0.6;
constexpr Band kTio[] = {
    {4761, 0.9 * kTioBlue, 140},     {4954, 1.3 * kTioBlue, 170},     {5167, 1.6 * kTioBlue, 220},
    {5448, 1.5 * kTioBlue, 200},     {5847, 1.3 * kTioRed, 150},      {6158, 2.2 * kTioRed, 200},
    {6651, 1.8 * kTioRed, 180},      {7054, 4.0 * kTioFar, 250},      {7589, 3.5 * kTioFar, 220},
    {8206, 0.8 * kTioInfrared, 120}, {8432, 2.2 * kTioInfrared, 150}, {8859, 1.8 * kTioInfrared, 150},
    {9209, 1.2 * kTioInfrared, 150}, {9750, 0.8 * kTioInfrared, 200}};
constexpr Band kVo[] = {{7334, 0.8, 240}, {7851, 1.0, 240}, {8521, 0.5, 160}};

double band_tail(const Band& band, double angstrom) {
  return angstrom > band.head ? band.strength * std::exp(-(angstrom - band.head) / band.tail) : 0;
}

double molecule(StarLineKind kind, double w) {
  double sum = 0;
  switch (kind) {
    case kGBand:
      return bump(w, 4305, 9) + 0.4 * bump(w, 4320, 14);
    case kCyanogen:
      if (w > 3750 && w < 3884) sum += 2.5 * std::exp((w - 3884) / 40);
      if (w > 4100 && w < 4217) sum += std::exp((w - 4217) / 35);
      return sum;
    case kMagnesiumHydride:
      return w < 5212 ? 0.5 * bump(w, 5120, 60) : 0;
    case kTitaniumOxide:
      for (const Band& band : kTio) sum += band_tail(band, w);
      return sum + 0.29 * logistic((w - 4700) / 80) * logistic((9900 - w) / 400);
    case kVanadiumOxide:
      for (const Band& band : kVo) sum += w > band.head && w < band.head + band.tail ? band.strength : 0;
      return sum;
    case kCalciumHydride:
      return bump(w, 6388, 14) + 1.4 * bump(w, 6900, 70);
    case kWater:
      return bump(w, 14000, 700) + bump(w, 19000, 800) + 1.2 * bump(w, 27000, 1500);
    case kCarbonMonoxide:
      return (w < 25000 ? band_tail({22935, 0.4, 900}, w) : 0) + 1.2 * bump(w, 46500, 2500);
    default:
      return 0;
  }
}

constexpr double kWeakScale = 0.06;

// Weak metal lines: a pattern drawn once, denser and stronger to the blue, the same in every star.
void add_weak_lines(StarLineKind kind, std::span<const float> angstrom, std::vector<float>& pattern) {
  base::Random random(1, 0, uint64_t(kind), "weak stellar lines");
  for (double w = 1800; w < 9500;) {
    const double spacing = 2.2 * std::pow(std::max(w, 3000.0) / 4000, 3.2);
    w += spacing * random.exponential();
    const double strength = kWeakScale * random.exponential() * std::min(1.0, std::pow(4600 / w, 1.5)),
                 width = w * 2.2e-4;
    const auto first = std::lower_bound(angstrom.begin(), angstrom.end(), float(w - 12 * width));
    const auto last = std::upper_bound(angstrom.begin(), angstrom.end(), float(w + 12 * width));
    for (auto i = first; i != last; ++i) {
      const double x = (double(*i) - w) / width;
      pattern[size_t(i - angstrom.begin())] += float(strength / (1 + x * x));
    }
  }
}

}  // namespace

std::vector<float> line_pattern(StarLineKind kind, std::span<const float> angstrom) {
  std::vector<float> pattern(angstrom.size(), 0.0f);
  if (kind >= kWeakLow) {
    if (angstrom.size() > 1 && angstrom[1] / angstrom[0] < 1.0003) add_weak_lines(kind, angstrom, pattern);
    return pattern;
  }
  if (kind >= kGBand) {
    for (size_t i = 0; i < pattern.size(); ++i) pattern[i] = float(molecule(kind, angstrom[i]));
    return pattern;
  }
  for (const MetalLine& line : metal_lines()) {
    if (line.kind != kind) continue;
    const double width = line.angstrom * 3e-4 * (line.strength > 20 ? 2.5 : 1);
    for (size_t i = 0; i < pattern.size(); ++i) {
      const double x = (double(angstrom[i]) - line.angstrom) / width;
      pattern[i] += float(line.strength / (1 + x * x * std::pow(x * x + 1, 0.1)));
    }
  }
  return pattern;
}

void line_strengths(double t, double g, double fe_h, float s[kStarLineKinds]) {
  const auto metals = [&](double power) { return std::pow(10.0, power * fe_h); };
  const auto gravity = [&](double slope, double pivot) { return std::pow(10.0, slope * (g - pivot)); };
  s[kCaIon] = float(metals(0.5) * logistic((6300 - t) / 420));
  s[kCaNeutral] = float(metals(0.6) * logistic((5200 - t) / 400) * 1.6 * gravity(0.1, 4));
  s[kCaTriplet] = float(metals(0.5) * bump(t, 4700, 1560) * gravity(-0.1, 4));
  s[kMagnesium] = float(metals(0.55) * logistic((5400 - t) / 600) * 1.3 * gravity(0.12, 4));
  s[kSodium] = float(metals(0.55) * logistic((4700 - t) / 500) * 1.7 * gravity(0.12, 4));
  s[kSodiumInfrared] = float(metals(0.6) * logistic((3500 - t) / 250) * 2.5 * gravity(0.25, 4));
  s[kPotassium] = float(metals(0.6) * logistic((3500 - t) / 250) * 3.0 * gravity(0.25, 4));
  s[kIron] = float(metals(0.6) * logistic((5500 - t) / 600) * 1.2);
  s[kMgIon] = float(metals(0.4) * bump(t, 5500, 2470));
  s[kMgIonHot] = float(metals(0.5) * bump(t, 10500, 2470));
  s[kGBand] = float(metals(0.6) * bump(t, 5000, 640) * 2.0);
  s[kCyanogen] = float(metals(0.8) * bump(t, 4500, 640) * gravity(-0.1, 4));
  s[kMagnesiumHydride] = float(metals(0.6) * logistic((4900 - t) / 350) * gravity(0.2, 4));
  s[kTitaniumOxide] = float(metals(0.8) * 0.55 * std::exp(std::clamp((3755 - t) / 370, -20.0, 3.0)));
  s[kVanadiumOxide] = float(std::exp(std::clamp((3050 - t) / 150, -30.0, 2.5)));
  s[kCalciumHydride] = float(metals(0.5) * logistic((3900 - t) / 200) * gravity(0.3, 4.5));
  s[kWater] = float(0.6 * std::exp(std::clamp((3400 - t) / 400, -20.0, 2.0)));
  s[kCarbonMonoxide] = float(metals(0.3) * logistic((5000 - t) / 400) * gravity(-0.15, 4));
  const double weak = metals(0.5) * logistic((6800 - t) / 700), excitation[3] = {0.5, 2.0, 3.5};
  for (int i = 0; i < 3; ++i)
    s[kWeakLow + i] = float(weak * std::exp(-0.5 * excitation[i] * kKelvinPerEv * (1 / t - 1 / 5500.0)));
}

}  // namespace asterism::sky
