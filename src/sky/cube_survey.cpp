#include "sky/cube_survey.h"

#include <cmath>
#include <numbers>

#include "sky/broaden.h"
#include "sky/survey.h"

namespace asterism::sky {
namespace {

double sdss_pixel(double wavelength) { return wavelength * sdss_spectra().step * std::numbers::ln10; }

}  // namespace

const CubeSurvey& manga_cubes() {
  static const CubeSurvey survey{
      "cube_manga", "maps_lines_manga", 0.5, 24, 800, true, 3.559, 5e-4, 2.5, true, 71.0, 0.032, 3.3, 0.10};
  return survey;
}

const CubeSurvey& muse_cubes() {
  static const CubeSurvey survey{
      "cube_muse", "maps_lines_muse", 0.2, 24, 800, false, 4752.875, 5.75, 0.7, false, 55.0, 0.021, 21.0, 0.10};
  return survey;
}

double CubeSurvey::wavelength(double plane) const {
  return logarithmic ? std::pow(10.0, first + step * plane) : first + step * plane;
}

double CubeSurvey::sky_variance(int plane) const {
  const double w = wavelength(plane), width = wavelength(plane + 0.5) - wavelength(plane - 0.5);
  const double dark = noise_over_sdss * sdss_spectra().dark_noise(w) * std::sqrt(sdss_pixel(w) / width);
  const double sharpness = std::hypot(width / std::sqrt(12.0), w * lsf_kms / kLightKms);
  const double telluric = telluric_transmission(w);
  return dark * dark * sky_line_variance(w, sharpness) / (telluric * telluric);
}

double CubeSurvey::photon_variance(int plane) const {
  const double w = wavelength(plane), width = wavelength(plane + 0.5) - wavelength(plane - 0.5);
  return sdss_spectra().photon_noise(w) * sdss_pixel(w) / (electrons_over_sdss * width * telluric_transmission(w));
}

}  // namespace asterism::sky
