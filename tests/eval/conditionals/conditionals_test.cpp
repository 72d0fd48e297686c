#include "eval/conditionals/conditionals.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "data/hats_write.h"
#include "data/split.h"
#include "modalities/scalar.h"
#include "tests/base/refusal.h"
#include "tests/eval/conditionals/tiny_table.h"

namespace asterism::eval {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Conditionals, FluxesOfOneUnitStandTogether) {
  const auto object = models::tiny::sky(1);
  const auto groups = grouped({"redshift", "flux_g", "spectrum_desi", "flux_r", "image_legacy", "unknown"}, object);
  ASSERT_EQ(groups.size(), 4U);
  EXPECT_EQ(groups[0].name, "image_legacy");
  EXPECT_EQ(groups[1].name, "spectrum_desi");
  EXPECT_THAT(groups[2].modalities, ElementsAre("redshift"));
  EXPECT_EQ(groups[3].name, "flux g r");
  EXPECT_THAT(groups[3].modalities, ElementsAre("flux_g", "flux_r"));
  auto more = object;
  more.blocks["flux_z"] = more.blocks["flux_W1"] = more.blocks.at("flux_g");
  EXPECT_EQ(grouped({"flux_W1", "flux_g", "flux_r", "flux_z"}, more)[0].name, "flux g r z W1");  // by wavelength
  EXPECT_EQ(grouped({"flux_g"}, object)[0].name, "flux_g");  // alone: by its own name
}

TEST(Conditionals, EachCellIsWhatTheModelSaysOfThatRowAlone) {
  const auto object = models::tiny::sky(1, 40);
  const auto table = planted::tiny_table(object);
  EXPECT_THAT(table.rows, ElementsAre("image_legacy", "spectrum_desi", "flux g r", "redshift", kEverythingElse));
  const auto model = planted::tiny_model();
  for (size_t r = 0; r < table.rows.size(); ++r)
    for (size_t c = 0; c < table.columns.size(); ++c) EXPECT_EQ(table.cells[r][c].given, r == c) << r << c;
  models::PredictRequest request;
  request.given = {"spectrum_desi"};
  request.targets = {"redshift"};
  const auto alone = model.predict(object, request).scalars.at("redshift").mean_N();
  EXPECT_TRUE(at::equal(table.cells[1][3].prediction.scalars.at("redshift").mean_N(), alone));
  request.given = {"image_legacy", "spectrum_desi", "flux_g", "flux_r"};
  const auto all = model.predict(object, request).scalars.at("redshift").mean_N();
  EXPECT_TRUE(at::equal(table.cells[4][3].prediction.scalars.at("redshift").mean_N(), all));
  EXPECT_EQ(table.cells[0][1].prediction.blocks.at("spectrum_desi").samples.size(), 3U);
}

TEST(Conditionals, WhatWasNotObservedIsNoRowButAColumn) {
  auto object = models::tiny::sky(1, 41);
  models::tiny::remove(object, "image_legacy", 0);
  const auto table = planted::tiny_table(object, {"image_legacy", "spectrum_desi", "redshift"});
  EXPECT_THAT(table.rows, ElementsAre("spectrum_desi", "redshift"));
  EXPECT_EQ(table.columns.size(), 3U);
  EXPECT_THAT(test::refusal([&] { planted::tiny_table(object, {"flux_g"}); }), HasSubstr("nothing is left to predict"));
}

modalities::Batch placed_sky() {
  auto sky = models::tiny::sky(60);
  for (size_t i = 0; i < sky.objects.size(); ++i) {
    sky.objects[i].has_position = true;
    sky.objects[i].ra_deg = 100 + 1e-4 * double(i);
    sky.objects[i].dec_deg = 30;
  }
  return sky;
}

TEST(Conditionals, OfAnObjectOfADataset) {
  base::TemporaryFolder folder;
  data::HatsWriter writer(folder / "sky", {.name = "sky"}, {});
  writer.add(placed_sky());
  writer.finish();
  planted::tiny_model().save(folder / "model");
  ConditionalsOptions options;
  options.model = folder / "model";
  options.dataset = folder / "sky";
  options.sampler = planted::few_draws();
  options.modalities = {"flux_g", "redshift"};
  const auto chosen = conditionals(options);
  EXPECT_LT(data::split_number(chosen.object.objects[0].id), data::kTestBelow);
  EXPECT_THAT(chosen.rows, ElementsAre("flux_g", "redshift"));
  options.object = "tiny/7";
  EXPECT_EQ(conditionals(options).object.objects[0].id, "7");
  options.object = "seven";
  EXPECT_THAT(test::refusal([&] { conditionals(options); }), HasSubstr("no object 'seven'"));
  options.object.clear();
  options.told = {"--samples", "--object"};
  EXPECT_THAT(test::refusal([&] { conditionals(options); }), HasSubstr("--samples is of images and spectra"));
  options.modalities = {"spectrum_desi", "redshift"};
  EXPECT_EQ(test::refusal([&] { conditionals(options); }), "");
  options.modalities = {"flux_h"};
  EXPECT_THAT(test::refusal([&] { conditionals(options); }), HasSubstr("the nearest that it knows is 'flux_"));
}

// Repeats of an object of the training side stay with it, whatever their own ids say.
TEST(Conditionals, TheColumnOfTheSplitChooses) {
  base::TemporaryFolder folder;
  auto sky = placed_sky();
  auto side = modalities::make_scalars(sky.size(), "", false);
  std::string wanted;  // trained on by its id, of the test side by the column
  for (size_t i = 0; i < sky.objects.size(); ++i) {
    const auto& id = sky.objects[i].id;
    side.present[i] = 1;
    side.value[i] = 50;
    if (!wanted.empty() || data::split_number(id) < data::kValidationBelow) continue;
    wanted = id;
    side.value[i] = 5;
  }
  sky.blocks[data::kSplitColumn] = side;
  data::HatsWriter writer(folder / "sky", {.name = "sky"}, {});
  writer.add(sky);
  writer.finish();
  planted::tiny_model().save(folder / "model");
  ConditionalsOptions options;
  options.model = folder / "model";
  options.dataset = folder / "sky";
  options.sampler = planted::few_draws();
  options.modalities = {"flux_g", "redshift"};
  EXPECT_EQ(conditionals(options).object.objects[0].id, wanted);
}

}  // namespace
}  // namespace asterism::eval
