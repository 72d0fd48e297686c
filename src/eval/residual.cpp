#include "eval/residual.h"

#include <cmath>
#include <limits>

#include "base/error.h"

namespace asterism::eval {

ChiSquare chi_square(std::span<const float> flux, std::span<const float> ivar, std::span<const uint8_t> mask,
                     std::span<const float> model, std::span<const uint8_t> model_mask) {
  ASTERISM_CHECK(flux.size() == ivar.size() && flux.size() == mask.size() && flux.size() == model.size() &&
                     (model_mask.empty() || model_mask.size() == flux.size()),
                 "{} values, {} of the model", flux.size(), model.size());
  ChiSquare out;
  double sum = 0;
  for (size_t i = 0; i < flux.size(); ++i) {
    if (mask[i] != 0 || !(ivar[i] > 0) || (!model_mask.empty() && model_mask[i] != 0)) continue;
    const double residual = double(flux[i]) - double(model[i]);
    sum += residual * residual * double(ivar[i]);
    ++out.count;
  }
  out.per_value = out.count > 0 ? sum / double(out.count) : std::numeric_limits<double>::quiet_NaN();
  return out;
}

LineCentre line_centre(std::span<const float> wavelength_angstrom, std::span<const float> flux,
                       std::span<const float> ivar, std::span<const uint8_t> mask, double expected_angstrom,
                       double half_width_angstrom) {
  LineCentre out{std::numeric_limits<double>::quiet_NaN(), 0, 0};
  double left = 0, left_x = 0, right = 0, right_x = 0;
  int left_n = 0, right_n = 0, line_n = 0;
  for (size_t i = 0; i < flux.size(); ++i) {
    const double offset = double(wavelength_angstrom[i]) - expected_angstrom;
    if (wavelength_angstrom[i] <= 0 || std::abs(offset) > 2 * half_width_angstrom) continue;
    if (mask[i] != 0 || !(ivar[i] > 0)) return out;
    if (std::abs(offset) <= half_width_angstrom) {
      ++line_n;
    } else if (offset < 0) {
      left += flux[i];
      left_x += offset;
      ++left_n;
    } else {
      right += flux[i];
      right_x += offset;
      ++right_n;
    }
  }
  if (left_n < 2 || right_n < 2 || line_n < 3) return out;
  const double slope = (right / right_n - left / left_n) / (right_x / right_n - left_x / left_n);
  const double zero = left / left_n - slope * left_x / left_n;
  double total = 0, moment = 0, variance = 0, flux_total = 0;
  for (size_t i = 0; i < flux.size(); ++i) {
    const double offset = double(wavelength_angstrom[i]) - expected_angstrom;
    if (wavelength_angstrom[i] <= 0 || std::abs(offset) > half_width_angstrom) continue;
    const double above = double(flux[i]) - zero - slope * offset;
    total += above;
    if (i > 0) flux_total += above * (double(wavelength_angstrom[i]) - double(wavelength_angstrom[i - 1]));
    moment += above * offset;
    variance += 1 / double(ivar[i]);
  }
  out.flux = flux_total;
  if (total == 0) return out;
  // A centre outside of the window is the quotient of two noises.
  const double centre = moment / total;
  if (std::abs(centre) <= half_width_angstrom) out.centre_angstrom = expected_angstrom + centre;
  out.strength = std::isfinite(out.centre_angstrom) ? std::abs(total) / std::sqrt(variance) : 0;
  return out;
}

}  // namespace asterism::eval
