#include "sky/stellar_population.h"

#include <gtest/gtest.h>

#include <cmath>

#include "sky/library.h"

namespace asterism::sky {
namespace {

double break_strength(const ModelSpectrum& s) {  // D4000 of Balogh et al. 1999, in f_nu
  double blue = 0, red = 0;
  for (int i = 0; i < kFineCells; ++i) {
    const double w = fine_angstrom(i), f = double(s.fine[size_t(i)]) * w * w * w;
    if (w > 3850 && w < 3950) blue += f;
    if (w > 4000 && w < 4100) red += f;
  }
  return red / blue * std::log(3950.0 / 3850) / std::log(4100.0 / 4000);
}

TEST(StellarPopulation, AgeWeightsSumToOne) {
  for (const double start : {1.0, 5.0, 13.0})
    for (const double tau : {0.3, 3.0, 30.0})
      for (const double burst : {0.0, 0.1}) {
        double weights[kAgeBins], sum = 0;
        age_weights(start, tau, burst, weights);
        for (const double w : weights) {
          EXPECT_GE(w, 0);
          sum += w;
        }
        EXPECT_NEAR(sum, 1, 1e-9);
      }
}

TEST(StellarPopulation, OldAndMetalRichIsRedWithAStrongBreak) {
  const auto& t = library().populations.templates();
  double last = 0;
  for (int bin = 3; bin < kAgeBins; ++bin) {
    const double d = break_strength(t[size_t(PopulationTemplates::index(bin, 2))]);
    EXPECT_GT(d, last) << bin;
    last = d;
  }
  EXPECT_GT(last, 1.75);  // ellipticals: 1.7 to 2.0
  EXPECT_LT(last, 2.2);
  EXPECT_LT(break_strength(t[size_t(PopulationTemplates::index(1, 2))]), 1.15);
  EXPECT_LT(break_strength(t[size_t(PopulationTemplates::index(9, 0))]), last);
}

TEST(StellarPopulation, MassToLightGrowsWithAge) {
  const auto& p = library().populations;
  double last = 1e99;
  for (int bin = 0; bin < kAgeBins; ++bin) {
    const double light = double(p.templates()[size_t(PopulationTemplates::index(bin, 2))].coarse[2500]);
    EXPECT_LT(light, last);
    last = light;
    EXPECT_GT(p.surviving(bin, 2), 0.5);
    EXPECT_LE(p.surviving(bin, 2), 1.0);
  }
}

TEST(StellarPopulation, MixtureKeepsTheMass) {
  double weights[kAgeBins];
  age_weights(9, 3, 0.05, weights);
  for (const double z : {-2.0, -0.7, 0.1, 1.0}) {
    const Mixture m = population_mixture(weights, z);
    float sum = 0;
    for (int i = 0; i < m.count; ++i) sum += m.weight[size_t(i)];
    EXPECT_NEAR(sum, 1, 1e-5);
  }
}

}  // namespace
}  // namespace asterism::sky
