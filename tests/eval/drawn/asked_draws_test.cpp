#include "eval/drawn/asked_draws.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "tests/eval/drawn/drawn_sky.h"

namespace asterism::eval {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Rows = std::vector<int64_t>;

std::vector<AskedDraws> asked_of(const planted::DrawnSky& f) {
  auto source = f.source();
  return asked_draws(f.model, source, nullptr, f.options, f.collected);
}

std::string asking_refused(const planted::DrawnSky& f) {
  try {
    asked_of(f);
    return "";
  } catch (const base::UserError& error) {
    return error.what();
  }
}

TEST(AskedDraws, AreOfEachImageAndSpectrumGivenEachOtherAndTheScalars) {
  const planted::DrawnSky f;
  const auto asked = asked_of(f);
  std::vector<std::string> names;
  for (const auto& one : asked) names.push_back(one.target + " | " + one.title);
  EXPECT_THAT(names, ElementsAre("image_legacy | spectrum_desi", "image_legacy | flux_g flux_r",
                                 "spectrum_desi | image_legacy", "spectrum_desi | flux_g flux_r"));
  EXPECT_EQ(asked[0].rows.size(), 15u);
  EXPECT_EQ(Rows(asked[0].rows.begin(), asked[0].rows.begin() + 3), (Rows{0, 9, 12})) << "3 and 6 lack one of the two";
  EXPECT_EQ(Rows(asked[1].rows.begin(), asked[1].rows.begin() + 3), (Rows{0, 6, 9})) << "3 has no image to judge by";
  EXPECT_EQ(asked[2].train, 40);
  EXPECT_EQ(asked[2].features, "aperture colours of image_legacy");
  EXPECT_EQ(asked[2].pool.size(), 40u);
}

TEST(AskedDraws, NeighboursAreTheNearestToLearnFromThatHaveTheTarget) {
  planted::DrawnSky f;
  for (const char* name : {"flux_g", "flux_r"}) {
    auto& flux = std::get<modalities::ScalarBlock>(f.sky.blocks.at(name));
    for (const size_t twin : {1, 2, 6}) flux.value[twin] = flux.value[0];  // 6 is judged
  }
  models::tiny::remove(f.sky, "image_legacy", 2);
  const auto asked = asked_of(f);
  ASSERT_EQ(asked[1].title, "flux_g flux_r");
  ASSERT_EQ(asked[1].neighbours.size(), 15u);
  ASSERT_EQ(asked[1].neighbours[0].size(), 3u);
  EXPECT_EQ(asked[1].neighbours[0][0], 1);
  for (const auto& near : asked[1].neighbours)
    for (const int64_t row : near) EXPECT_TRUE(row % 3 != 0 && row != 2) << row;
  ASSERT_EQ(asked[3].target, "spectrum_desi");
  auto twins = Rows(asked[3].neighbours[0].begin(), asked[3].neighbours[0].begin() + 2);
  std::sort(twins.begin(), twins.end());
  EXPECT_EQ(twins, (Rows{1, 2})) << "that has a spectrum";
}

TEST(AskedDraws, GivenSetsAreAskedInsteadAndNeverTheTargetItself) {
  planted::DrawnSky f;
  f.options.given = {{"flux_r"}, {"image_legacy", "flux_r"}};
  const auto asked = asked_of(f);
  std::vector<std::string> names;
  for (const auto& one : asked) names.push_back(one.target + " | " + one.title);
  EXPECT_THAT(names,
              ElementsAre("image_legacy | flux_r", "spectrum_desi | flux_r", "spectrum_desi | image_legacy flux_r"));
  ASSERT_EQ(asked[0].notes.size(), 1u);
  EXPECT_THAT(asked[0].notes[0], HasSubstr("not drawn given itself"));
  EXPECT_THAT(asked[2].features, HasSubstr(" and "));
}

TEST(AskedDraws, WhatCannotBeAskedIsRefused) {
  planted::DrawnSky f;
  f.options.given = {{"flux_x"}};
  EXPECT_THAT(asking_refused(f), HasSubstr("'flux_x' is nothing that the model reads"));
  f.options.given = {{"redshift"}};
  EXPECT_THAT(asking_refused(f), HasSubstr("'redshift'")) << "a label is not given";
  f.options.given = {{"flux_r"}, {"flux_r"}};
  EXPECT_THAT(asking_refused(f), HasSubstr("given twice"));
  f.options.given.clear();
  f.sky.blocks.erase("image_legacy");
  f.sky.blocks.erase("spectrum_desi");
  EXPECT_THAT(asking_refused(f), HasSubstr("the data have nothing that could be drawn"));
  const models::AnyToAny scalars(models::tiny::scalar_model());
  EXPECT_THROW(check_drawn_blocks(scalars), base::UserError);
  const models::Contrastive pairs(models::tiny::contrastive_model());
  try {
    check_drawn_blocks(pairs);
    ADD_FAILURE() << "a contrastive model draws nothing";
  } catch (const base::UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr("'contrastive'"));
  }
}

}  // namespace
}  // namespace asterism::eval
