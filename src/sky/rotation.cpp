#include "sky/rotation.h"

#include <algorithm>
#include <cmath>

#include "astro/sphere.h"
#include "base/random.h"

namespace asterism::sky {
namespace {

constexpr double kThickness = 0.18, kQuiescentShare = 0.4, kTurnover = 0.4;  // the last in half-light radii of the disc

}  // namespace

double Rotation::fastest_kms() const {
  return velocity_kms * std::sqrt(std::max(0.0, 1 - cos_inclination * cos_inclination));
}

double Rotation::line_of_sight_kms(double x, double y) const {
  const double angle = position_angle_deg * astro::kDegree, cx = -std::sin(angle), cy = std::cos(angle);
  const double along = x * cx + y * cy, across = (y * cx - x * cy) / std::max(0.1, cos_inclination);
  const double r = std::hypot(along, across);
  if (!(r > 0)) return 0;
  return side * fastest_kms() * std::tanh(r / turnover_arcsec) * along / r;
}

Rotation draw_rotation(const ObjectTruth& truth) {
  Rotation out;
  if (truth.kind != ObjectClass::galaxy) return out;
  const auto& g = truth.galaxy;
  base::Random random(truth.seed, 0, uint64_t(truth.index), "sky.rotation");
  const double dex = 2.13 + 0.25 * (g.log_stellar_mass - 10) + 0.07 * random.normal();
  out.velocity_kms = std::clamp(std::pow(10.0, dex) * (g.quiescent ? kQuiescentShare : 1), 0.0, 450.0);
  out.turnover_arcsec = std::max(0.05, kTurnover * g.disc.half_light_arcsec);
  const double q2 = g.disc.axis_ratio * g.disc.axis_ratio, thin2 = kThickness * kThickness;
  out.cos_inclination = std::sqrt(std::clamp((q2 - thin2) / (1 - thin2), 0.0, 1.0));
  out.position_angle_deg = g.position_angle_deg;
  out.side = random.uniform() < 0.5 ? -1 : 1;
  return out;
}

}  // namespace asterism::sky
