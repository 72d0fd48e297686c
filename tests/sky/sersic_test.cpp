#include "sky/sersic.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace asterism::sky {
namespace {

// Light within radius r of the exact profile, truncated at 8 half-light radii, by direct integration.
double exact_inside(double n, double r) {
  const auto integral = [n](double end) {
    double sum = 0;
    const int steps = 20000;
    const double low = 1e-6, step = std::log(end / low) / steps;
    for (int i = 0; i < steps; ++i) {
      const double x = low * std::exp((i + 0.5) * step);
      sum += sersic_profile(n, x) * x * x * step;
    }
    return sum;
  };
  return integral(r) / integral(8);
}

TEST(Sersic, GaussiansHoldTheLightOfTheExactProfile) {
  for (const double n : {0.6, 1.0, 2.0, 3.5, 4.5, 6.0})
    for (const double r : {0.1, 0.3, 0.6, 1.0, 1.7, 3.0}) {
      double inside = 0, total = 0;
      for (const RoundGaussian& g : sersic_gaussians(n)) {
        inside += g.share * (1 - std::exp(-0.5 * r * r / (g.sigma * g.sigma)));
        total += g.share;
      }
      EXPECT_NEAR(total, 1, 1e-9);
      EXPECT_NEAR(inside, exact_inside(n, r), 0.012) << "n " << n << " r " << r;
    }
}

TEST(Sersic, HalfOfTheLightOfTheWholeProfileLiesWithinOne) {
  for (const double n : {1.0, 4.0}) {
    double inside = 0, all = 0;
    for (double x = 1e-6; x < 3000; x *= 1.001) {
      const double light = sersic_profile(n, x) * x * x;
      all += light;
      if (x < 1) inside += light;
    }
    EXPECT_NEAR(inside / all, 0.5, 0.003) << n;
  }
}

TEST(Sersic, PsfHasItsWidth) {
  double peak = 0, half = 0, total = 0;
  for (const RoundGaussian& g : psf_gaussians()) {
    const double density = g.share / (2 * std::numbers::pi * g.sigma * g.sigma);
    peak += density;
    half += density * std::exp(-0.5 * 0.25 / (g.sigma * g.sigma));
    total += g.share;
  }
  EXPECT_NEAR(total, 1, 1e-9);
  EXPECT_NEAR(half / peak, 0.5, 0.03);
}

}  // namespace
}  // namespace asterism::sky
