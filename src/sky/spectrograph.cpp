#include "sky/spectrograph.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.h"
#include "base/random.h"
#include "sky/broaden.h"
#include "sky/deimos.h"
#include "sky/fast_normal.h"
#include "sky/published_variance.h"
#include "sky/scene.h"
#include "sky/sed.h"

namespace asterism::sky {
namespace {

constexpr double kReachOfLsf = 4.5;  // sigma beyond which a line spread has ended

// What a survey always needs: its wavelengths, noise between pixels' ends, and the matrix that blurs the observer's
// fine grid into pixels.
struct Instrument {
  explicit Instrument(const SpectralSurvey& survey);
  std::vector<float> wavelength, lsf_sigma, sky_variance, photon_noise;
  std::vector<float> counts;      // what is recorded of a unit of flux; empty where spectra are calibrated
  int first_cell = 0, cells = 0;  // of the observer's grid: same steps as fine_angstrom
  std::vector<int> start;         // per pixel: its first cell, from first_cell
  std::vector<int> taps;
  std::vector<float> weights;  // taps[0] of them for pixel 0, then pixel 1 ...
};

Instrument::Instrument(const SpectralSurvey& survey) {
  const auto cell_of = [](double w) { return (std::log10(w) - kFineStart) / kFineStep - 0.5; };
  const auto beyond = [&](double w) {  // cells of light that the line spread may bring in
    const double cell = w * kFineStep * std::numbers::ln10;
    return std::max(30, int(kReachOfLsf * survey.lsf_sigma(w) / cell) + 20);
  };
  const double blue = survey.wavelength(-1), red = survey.wavelength(survey.pixels);
  first_cell = int(cell_of(blue)) - beyond(blue);
  cells = int(cell_of(red)) + beyond(red) - first_cell;
  for (int p = 0; p < survey.pixels; ++p) {
    const double w = survey.wavelength(p), sigma = survey.lsf_sigma(w);
    const double low = survey.wavelength(p - 0.5), high = survey.wavelength(p + 0.5);
    wavelength.push_back(float(w));
    lsf_sigma.push_back(float(sigma));
    const bool calibrated = survey.kind != Spectrograph::deimos;
    const double dark = survey.dark_noise(w), telluric = calibrated ? telluric_transmission(w) : 1;
    if (!calibrated) counts.push_back(float(deimos_electrons(w)));
    sky_variance.push_back(float(dark * dark * sky_line_variance(w, std::hypot(sigma, 0.3)) / (telluric * telluric)));
    photon_noise.push_back(float(survey.photon_noise(w) / telluric));
    // Of each cell, the share that a Gaussian moves between the ends of the pixel; over the pixel's width.
    const int from = int(std::floor(cell_of(low - kReachOfLsf * sigma))),
              to = int(std::ceil(cell_of(high + kReachOfLsf * sigma)));
    start.push_back(from - first_cell);
    taps.push_back(to - from + 1);
    for (int c = from; c <= to; ++c) {
      const double centre = fine_angstrom(c), width = centre * kFineStep * std::numbers::ln10,
                   root = sigma * std::numbers::sqrt2;
      const double inside = 0.5 * (std::erf((high - centre) / root) - std::erf((low - centre) / root));
      weights.push_back(float(inside * width / (high - low)));
    }
  }
}

const Instrument& instrument_of(const SpectralSurvey& survey) {
  switch (survey.kind) {
    case Spectrograph::sdss: {
      static const Instrument sdss(sdss_spectra());
      return sdss;
    }
    case Spectrograph::deimos: {
      static const Instrument deimos(deimos_spectra());
      return deimos;
    }
    case Spectrograph::vipers: {
      static const Instrument vipers(vipers_spectra());
      return vipers;
    }
    case Spectrograph::slitless: {
      static const Instrument slitless(slitless_spectra());
      return slitless;
    }
    case Spectrograph::desi:
      break;
  }
  static const Instrument desi(desi_spectra());
  return desi;
}

// The continuum on the observer's grid. `shift`: of the rest grid by the redshift, in cells. Beyond the end of the fine
// grid, light of the near infrared comes from the coarse one, whose cells are as wide as a velocity of 276 km/s.
std::vector<float> observed_continuum(const ModelSpectrum& rest, double shift, const Instrument& instrument) {
  const int whole = int(std::floor(shift));
  const float part = float(shift - whole);
  std::vector<float> seen(size_t(instrument.cells), 0.0f);
  for (int i = 0; i < instrument.cells; ++i) {
    const int cell = i + instrument.first_cell - whole;
    if (cell >= 1 && cell < kFineCells) {
      seen[size_t(i)] = (1 - part) * rest.fine[size_t(cell)] + part * rest.fine[size_t(cell) - 1];
    } else if (cell >= kFineCells && !rest.coarse.empty()) {
      const double place = (double(cell) - double(part) + 0.5) / kFinePerCoarse - 0.5;
      const auto left = size_t(place);
      if (left + 1 >= rest.coarse.size()) break;
      const float share = float(place - double(left));
      seen[size_t(i)] = (1 - share) * rest.coarse[left] + share * rest.coarse[left + 1];
    }
  }
  return seen;
}

// A line spread over the cells of the observer's grid, its flux kept.
void add_line(const SedLine& line, int first_cell, std::vector<float>& grid) {
  const double centre = (std::log10(line.observed_angstrom) - kFineStart) / kFineStep - first_cell;  // in cell edges
  const double sigma = line.sigma_kms / kFineCellKms;
  const int from = std::max(0, int(centre - 5 * sigma)), to = std::min(int(grid.size()) - 1, int(centre + 5 * sigma));
  for (int i = from; i <= to; ++i) {
    const double share = 0.5 * (std::erf((i + 1 - centre) / (sigma * std::numbers::sqrt2)) -
                                std::erf((i - centre) / (sigma * std::numbers::sqrt2)));
    grid[size_t(i)] += float(line.flux * share / (fine_angstrom(i + first_cell) * kFineStep * std::numbers::ln10));
  }
}

void add_defects(base::Random& random, modalities::SpectrumBlock& block, size_t at) {
  const size_t n = size_t(block.length);
  const auto spoil = [&](size_t first, size_t last) {
    for (size_t p = first; p < std::min(last, n); ++p) {
      block.mask[at + p] = 1;
      block.flux[at + p] = 0;
    }
  };
  for (uint64_t hits = random.poisson(4.0); hits > 0; --hits) {  // cosmic rays and bad columns
    const size_t p = size_t(random.below(n));
    spoil(p, p + 1 + size_t(random.below(5)));
  }
  if (random.uniform() < 0.02) {  // a stretch of a bad amplifier
    const size_t p = size_t(random.below(n));
    spoil(p, p + 60 + size_t(random.below(240)));
  }
}

// What does not fall on a detector.
void mask_unseen(const DeimosSlit& slit, modalities::SpectrumBlock& block, size_t at) {
  for (size_t i = at; i < at + size_t(block.length); ++i) {
    if (slit.sees(double(block.wavelength_angstrom[i]))) continue;
    block.mask[i] = 1;
    block.flux[i] = 0;
  }
}

// Inverse variances from the observed flux, its mean taken over the good ones of 2 * half + 1 pixels.
void publish_variance(const Instrument& instrument, float scale, int half, modalities::SpectrumBlock& block,
                      size_t at) {
  const int n = int(block.length);
  const float* flux = block.flux.data() + at;
  const auto* mask = block.mask.data() + at;
  double sum = 0;
  int good = 0;
  const auto enter = [&](int p, int sign) {  // the flux of a masked pixel is 0
    if (p < 0 || p >= n) return;
    sum += sign * double(flux[p]);
    good += mask[p] ? 0 : sign;
  };
  for (int p = 0; p < half; ++p) enter(p, 1);
  for (int p = 0; p < n; ++p) {
    enter(p + half, 1);
    enter(p - half - 1, -1);
    const size_t i = size_t(p);
    block.ivar[at + i] = mask[p] ? 0
                                 : 1 / published_variance(scale * instrument.sky_variance[i],
                                                          instrument.photon_noise[i], float(sum / good), flux[p]);
  }
}

}  // namespace

FibreShares fibre_shares(const ObjectTruth& truth, const SpectralSurvey& survey) {
  if (truth.kind != ObjectClass::galaxy) return {};
  ObjectTruth point;
  point.kind = ObjectClass::star;
  const double most = aperture_share(scene_of(point, 1, 0, survey.seeing_arcsec), survey.fibre_arcsec);
  return {std::min(1.0, aperture_share(scene_of(truth, 1, 0, survey.seeing_arcsec), survey.fibre_arcsec) / most),
          std::min(1.0, aperture_share(scene_of(truth, 0, 1, survey.seeing_arcsec), survey.fibre_arcsec) / most)};
}

std::vector<float> noiseless_spectrum(const ObjectTruth& truth, const ObjectLight& light,
                                      const SpectralSurvey& survey) {
  const Instrument& instrument = instrument_of(survey);
  const FibreShares fibre = fibre_shares(truth, survey);
  const double low = fine_angstrom(instrument.first_cell),
               high = fine_angstrom(instrument.first_cell + instrument.cells);
  // The redshift moves the rest grid by a number of cells that is seldom whole.
  const double shift = std::log10(1 + truth.redshift) / kFineStep;
  const int first = instrument.first_cell - int(std::floor(shift)), last = first + instrument.cells;
  Sed sed = sed_of(truth, light, fibre.disc, fibre.bulge, /*with_coarse=*/last > kFineCells, low, high);
  if (const int from = std::max(0, first - 2), to = std::min(kFineCells, last + 2);
      truth.kind == ObjectClass::galaxy && from < to)
    broaden(sed.continuum.fine, from, to, truth.galaxy.velocity_dispersion_kms);
  std::vector<float> seen = observed_continuum(sed.continuum, shift, instrument);
  for (const SedLine& line : sed.lines)
    if (line.observed_angstrom > low && line.observed_angstrom < high) add_line(line, instrument.first_cell, seen);
  std::vector<float> out(size_t(survey.pixels), 0.0f);
  const float* weight = instrument.weights.data();
  for (size_t p = 0; p < out.size(); ++p) {
    const float* from = seen.data() + instrument.start[p];
    float sum = 0;
    for (int k = 0; k < instrument.taps[p]; ++k) sum += weight[k] * from[k];
    weight += instrument.taps[p];
    out[p] = sum;
  }
  return out;
}

std::vector<float> recorded_spectrum(const ObjectTruth& truth, const ObjectLight& light, const SpectralSurvey& survey) {
  const Instrument& instrument = instrument_of(survey);
  std::vector<float> out = noiseless_spectrum(truth, light, survey);
  if (instrument.counts.empty()) return out;
  const DeimosSlit slit = deimos_slit(truth);
  for (size_t p = 0; p < out.size(); ++p)
    out[p] *= instrument.counts[p] * float(slit.share(double(instrument.wavelength[p])));
  return out;
}

void observe_spectrum(const ObjectTruth& truth, const ObjectLight& light, const SpectralSurvey& survey, bool defects,
                      modalities::SpectrumBlock& block, int64_t row) {
  const size_t n = size_t(survey.pixels), at = size_t(row) * size_t(block.length);
  ASTERISM_CHECK(row >= 0 && row < block.n && block.length == survey.pixels, "row {} of {} x {}", row, block.n,
                 block.length);
  const Instrument& instrument = instrument_of(survey);
  const std::vector<float> clean = recorded_spectrum(truth, light, survey);
  base::Random random(truth.seed, 0, uint64_t(truth.index), survey.spectrum);
  const float scale = float(std::exp(2 * survey.noise_scatter * random.normal()));  // of the variance
  std::vector<float> noise(n);
  FastNormal(truth.seed, uint64_t(truth.index), survey.spectrum).fill(noise);
  block.present[size_t(row)] = 1;
  for (size_t p = 0; p < n; ++p) {
    const float variance = scale * instrument.sky_variance[p] + std::max(0.0f, clean[p]) * instrument.photon_noise[p];
    block.wavelength_angstrom[at + p] = instrument.wavelength[p];
    block.lsf_sigma_angstrom[at + p] = instrument.counts.empty() ? instrument.lsf_sigma[p] : 0;
    block.flux[at + p] = clean[p] + std::sqrt(variance) * noise[p];
    block.mask[at + p] = 0;
  }
  if (!instrument.counts.empty()) mask_unseen(deimos_slit(truth), block, at);
  if (defects) add_defects(random, block, at);
  publish_variance(instrument, scale, survey.logarithmic ? 2 : 4, block, at);
}

}  // namespace asterism::sky
