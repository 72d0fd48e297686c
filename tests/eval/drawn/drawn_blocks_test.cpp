#include "eval/drawn/drawn_blocks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "eval/drawn/asked_draws.h"
#include "eval/drawn/row_pixels.h"
#include "eval/residual.h"
#include "tests/eval/drawn/drawn_sky.h"

namespace asterism::eval {
namespace {

const DrawnMethod& method_of(const DrawnBlocks& drawn, const std::string& name) {
  static const DrawnMethod none;
  for (const auto& method : drawn.methods)
    if (method.name.find(name) != std::string::npos) return method;
  ADD_FAILURE() << "no method " << name;
  return none;
}

TEST(DrawnBlocks, StandBesideTheCodecTheNeighboursAndTheTrainingSide) {
  planted::DrawnSky f;
  auto source = f.source();
  add_drawn_blocks(f.model, source, nullptr, f.options, f.collected);
  ASSERT_EQ(f.collected.subject.drawn_blocks.size(), 4u);
  const auto& images = f.collected.subject.drawn_blocks[1];
  EXPECT_EQ(images.target + " | " + images.given, "image_legacy | flux_g flux_r");
  EXPECT_EQ(images.draws, 3);
  ASSERT_EQ(images.rows.size(), 15u);
  std::vector<std::string> names;
  for (const auto& method : images.methods) names.push_back(method.name);
  EXPECT_THAT(names, testing::ElementsAre("model, given flux_g flux_r", "its tokens and back",
                                          "magnitudes and colours, 3 neighbours", "3 training objects at random",
                                          "mean of 40 training objects", "codes as often as in 40 training objects",
                                          "every code alike"));
  for (size_t m = 0; m < 4; ++m) {
    const auto& all = images.methods[m].scores.at("");
    ASSERT_EQ(all.size(), 15u) << names[m];
    EXPECT_EQ(images.methods[m].baseline, m > 0);
    for (const auto& one : all) {
      EXPECT_EQ(one.pixels, 3 * 16 * 16) << names[m];
      EXPECT_TRUE(std::isfinite(one.chi2) && std::isfinite(one.crps)) << names[m];
      EXPECT_EQ(one.rank_share.size(), 4u) << names[m];
    }
    EXPECT_EQ(images.methods[m].scores.at("centre")[0].pixels, 3 * 12) << names[m];
  }
  EXPECT_TRUE(method_of(images, "mean of").scores.at("")[0].rank_share.empty());
  const auto& spectra = f.collected.subject.drawn_blocks[2];
  EXPECT_EQ(spectra.target, "spectrum_desi");
  EXPECT_EQ(method_of(spectra, "model").scores.count("centre"), 0u);
  EXPECT_GT(method_of(spectra, "model").scores.at("")[0].pixels, 80);
}

TEST(DrawnBlocks, ScoresAreThoseOfTheCodecTheModelAndTheNeighboursThemselves) {
  planted::DrawnSky f;
  auto source = f.source();
  add_drawn_blocks(f.model, source, nullptr, f.options, f.collected);
  const auto& drawn = f.collected.subject.drawn_blocks[1];
  const int64_t row = drawn.rows[2];
  const auto part = modalities::select(f.sky, {row});
  const auto& observed = std::get<modalities::ImageBlock>(part.blocks.at("image_legacy"));
  const auto back = rebuild(f.model.codec("image_legacy"), observed);
  const auto& image = std::get<modalities::ImageBlock>(back);
  const auto chi = chi_square(observed.flux, observed.ivar, observed.mask, image.flux, image.mask);
  EXPECT_NEAR(method_of(drawn, "its tokens").scores.at("")[2].chi2, chi.per_value, 1e-3 * chi.per_value);
  const auto ln_p = f.model.log_likelihood_N(part, {"flux_g", "flux_r"}, "image_legacy")[0].item<double>();
  EXPECT_NEAR(method_of(drawn, "model").ln_p_token[2], ln_p / 16, 1e-3);
  EXPECT_NEAR(method_of(drawn, "every code alike").ln_p_token[2], -std::log(15.0), 1e-9);
  auto again = f.source();
  const auto asked = asked_draws(f.model, again, nullptr, f.options, f.collected);
  std::vector<std::vector<float>> members;
  std::vector<float> mean(observed.flux.size(), 0);
  for (const int64_t near : asked[1].neighbours[2]) {
    members.push_back(row_pixels(f.sky.blocks.at("image_legacy"), near).flux);
    for (size_t p = 0; p < mean.size(); ++p) mean[p] += members.back()[p] / 3;
  }
  const auto seen = row_pixels(observed, 0);
  const auto by_hand = score_ensemble(seen.flux, seen.ivar, std::vector<uint8_t>(mean.size(), 1), mean, members);
  const auto& near = method_of(drawn, "neighbours").scores.at("")[2];
  EXPECT_NEAR(near.chi2, by_hand.chi2, 1e-3 * by_hand.chi2);
  EXPECT_NEAR(near.crps, by_hand.crps, 1e-3 * by_hand.crps);
}

TEST(DrawnBlocks, DependOnNobodyElseInTheBatch) {
  planted::DrawnSky f;
  auto whole = f.source();
  add_drawn_blocks(f.model, whole, nullptr, f.options, f.collected);
  const auto first = std::move(f.collected.subject.drawn_blocks);
  f.collected.subject.drawn_blocks.clear();
  data::MemorySource small(f.sky, {.batch_size = 7, .shuffle = false, .drop_last = false});
  add_drawn_blocks(f.model, small, nullptr, f.options, f.collected);
  const auto& second = f.collected.subject.drawn_blocks;
  ASSERT_EQ(first.size(), second.size());
  for (size_t b = 0; b < first.size(); ++b)
    for (size_t m = 0; m < 4; ++m)
      for (size_t i = 0; i < first[b].rows.size(); ++i) {
        const auto& one = first[b].methods[m].scores.at("")[i];
        const auto& other = second[b].methods[m].scores.at("")[i];
        EXPECT_NEAR(one.crps, other.crps, 1e-3 * (1 + one.crps)) << first[b].methods[m].name << ", object " << i;
      }
}

TEST(DrawnBlocks, ImagesWithoutVariancesAreNotJudged) {
  planted::DrawnSky f;
  auto& image = std::get<modalities::ImageBlock>(f.sky.blocks.at("image_legacy"));
  image.has_ivar = false;
  for (size_t p = 0; p < image.ivar.size(); ++p) image.ivar[p] = image.mask[p] == 0 ? 1 : 0;
  auto source = f.source();
  add_drawn_blocks(f.model, source, nullptr, f.options, f.collected);
  const auto& drawn = f.collected.subject.drawn_blocks;
  ASSERT_EQ(drawn.size(), 4u);
  EXPECT_TRUE(drawn[0].methods.empty() && drawn[1].methods.empty());
  ASSERT_EQ(drawn[0].notes.size(), 1u);
  EXPECT_THAT(drawn[0].notes[0], testing::HasSubstr("no variance"));
  EXPECT_FALSE(drawn[2].methods.empty()) << "spectra given these images are judged";
}

}  // namespace
}  // namespace asterism::eval
