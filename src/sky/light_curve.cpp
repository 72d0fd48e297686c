#include "sky/light_curve.h"

#include <algorithm>
#include <cmath>

#include "astro/photometry.h"
#include "base/random.h"

namespace asterism::sky {
namespace {

constexpr double kSubtraction = 0.01;  // of the mean flux
constexpr double kLimitSigmas = 5;
constexpr double kReferenceVisits = 20;

// Share of a galaxy's light that lies under the PSF.
double share_under_psf(const ObjectTruth& truth, double fwhm_arcsec) {
  if (truth.kind != ObjectClass::galaxy) return 1;
  const double size = 2 * truth.galaxy.half_light_arcsec;
  return 1 / (1 + truth.galaxy.axis_ratio * size * size / (fwhm_arcsec * fwhm_arcsec));
}

}  // namespace

std::vector<modalities::LightCurvePoint> observe_light_curve(const ObjectTruth& truth, const ObjectLight& light,
                                                             const VariableTruth& variable, const CurveSurvey& survey) {
  const std::vector<Visit> visits = visits_of(truth, survey);
  base::Random random(truth.seed, 1, uint64_t(truth.index), survey.curve);
  std::vector<double> wavelength, mean, reference;  // per band
  for (const CurveBand& band : survey.bands) {
    wavelength.push_back(band_weights(band.light).pivot_angstrom);
    mean.push_back(light.total[size_t(band.light)]);
    const double under = mean.back() * share_under_psf(truth, band.fwhm_arcsec);
    const double sky = astro::nanomaggy_of(band.depth_5sigma) / kLimitSigmas;
    reference.push_back(under + random.normal() *
                                    std::sqrt((sky * sky + under / band.electrons_per_nanomaggy) / kReferenceVisits));
  }
  std::vector<Moment> moments;
  moments.reserve(visits.size());
  for (const Visit& visit : visits)
    moments.push_back({visit.mjd, mean[size_t(visit.band)], wavelength[size_t(visit.band)]});
  const std::vector<double> change = difference_fluxes(truth, variable, moments);
  std::vector<modalities::LightCurvePoint> points;
  points.reserve(visits.size());
  for (size_t i = 0; i < visits.size(); ++i) {
    const Visit& visit = visits[i];
    const CurveBand& band = survey.bands[size_t(visit.band)];
    const auto sigma = [&](double difference, double under) {
      return std::sqrt(visit.noise * visit.noise + std::max(0.0, under + difference) / band.electrons_per_nanomaggy +
                       std::pow(kSubtraction * std::max(0.0, under), 2));
    };
    const double under = mean[size_t(visit.band)] * share_under_psf(truth, visit.fwhm_arcsec);
    const double value = change[i] + sigma(change[i], under) * random.normal();
    const double error = sigma(value, reference[size_t(visit.band)]);
    modalities::LightCurvePoint point{visit.mjd, int32_t(visit.band), float(value), float(error), false, false};
    if (survey.limits && std::abs(value) < kLimitSigmas * error) {
      point.value = float(kLimitSigmas * error);
      point.masked = point.upper_limit = true;
    }
    points.push_back(point);
  }
  return points;
}

modalities::LightCurveBlock light_curve_block(const CurveSurvey& survey,
                                              std::vector<std::vector<modalities::LightCurvePoint>> rows) {
  std::vector<modalities::Band> bands;
  for (const CurveBand& band : survey.bands)
    bands.push_back({std::string(band.name), band.wavelength_angstrom, band.width_angstrom});
  size_t length = 0;
  for (const auto& row : rows) length = std::max(length, row.size());
  auto block =
      modalities::make_light_curves(int64_t(rows.size()), int64_t(length), std::move(bands), "nanomaggy", "MJD");
  for (size_t row = 0; row < rows.size(); ++row) modalities::set_points(block, int64_t(row), std::move(rows[row]));
  return block;
}

}  // namespace asterism::sky
