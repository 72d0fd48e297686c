#include "sky/quasar_spectrum.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "astro/lines.h"
#include "base/random.h"

namespace asterism::sky {
namespace {

constexpr double kSlopes[] = {-2.6, -2.2, -1.9, -1.6, -1.3, -1.0, -0.5};
constexpr double kWidths[] = {1500, 3000, 5000, 8000, 13000};  // km/s, full width at half maximum
constexpr int kContinua = int(std::size(kSlopes)), kBroad = int(std::size(kWidths));
constexpr double kReference = 3000;  // A, where a continuum is 1
constexpr double kMeanSlope = -1.56;

struct QuasarLine {
  const char* name;
  double equivalent_width, relative_width;  // A rest; of the width of the object
};
constexpr QuasarLine kBroadLines[] = {
    {"Lybeta", 5, 1},    {"OVI1034", 9.5, 1},   {"Lyalpha", 80, 1.1},   {"NV1240", 20, 1.1},    {"SiII1263", 2, 1},
    {"OI1305", 3, 1},    {"CII1335", 1.5, 1},   {"SiIV1398", 8.5, 1},   {"CIV1549", 28, 1},     {"HeII1640", 6, 1.5},
    {"OIII]1663", 2, 1}, {"AlIII1857", 2.5, 1}, {"CIII]1908", 20, 1.3}, {"MgII2798", 30, 0.75}, {"Hdelta", 5, 0.9},
    {"Hgamma", 13, 0.9}, {"Hbeta", 44, 0.9},    {"HeI5876", 5, 0.9},    {"Halpha", 190, 0.85},  {"HeI10830", 36, 0.9},
    {"Pabeta", 25, 0.9}, {"Paalpha", 30, 0.9}};
constexpr QuasarLine kNarrowLines[] = {{"[NeV]3426", 1.2, 0},   {"[OII]3726", 0.7, 0}, {"[OII]3729", 0.9, 0},
                                       {"[NeIII]3869", 1.4, 0}, {"Hbeta", 2.0, 0},     {"[OIII]4959", 4.4, 0},
                                       {"[OIII]5007", 13.2, 0}, {"[NII]6548", 0.8, 0}, {"Halpha", 6, 0},
                                       {"[NII]6584", 2.4, 0},   {"[SII]6716", 1.6, 0}, {"[SII]6731", 1.5, 0}};
constexpr double kNarrowSigmaKms = 220;

double planck(double angstrom, double kelvin) {
  const double w = angstrom * 1e-4;
  return 1 / (std::pow(w, 5) * std::expm1(1.438777e4 / (w * kelvin)));
}

double continuum(double w, double slope) {
  double f = std::pow(w / kReference, slope);
  // Redder beyond 5,000 A (host and dust: index -0.5 of Vanden Berk); bluer than 1,100 A it falls (index -0.6).
  if (w > 5000) f *= std::pow(std::min(w, 9000.0) / 5000, std::max(0.0, -0.6 - slope));
  if (w < 1100) f *= std::pow(w / 1100, 0.9);
  return f;
}

// Dust at the temperature where it sublimes: 1,250 K, a tenth of the continuum's power at 1 um and dominant at 3 um.
double hot_dust(double w) {
  return 0.30 * std::pow(10000 / kReference, kMeanSlope + 0.5) * planck(w, 1250) / planck(23000, 1250);
}

// Blends of iron as bumps of a few thousand km/s at the wavelengths of the strong multiplets, and the Balmer continuum.
double iron(double w) {
  static constexpr double kBlends[][3] = {{2080, 60, 0.08},  {2250, 60, 0.10},  {2390, 50, 0.18}, {2500, 45, 0.16},
                                          {2600, 45, 0.12},  {2750, 50, 0.09},  {2900, 60, 0.06}, {3200, 90, 0.05},
                                          {4480, 60, 0.035}, {4570, 50, 0.045}, {4650, 45, 0.03}, {5190, 50, 0.03},
                                          {5280, 50, 0.035}, {5350, 45, 0.025}};
  double sum = 0;
  for (const auto& blend : kBlends) {
    const double x = (w - blend[0]) / blend[1];
    sum += blend[2] * std::exp(-0.5 * x * x);
  }
  // Optically thin recombination; the crowded high Balmer lines round its edge.
  const double balmer =
      w < 3600 ? 0.08 * std::exp(-(3600 - w) / 1100) : 0.08 * std::exp(-0.5 * std::pow((w - 3600) / 220, 2));
  return sum + balmer;
}

// A core and a base three times as wide, half of the light in each; `fwhm` is that of the sum.
double broad_profile(double w, double centre, double fwhm_kms) {
  const double x = (w / centre - 1) * 299792.458, core = fwhm_kms / 2.355 * 0.88, base = 2.4 * core;
  const auto gauss = [&](double sigma) { return std::exp(-0.5 * x * x / (sigma * sigma)) / sigma; };
  return (0.6 * gauss(core) + 0.4 * gauss(base)) / std::sqrt(2 * std::numbers::pi) * 299792.458 / centre;
}

template <class F>
ModelSpectrum make(F&& value) {
  ModelSpectrum s = empty_spectrum();
  for (int i = 0; i < kCoarseCells; ++i) s.coarse[size_t(i)] = float(value(coarse_angstrom(i)));
  for (int i = 0; i < kFineCells; ++i) s.fine[size_t(i)] = float(value(fine_angstrom(i)));
  s.coarse_from_fine();
  return s;
}

// A sum of lines; each costs only the cells that it reaches.
ModelSpectrum make_lines(std::span<const QuasarLine> lines, double width_kms) {
  ModelSpectrum s = empty_spectrum();
  for (const QuasarLine& line : lines) {
    const double centre = astro::line_angstrom(line.name);
    const double flux = line.equivalent_width * continuum(centre, kMeanSlope);
    const double reach =
        (line.relative_width > 0 ? 4 * width_kms * line.relative_width : 6 * kNarrowSigmaKms) / 299792.458;
    const auto add = [&](std::vector<float>& values, double start, double step) {
      const int first = std::max(0, int((std::log10(centre * (1 - reach)) - start) / step));
      const int last = std::min(int(values.size()) - 1, int((std::log10(centre * (1 + reach)) - start) / step));
      for (int i = first; i <= last; ++i) {
        const double w = std::pow(10.0, start + (i + 0.5) * step);
        const double x = (w / centre - 1) * 299792.458 / kNarrowSigmaKms;
        const double profile =
            line.relative_width > 0
                ? broad_profile(w, centre, width_kms * line.relative_width)
                : std::exp(-0.5 * x * x) / (kNarrowSigmaKms * std::sqrt(2 * std::numbers::pi)) * 299792.458 / centre;
        values[size_t(i)] += float(flux * profile);
      }
    };
    add(s.coarse, kCoarseStart, kCoarseStep);
    add(s.fine, kFineStart, kFineStep);
  }
  s.coarse_from_fine();
  return s;
}

}  // namespace

QuasarTemplates::QuasarTemplates() {
  for (const double slope : kSlopes)
    templates_.push_back(make([&](double w) { return continuum(w, slope) + hot_dust(w); }));
  for (const double width : kWidths) templates_.push_back(make_lines(kBroadLines, width));
  templates_.push_back(make(iron));
  templates_.push_back(make_lines(kNarrowLines, 0));
}

Mixture QuasarTemplates::mixture(const QuasarTruth& truth) {
  Mixture m;
  const auto spread = [&](std::span<const double> nodes, double x, int first, double amount) {
    int i = 0;
    while (i < int(nodes.size()) - 2 && x > nodes[size_t(i) + 1]) ++i;
    const double t = std::clamp((x - nodes[size_t(i)]) / (nodes[size_t(i) + 1] - nodes[size_t(i)]), 0.0, 1.0);
    m.add(first + i, amount * (1 - t));
    m.add(first + i + 1, amount * t);
  };
  spread(kSlopes, truth.slope, 0, 1);
  spread(kWidths, truth.line_width_kms, kContinua, std::pow(10.0, truth.log_line_strength));
  m.add(kContinua + kBroad, truth.iron_strength);
  m.add(kContinua + kBroad + 1, truth.narrow_strength);
  return m;
}

double mean_forest(double rest, double redshift) {
  const double observed = rest * (1 + redshift);
  const auto depth = [](double factor, double z1) { return factor * 0.0036 * std::pow(z1, 3.45); };
  double tau = 0;
  if (rest < 1215.67 && observed > 1215.67) tau += depth(1, observed / 1215.67);
  if (rest < 1025.72 && observed > 1025.72) tau += depth(0.35, observed / 1025.72);
  if (rest < 911.75 && observed > 911.75)
    tau += 4 * (1 - std::pow(rest / 911.75, 1.5)) * std::pow((1 + redshift) / 4, 1.5);
  return std::exp(-tau);
}

std::vector<float> draw_forest(uint64_t object_key, double redshift) {
  std::vector<float> out(kFineCells, 1.0f);
  int end = 0;
  while (end < kFineCells && fine_angstrom(end) < 1215.67) ++end;
  if (end == 0) return out;
  base::Random random(object_key, 0, 0, "lyman-alpha forest");
  // A lognormal field of optical depth: noise smoothed over 2 cells (70 km/s) and over 8, in equal parts.
  std::vector<float> white(size_t(end) + 64);
  for (float& x : white) x = float(random.normal());
  const auto smooth = [&](int cells, int i) {
    float sum = 0;
    for (int k = 0; k < cells; ++k) sum += white[size_t(i) + size_t(k)];
    return sum / std::sqrt(float(cells));
  };
  std::vector<float> field(static_cast<size_t>(end));
  for (int i = 0; i < end; ++i) field[size_t(i)] = 1.5f * (0.7f * smooth(3, i) + 0.7f * smooth(12, i));
  const int chunk = 180;  // 25 A at 1,200 A
  for (int first = 0; first < end; first += chunk) {
    const int last = std::min(end, first + chunk);
    double mean = 0;
    for (int i = first; i < last; ++i) mean += mean_forest(fine_angstrom(i), redshift) / (last - first);
    // The scale of the optical depth that gives this mean, by bisection of its logarithm.
    double low = -12, high = 8;
    for (int step = 0; step < 22; ++step) {
      const double mid = 0.5 * (low + high), scale = std::exp(mid);
      double sum = 0;
      for (int i = first; i < last; ++i) sum += std::exp(-scale * std::exp(double(field[size_t(i)])));
      (sum / (last - first) > mean ? low : high) = mid;
    }
    const double scale = std::exp(0.5 * (low + high));
    for (int i = first; i < last; ++i) out[size_t(i)] = float(std::exp(-scale * std::exp(double(field[size_t(i)]))));
  }
  return out;
}

}  // namespace asterism::sky
