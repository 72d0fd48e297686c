#include "sky/lens.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "astro/sphere.h"
#include "sky/sersic.h"

namespace asterism::sky {
namespace {

constexpr double kCell = 0.1;  // arcsec
constexpr double kMostReach = 15;
constexpr int kSamples = 3;      // in each direction of a cell
constexpr double kLeast = 1e-4;  // of the brightest cell

struct Profile {
  double amount, major2, minor2;  // variances
};

std::vector<Profile> profiles_of(const ObjectTruth& source) {
  std::vector<Profile> out;
  const GalaxyTruth& g = source.galaxy;
  const auto add = [&](const Population& part, double share) {
    if (share <= 0) return;
    for (const RoundGaussian& k : sersic_gaussians(part.sersic_n)) {
      // Not narrower than a sample, or the sum over samples would miss it.
      const double sigma = std::max(k.sigma * part.half_light_arcsec, kCell / kSamples);
      out.push_back({share * k.share, sigma * sigma, std::pow(std::max(sigma * part.axis_ratio, kCell / kSamples), 2)});
    }
  };
  add(g.disc, 1 - g.bulge_fraction);
  add(g.bulge, g.bulge_fraction);
  return out;
}

}  // namespace

void source_plane(const Lens& lens, double x, double y, double& source_x, double& source_y) {
  const double r = std::max(1e-9, std::hypot(x, y)), angle = 2 * lens.shear_angle_deg * astro::kDegree;
  const double g1 = lens.shear * std::cos(angle), g2 = lens.shear * std::sin(angle);
  source_x = x - lens.einstein_radius_arcsec * x / r - (g1 * x + g2 * y);
  source_y = y - lens.einstein_radius_arcsec * y / r - (g2 * x - g1 * y);
}

std::vector<LensedPoint> lensed_source(const Structure& structure) {
  const Lens& lens = structure.lens;
  const auto profiles = profiles_of(structure.other);
  const double pa = structure.other.galaxy.position_angle_deg * astro::kDegree, ex = -std::sin(pa), ey = std::cos(pa);
  const double reach =
      std::min(kMostReach, 2.4 * lens.einstein_radius_arcsec + 3 * structure.other.galaxy.half_light_arcsec);
  const int half = int(std::ceil(reach / kCell));
  std::vector<LensedPoint> out;
  double most = 0;
  for (int j = -half; j <= half; ++j)
    for (int i = -half; i <= half; ++i) {
      double sum = 0;
      for (int s = 0; s < kSamples * kSamples; ++s) {
        const int column = s % kSamples, row = s / kSamples;
        const double x = (i + (column + 0.5) / kSamples - 0.5) * kCell, y = (j + (row + 0.5) / kSamples - 0.5) * kCell;
        double sx = 0, sy = 0;
        source_plane(lens, x, y, sx, sy);
        sx -= lens.source_x_arcsec;
        sy -= lens.source_y_arcsec;
        const double along = sx * ex + sy * ey, across = sx * ey - sy * ex;
        for (const Profile& p : profiles) {
          const double q = along * along / p.major2 + across * across / p.minor2;
          if (q < 40) sum += p.amount * std::exp(-0.5 * q) / (2 * std::numbers::pi * std::sqrt(p.major2 * p.minor2));
        }
      }
      const double amount = sum * kCell * kCell / (kSamples * kSamples);
      most = std::max(most, amount);
      if (amount > 0) out.push_back({i * kCell, j * kCell, amount});
    }
  std::erase_if(out, [&](const LensedPoint& p) { return p.amount < kLeast * most; });
  return out;
}

}  // namespace asterism::sky
