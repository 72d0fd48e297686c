#include <gtest/gtest.h>

#include <cmath>

#include "example_templates.h"
#include "tokenizers/spectrum_templates.h"

namespace asterism::tokenizers {
namespace {

SpectrumTemplates learned_for_redshifts(std::vector<double> low, std::vector<double> high) {
  SpectrumTemplatesSettings s;
  s.wavelength_low = 4000;
  s.wavelength_high = 8000;
  s.pixels = 600;
  s.directions.assign(low.size(), 2);
  s.redshift_low = std::move(low);
  s.redshift_high = std::move(high);
  s.fit_rounds = 8;
  SpectrumTemplates out(s, 1);
  const auto sky = test::redshifted(160, 15, 1);
  const modalities::Block block = sky.spectra;
  Lesson lesson{{&block}, {}};
  lesson.redshifts = {&sky.redshift};
  out.fit_all(lesson);
  return out;
}

TEST(SpectrumRedshifts, TheLeastScoreIsInTheCellOfTheTruth) {
  const auto codec = learned_for_redshifts({-0.004, 0.02}, {0.004, 0.7});
  const auto edges = codec.redshift_edges();
  auto sky = test::redshifted(60, 15, 2);
  for (int64_t j = 0; j < 600; ++j) sky.spectra.ivar[size_t(7 * 600 + j)] = 0;  // nothing of object 7 is good
  const auto scores = codec.redshift_scores(sky.spectra);
  ASSERT_EQ(scores.score_MS.sizes(), at::IntArrayRef({59, edges.size(0) - 1}));
  int right = 0;
  for (int64_t i = 0; i < 59; ++i) {
    EXPECT_NE(scores.rows_M[i].item<int64_t>(), 7);
    const double z = sky.redshift.value[size_t(scores.rows_M[i].item<int64_t>())];
    const auto cell = scores.score_MS[i].argmin().item<int64_t>();
    const double reach = 1.5 * (edges[cell + 1] - edges[cell]).item<double>();
    right += std::abs(0.5 * (edges[cell] + edges[cell + 1]).item<double>() - z) < reach ? 1 : 0;
  }
  EXPECT_GE(right, 57);
  EXPECT_GE(scores.excess_M.min().item<double>(), 1);
}

TEST(SpectrumRedshifts, CellsAreEqualAndReachAsFarAsTheSets) {
  const auto codec = learned_for_redshifts({0.02}, {0.7});
  const auto edges = codec.redshift_edges();
  const auto steps = (1 + edges).log().diff();
  EXPECT_TRUE(at::allclose(steps, steps[0].expand_as(steps), 1e-9, 1e-12));
  EXPECT_LE(edges[0].item<double>(), 0.02);
  EXPECT_GE(edges[-1].item<double>(), 0.7);
  const auto scores = codec.redshift_scores(test::redshifted(4, 15, 3).spectra).score_MS;
  EXPECT_LT(at::isinf(scores).sum(1).max().item<int64_t>(), 3) << "all but the ends are tried";
}

}  // namespace
}  // namespace asterism::tokenizers
