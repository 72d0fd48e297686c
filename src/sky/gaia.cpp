#include "sky/gaia.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "astro/photometry.h"
#include "base/error.h"
#include "base/random.h"
#include "sky/library.h"
#include "sky/sed.h"

namespace asterism::sky {
namespace {

constexpr double kVegaToAb = 0.11;  // G, AB over Vega
constexpr double kFaintest = 20.7 + kVegaToAb, kFaintestSpectrum = 17.65 + kVegaToAb;

// Sky noise of the integrated flux in nanomaggies, and electrons per nanomaggy, which give the published errors.
struct GaiaBand {
  BandId band;
  double noise, electrons;
};
constexpr GaiaBand kGaiaBands[] = {{kGaiaG, 0.040, 7400}, {kGaiaBp, 0.93, 76}, {kGaiaRp, 0.44, 296}};
constexpr double kLeastRelativeError = 3e-4;

constexpr double kPixels = 60, kStep = kPixels / kXpSamples;  // of a prism spectrum along the scan
constexpr double kLineSigma = 2.0 / 2.3548;                   // pixels
constexpr double kHermiteScale = 2.8;                         // pixels
constexpr double kMirror = 1.45 * 0.50 * 1e4;                 // cm^2
constexpr double kPlanckLight = 1.98644586e-8;                // h c in erg Angstrom
constexpr double kExposure = 110, kBackground = 26;           // s, electrons/s per pixel
constexpr double kBasisStars[] = {5750, 4000, 9500, 3200, 27000};

struct Dispersion {
  double blue, red, per_pixel_blue, per_pixel_red;  // nm
  // Pixels from the blue end: the integral of 1 / (dispersion at blue (w / blue)^power).
  double pixels(double w) const {
    const double power = std::log(per_pixel_red / per_pixel_blue) / std::log(red / blue);
    return blue / per_pixel_blue / (power - 1) * (1 - std::pow(w / blue, 1 - power));
  }
  double place(double w) const { return 0.5 * kPixels + pixels(w) - 0.5 * pixels(red); }
};
constexpr Dispersion kBp{330, 680, 4, 32}, kRp{640, 1050, 7, 15};

using Samples = std::array<double, kXpSamples>;

double dot(const Samples& a, const Samples& b) {
  double sum = 0;
  for (int i = 0; i < kXpSamples; ++i) sum += a[size_t(i)] * b[size_t(i)] * kStep;
  return sum;
}

// Frees a function of those before it, twice against rounding, and brings it to norm 1.
void orthonormalise(Samples& f, std::span<const Samples> before) {
  for (int pass = 0; pass < 2; ++pass)
    for (const Samples& g : before) {
      const double share = dot(f, g);
      for (int i = 0; i < kXpSamples; ++i) f[size_t(i)] -= share * g[size_t(i)];
    }
  const double norm = std::sqrt(dot(f, f));
  for (double& v : f) v /= norm;
}

// Hermite function of order n, by its recurrence.
Samples hermite(int order) {
  Samples out;
  for (int i = 0; i < kXpSamples; ++i) {
    const double x = ((i + 0.5) * kStep - 0.5 * kPixels) / kHermiteScale;
    double before = 0, now = std::exp(-0.5 * x * x) / std::pow(std::numbers::pi, 0.25);
    for (int n = 0; n < order; ++n) {
      const double next = std::sqrt(2.0 / (n + 1)) * x * now - std::sqrt(double(n) / (n + 1)) * before;
      before = now;
      now = next;
    }
    out[size_t(i)] = now;
  }
  return out;
}

}  // namespace

XpPrism::XpPrism(bool red) {
  const Dispersion& dispersion = red ? kRp : kBp;
  const astro::Filter& filter = astro::filter(filter_name(red ? kGaiaRp : kGaiaBp));
  const BandWeights& band = band_weights(red ? kGaiaRp : kGaiaBp);
  first_cell = band.first;
  cells = int(band.weight.size());
  weights.assign(size_t(kXpSamples) * size_t(cells), 0.0f);
  for (int c = 0; c < cells; ++c) {
    const double w = coarse_angstrom(first_cell + c), width = w * kCoarseStep * std::numbers::ln10;
    const double electrons = 1e-17 * width * w / kPlanckLight * kMirror * filter.at(w),
                 place = dispersion.place(w / 10);
    for (int i = 0; i < kXpSamples; ++i) {
      const double x = ((i + 0.5) * kStep - place) / kLineSigma;
      if (std::abs(x) < 6)
        weights[size_t(i) * size_t(cells) + size_t(c)] =
            float(electrons * std::exp(-0.5 * x * x) / (kLineSigma * std::sqrt(2 * std::numbers::pi)));
    }
  }
  for (int n = 0; n < kXpCoefficients; ++n) {
    const int stars = int(std::size(kBasisStars));
    if (n < stars) {
      const Mixture m = StarGrid::mixture(kBasisStars[n], 4.5, 0);
      std::vector<float> light(kCoarseCells, 0.0f);
      for (int k = 0; k < m.count; ++k) {
        const auto& from = library().stars.templates()[size_t(m.index[size_t(k)])].coarse;
        for (size_t c = 0; c < light.size(); ++c) light[c] += m.weight[size_t(k)] * from[c];
      }
      const float scale = 1e-30f + *std::max_element(light.begin(), light.end());
      for (float& l : light) l /= scale;
      basis[size_t(n)] = seen(light, 0);
    } else {
      basis[size_t(n)] = hermite(n - stars);
    }
    orthonormalise(basis[size_t(n)], std::span(basis.data(), size_t(n)));
  }
}

const XpPrism& xp_prism(bool red) {
  static const XpPrism blue_prism(false), red_prism(true);
  return red ? red_prism : blue_prism;
}

Samples XpPrism::seen(std::span<const float> coarse, double redshift) const {
  // The redshift moves the rest grid by a number of cells that is seldom whole.
  const double shift = std::log10(1 + redshift) / kCoarseStep;
  const int whole = int(std::floor(shift));
  const float part = float(shift - whole);
  std::vector<float> light(size_t(cells), 0.0f);
  for (int c = 0; c < cells; ++c) {
    const int rest = first_cell + c - whole;
    if (rest >= 1 && rest < kCoarseCells)
      light[size_t(c)] = (1 - part) * coarse[size_t(rest)] + part * coarse[size_t(rest) - 1];
  }
  Samples out;
  for (int i = 0; i < kXpSamples; ++i) {
    const float* w = weights.data() + size_t(i) * size_t(cells);
    float lanes[8] = {};
    int c = 0;
    for (; c + 8 <= cells; c += 8)
      for (int k = 0; k < 8; ++k) lanes[k] += w[c + k] * light[size_t(c) + size_t(k)];
    double sum = 0;
    for (; c < cells; ++c) sum += double(w[c] * light[size_t(c)]);
    for (const float lane : lanes) sum += double(lane);
    out[size_t(i)] = sum;
  }
  return out;
}

std::array<FluxMeasure, 3> observe_gaia_fluxes(const ObjectTruth& truth, const ObjectLight& light) {
  base::Random random(truth.seed, 0, uint64_t(truth.index), "photometry_gaia");
  std::array<FluxMeasure, 3> out;
  for (size_t b = 0; b < out.size(); ++b) {
    const GaiaBand& band = kGaiaBands[b];
    const double flux = light.total[size_t(band.band)];
    const auto sigma = [&](double f) {
      return std::sqrt(band.noise * band.noise + std::max(0.0, f) / band.electrons +
                       std::pow(kLeastRelativeError * f, 2));
    };
    out[b].value = flux + sigma(flux) * random.normal();
    out[b].error = sigma(out[b].value);
  }
  return out;
}

bool gaia_has_source(const ObjectTruth& truth, double g) {
  return truth.kind != ObjectClass::galaxy && g > astro::nanomaggy_of(kFaintest);
}

bool gaia_has_spectra(const ObjectTruth& truth, double g) {
  return gaia_has_source(truth, g) && (truth.kind == ObjectClass::quasar || g > astro::nanomaggy_of(kFaintestSpectrum));
}

void observe_xp(const ObjectTruth& truth, const ObjectLight& light, bool red, modalities::VectorBlock& coefficients,
                modalities::VectorBlock& errors, int64_t row) {
  ASTERISM_CHECK(coefficients.width == kXpCoefficients && errors.width == kXpCoefficients && row < coefficients.n,
                 "row {} of {}, width {}", row, coefficients.n, coefficients.width);
  const XpPrism& prism = xp_prism(red);
  Samples observed = prism.seen(coarse_sed(truth, light), truth.redshift);
  base::Random random(truth.seed, red ? 1 : 0, uint64_t(truth.index), "gaia xp");
  for (double& s : observed) s += std::sqrt((s + kBackground) / (kStep * kExposure)) * random.normal();
  // The variance of each sample from the mean of the observed ones over five pixels around it.
  constexpr int kHalf = 5;
  Samples variance;
  for (int i = 0; i < kXpSamples; ++i) {
    const int from = std::max(0, i - kHalf), to = std::min(kXpSamples, i + kHalf + 1);
    double mean = 0;
    for (int k = from; k < to; ++k) mean += observed[size_t(k)] / (to - from);
    variance[size_t(i)] = (std::max(0.0, mean) + kBackground) / (kStep * kExposure);
  }
  const size_t at = size_t(row) * kXpCoefficients;
  for (size_t n = 0; n < kXpCoefficients; ++n) {
    double value = 0, square = 0;
    for (size_t i = 0; i < kXpSamples; ++i) {
      const double weight = prism.basis[n][i] * kStep;
      value += weight * observed[i];
      square += weight * weight * variance[i];
    }
    coefficients.value[at + n] = float(value);
    errors.value[at + n] = float(std::sqrt(square));
  }
  coefficients.present[size_t(row)] = errors.present[size_t(row)] = 1;
}

}  // namespace asterism::sky
