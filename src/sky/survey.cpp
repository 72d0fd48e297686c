#include "sky/survey.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.h"
#include "sky/deimos.h"

namespace asterism::sky {
namespace {

constexpr ImagingBand kLegacyBands[] = {
    {kDecamG, "des-g", "flux_g", 24.7, 1.29, 2600}, {kDecamR, "des-r", "flux_r", 23.9, 1.18, 2200},
    {kDecamI, "des-i", "flux_i", 23.6, 1.13, 1900}, {kDecamZ, "des-z", "flux_z", 23.0, 1.11, 1500},
    {kWiseW1, "wise-w1", "flux_w1", 20.7, 0, 1e5},  {kWiseW2, "wise-w2", "flux_w2", 20.0, 0, 1e5}};
constexpr ImagingBand kSdssBands[] = {{kSdssU, "sdss-u", "flux_sdss_u", 22.0, 1.50, 160},
                                      {kSdssG, "sdss-g", "flux_sdss_g", 22.2, 1.43, 870},
                                      {kSdssR, "sdss-r", "flux_sdss_r", 22.2, 1.32, 940},
                                      {kSdssI, "sdss-i", "flux_sdss_i", 21.3, 1.26, 720},
                                      {kSdssZ, "sdss-z", "flux_sdss_z", 20.5, 1.29, 150}};

// Electrons of a nanomaggy: area of the mirror, time, and the filter curve with its optics and detector.
constexpr ImagingBand kHscBands[] = {{kHscG, "hsc-g", "flux_hsc_g", 26.5, 0.79, 1.8e5},
                                     {kHscR, "hsc-r", "flux_hsc_r", 26.5, 0.75, 1.8e5},
                                     {kHscI, "hsc-i", "flux_hsc_i", 26.2, 0.61, 2.8e5},
                                     {kHscZ, "hsc-z", "flux_hsc_z", 25.2, 0.68, 1.2e5},
                                     {kHscY, "hsc-y", "flux_hsc_y", 24.4, 0.68, 8.7e4}};
constexpr ImagingBand kEuclidBands[] = {{kEuclidVis, "euclid-vis", "flux_euclid_vis", 26.2, 0.18, 3.6e4},
                                        {kEuclidY, "euclid-y", "flux_euclid_y", 24.3, 0.48, 3.4e3},
                                        {kEuclidJ, "euclid-j", "flux_euclid_j", 24.5, 0.50, 4.1e3},
                                        {kEuclidH, "euclid-h", "flux_euclid_h", 24.4, 0.52, 3.8e3}};
constexpr ImagingBand kLsstBands[] = {
    {kLsstU, "lsst-u", "flux_lsst_u", 26.1, 0.92, 6.3e4}, {kLsstG, "lsst-g", "flux_lsst_g", 27.4, 0.87, 5.8e5},
    {kLsstR, "lsst-r", "flux_lsst_r", 27.5, 0.83, 1.2e6}, {kLsstI, "lsst-i", "flux_lsst_i", 26.8, 0.80, 1.0e6},
    {kLsstZ, "lsst-z", "flux_lsst_z", 26.1, 0.78, 6.2e5}, {kLsstY, "lsst-y", "flux_lsst_y", 24.9, 0.76, 2.5e5}};
// Mirror, time and throughput in one: the zero points, and 2,260 and 2,100 s.
constexpr ImagingBand kHstBands[] = {{kHstF606w, "hst-acs-f606w", "flux_hst_f606w", 28.14, 0.10, 8.9e4, 39.30},
                                     {kHstF814w, "hst-acs-f814w", "flux_hst_f814w", 27.52, 0.10, 5.0e4, 23.70}};
constexpr double kSeeingScatter = 0.10, kSpaceScatter = 0.01;

struct Point {
  double x, y;
};

double curve(std::span<const Point> points, double x) {
  if (x <= points.front().x) return points.front().y;
  for (size_t i = 1; i < points.size(); ++i)
    if (x < points[i].x) {
      const double t = (x - points[i - 1].x) / (points[i].x - points[i - 1].x);
      return points[i - 1].y * std::pow(points[i].y / points[i - 1].y, t);
    }
  return points.back().y;
}

constexpr Point kDesiNoise[] = {{3600, 2.70},  {3650, 2.10},  {3700, 1.70},  {3800, 1.20},  {4000, 0.84}, {4200, 0.70},
                                {4400, 0.61},  {4800, 0.49},  {5200, 0.43},  {5600, 0.41},  {5760, 0.44}, {5900, 0.34},
                                {6200, 0.30},  {6500, 0.262}, {7000, 0.222}, {7500, 0.215}, {7600, 0.21}, {7800, 0.18},
                                {8200, 0.160}, {8800, 0.152}, {9200, 0.175}, {9500, 0.185}, {9824, 0.29}};
constexpr Point kDesiElectrons[] = {{3600, 4},  {3800, 11}, {4000, 20}, {4500, 32}, {5000, 40},
                                    {6000, 50}, {7000, 60}, {8000, 64}, {9000, 60}, {9824, 30}};
constexpr Point kSdssNoise[] = {{3800, 2.6},  {3900, 2.1},  {4000, 1.75}, {4200, 1.4},  {4500, 1.12}, {5000, 0.92},
                                {5500, 0.80}, {5900, 0.78}, {6100, 0.80}, {6300, 0.66}, {6700, 0.56}, {7200, 0.52},
                                {7700, 0.54}, {8200, 0.58}, {8700, 0.66}, {9220, 0.95}};
constexpr Point kSdssElectrons[] = {{3800, 5},  {4000, 10}, {4500, 30}, {5000, 48},
                                    {6000, 62}, {7000, 70}, {8000, 62}, {9220, 30}};
// Electrons of a point source; noise is twice what the photons of the sky leave.
constexpr Point kVipersNoise[] = {{5500, 0.060}, {5750, 0.051}, {6000, 0.044}, {6500, 0.039},
                                  {7000, 0.036}, {7500, 0.035}, {8000, 0.034}, {8500, 0.036},
                                  {9000, 0.039}, {9300, 0.044}, {9500, 0.049}};
constexpr Point kVipersElectrons[] = {{5500, 2100}, {5750, 2830}, {6000, 3620}, {6500, 4540}, {7000, 5110},
                                      {7500, 5240}, {8000, 5080}, {8500, 4590}, {9000, 3710}, {9500, 2410}};
// A mirror of 1.2 m, 2,212 s, a throughput of at most 0.31.
constexpr Point kSlitlessNoise[] = {{12060, 0.50},  {12400, 0.37},  {13000, 0.307}, {14000, 0.259}, {15000, 0.231},
                                    {16000, 0.217}, {17000, 0.209}, {18000, 0.206}, {18500, 0.241}, {18920, 0.284}};
constexpr Point kSlitlessElectrons[] = {{12060, 320}, {12400, 430}, {13000, 520}, {14000, 620}, {15000, 690},
                                        {16000, 740}, {17000, 770}, {18000, 780}, {18500, 670}, {18920, 570}};
constexpr double kVipersLsfSigma = 14.5, kSlitlessLsfSigma = 14.6;

// Night-sky lines: vacuum wavelength and peak variance over the continuum's at a resolution of 0.67 A.
constexpr Point kSkyLines[] = {
    {4359.6, 2},   {5462.3, 2},  {5578.9, 60}, {5891.6, 6},  {5897.6, 4},  {6302.0, 16}, {6365.5, 6},  {6499.0, 2},
    {6535.0, 2.5}, {6555.5, 2},  {6831.2, 3},  {6865.7, 6},  {6891.3, 3},  {6902.6, 3},  {6925.1, 4},  {6950.9, 4},
    {6980.3, 3},   {7242.0, 5},  {7278.3, 12}, {7286.6, 5},  {7305.7, 5},  {7318.3, 14}, {7331.3, 10}, {7342.9, 14},
    {7360.7, 5},   {7371.5, 10}, {7394.2, 5},  {7403.9, 5},  {7526.1, 4},  {7573.7, 5},  {7714.7, 6},  {7718.8, 6},
    {7725.7, 10},  {7737.3, 6},  {7752.8, 25}, {7761.7, 10}, {7774.9, 10}, {7782.2, 8},  {7796.2, 25}, {7810.6, 10},
    {7823.5, 20},  {7843.4, 14}, {7855.5, 8},  {7870.7, 6},  {7893.3, 7},  {7915.9, 25}, {7923.7, 10}, {7951.9, 12},
    {7966.9, 30},  {7980.7, 10}, {7995.6, 35}, {8016.8, 14}, {8027.8, 28}, {8054.2, 10}, {8064.2, 14}, {8105.0, 6},
    {8290.6, 10},  {8300.8, 22}, {8305.1, 10}, {8313.0, 14}, {8346.9, 45}, {8355.1, 14}, {8367.9, 18}, {8384.5, 22},
    {8401.5, 50},  {8417.5, 22}, {8432.5, 50}, {8454.7, 25}, {8467.7, 32}, {8495.8, 18}, {8507.1, 22}, {8541.0, 8},
    {8551.0, 8},   {8762.6, 18}, {8770.5, 18}, {8780.5, 28}, {8793.0, 16}, {8829.5, 50}, {8838.5, 28}, {8852.6, 28},
    {8870.2, 32},  {8888.3, 70}, {8905.7, 35}, {8922.1, 70}, {8945.9, 35}, {8960.6, 50}, {8991.0, 30}, {9004.2, 28},
    {9040.6, 14},  {9052.1, 14}, {9105.0, 10}, {9217.0, 10}, {9226.7, 10}, {9309.0, 22}, {9316.7, 22}, {9326.3, 28},
    {9340.6, 25},  {9378.6, 55}, {9400.0, 25}, {9421.9, 40}, {9442.4, 60}, {9461.1, 35}, {9478.8, 60}, {9505.6, 45},
    {9522.5, 55},  {9555.3, 40}, {9570.3, 35}, {9607.0, 18}, {9623.0, 18}, {9700.0, 25}, {9723.0, 30}, {9750.0, 30},
    {9793.5, 40}};

// Bands of the atmosphere: from, to, depth.
constexpr double kTelluric[][3] = {{6869, 6960, 0.22}, {7170, 7350, 0.12}, {7595, 7700, 0.55}, {8130, 8350, 0.14},
                                   {8940, 9200, 0.18}, {9290, 9640, 0.40}, {9640, 9830, 0.15}};

}  // namespace

ImagingSurvey in_other_seeing(const ImagingSurvey& survey, double factor, std::vector<ImagingBand>& bands) {
  bands.assign(survey.bands.begin(), survey.bands.end());
  for (ImagingBand& band : bands) {
    if (band.fwhm_arcsec == 0) continue;
    const double pixels = band.fwhm_arcsec / survey.pixel_scale_arcsec;
    if (factor * pixels < kNarrowestPsf)
      base::user_error(
          "seeing = {}: the PSF of '{}' would be {:.2f} pixels wide, and below {} it cannot be drawn: take {:.2f} or "
          "more, or leave out the survey of {}",
          factor, band.name, factor * pixels, kNarrowestPsf, std::ceil(100 * kNarrowestPsf / pixels) / 100,
          survey.image);
    band.fwhm_arcsec *= factor;
    band.depth_5sigma -= 2.5 * std::log10(factor);  // as many pixels more at the same noise
  }
  ImagingSurvey other = survey;
  other.bands = bands;
  return other;
}

const ImagingSurvey& legacy_imaging() {
  static const ImagingSurvey survey{"image_legacy", 0.262, 96, kLegacyBands, BandGroup::first, kSeeingScatter};
  return survey;
}

const ImagingSurvey& sdss_imaging() {
  static const ImagingSurvey survey{"image_sdss", 0.396, 96, kSdssBands, BandGroup::first, kSeeingScatter};
  return survey;
}

const ImagingSurvey& hsc_imaging() {
  static const ImagingSurvey survey{"image_hsc", 0.168, 96, kHscBands, BandGroup::hsc, kSeeingScatter};
  return survey;
}

const ImagingSurvey& euclid_imaging() {
  static const ImagingSurvey survey{"image_euclid", 0.1, 160, kEuclidBands, BandGroup::euclid, kSpaceScatter};
  return survey;
}

const ImagingSurvey& lsst_imaging() {
  static const ImagingSurvey survey{"image_lsst", 0.2, 96, kLsstBands, BandGroup::lsst, kSeeingScatter};
  return survey;
}

const ImagingSurvey& hst_imaging() {
  static const ImagingSurvey survey{"image_hst", 0.03, 128, kHstBands, BandGroup::hst, kSpaceScatter, true};
  return survey;
}

const SpectralSurvey& desi_spectra() {
  static const SpectralSurvey survey{Spectrograph::desi, "spectrum_desi", 7781, false, 3600.0, 0.8, 1.5, 1.1, 0.12};
  return survey;
}

const SpectralSurvey& sdss_spectra() {
  static const SpectralSurvey survey{Spectrograph::sdss, "spectrum_sdss", 3840, true, 3.5798, 1e-4, 3.0, 1.4, 0.15};
  return survey;
}

const SpectralSurvey& vipers_spectra() {
  static const SpectralSurvey survey{Spectrograph::vipers, "spectrum_vipers", 564, false, 5500.0, 7.1, 1.3, 0.8, 0.15};
  return survey;
}

const SpectralSurvey& slitless_spectra() {
  static const SpectralSurvey survey{
      Spectrograph::slitless, "spectrum_slitless", 512, false, 12060.0, 13.4, 2.0, 0.5, 0.10};
  return survey;
}

double SpectralSurvey::wavelength(double pixel) const {
  return logarithmic ? std::pow(10.0, first + step * pixel) : first + step * pixel;
}

double SpectralSurvey::lsf_sigma(double w) const {
  switch (kind) {
    case Spectrograph::deimos:
      return kDeimosLsfSigma;
    case Spectrograph::vipers:
      return kVipersLsfSigma;
    case Spectrograph::slitless:
      return kSlitlessLsfSigma;
    case Spectrograph::sdss:
      return w * step * std::numbers::ln10 * (w < 6000 ? 1.12 - (w - 3800) * 1.2e-4 : 0.92 - (w - 6000) * 6e-5);
    case Spectrograph::desi:
      break;
  }
  return 0.66 + (w > 9300 ? 0.14 * (w - 9300) / 524 : 0);
}

double SpectralSurvey::dark_noise(double w) const {
  switch (kind) {
    case Spectrograph::deimos:
      return kDeimosDarkNoise;
    case Spectrograph::vipers:
      return curve(kVipersNoise, w);
    case Spectrograph::slitless:
      return curve(kSlitlessNoise, w);
    case Spectrograph::sdss:
      return curve(kSdssNoise, w);
    case Spectrograph::desi:
      break;
  }
  return curve(kDesiNoise, w);
}

double SpectralSurvey::photon_noise(double w) const {
  switch (kind) {
    case Spectrograph::deimos:
      return 1;
    case Spectrograph::vipers:
      return 1 / curve(kVipersElectrons, w);
    case Spectrograph::slitless:
      return 1 / curve(kSlitlessElectrons, w);
    case Spectrograph::sdss:
      return 1 / curve(kSdssElectrons, w);
    case Spectrograph::desi:
      break;
  }
  return 1 / curve(kDesiElectrons, w);
}

double sky_line_variance(double w, double sigma) {
  double sum = 1;
  for (const Point& line : kSkyLines) {
    const double x = (w - line.x) / sigma;
    if (std::abs(x) < 6) sum += line.y * 0.67 / sigma * std::exp(-0.5 * x * x);
  }
  return sum;
}

double telluric_transmission(double w) {
  double kept = 1;
  for (const auto& band : kTelluric) {
    if (w <= band[0] || w >= band[1]) continue;
    // A sharp head and a tail to the red, with ripples of rotational lines.
    const double t = (w - band[0]) / (band[1] - band[0]);
    kept -= band[2] * (1 - t) * std::min(1.0, 12 * t) * (0.8 + 0.2 * std::cos(w * 0.9));
  }
  return kept;
}

}  // namespace asterism::sky
