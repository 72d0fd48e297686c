#include "models/input_units.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "models/any_to_any.h"
#include "models/contrastive.h"
#include "tiny_sky.h"

namespace asterism::models {
namespace {

modalities::Batch in_millijansky(modalities::Batch batch) {
  std::get<modalities::ScalarBlock>(batch.blocks.at("flux_g")).unit = "mJy";
  return batch;
}

// Runs f, which must refuse flux_g for its unit.
template <class F>
void expect_refused(F&& f) {
  try {
    f();
    ADD_FAILURE() << "not refused";
  } catch (const base::UserError& error) {
    EXPECT_THAT(error.what(), testing::AllOf(testing::HasSubstr("'flux_g'"), testing::HasSubstr("'mJy'")));
  }
}

TEST(InputUnits, OfASampleAreToldOnceAndOthersAreRefused) {
  auto batch = tiny::sky(3);
  EXPECT_EQ(units_in(batch, {"image_legacy", "flux_g", "spectrum_desi", "redshift", "image_hsc"}),
            (std::vector<std::string>{"nanomaggy", "1e-17 erg/s/cm^2/Angstrom"}));
  EXPECT_NO_THROW(check_unit("flux_g", "mJy", {})) << "not known";
  EXPECT_NO_THROW(check_unit("flux_g", "mJy", {"nanomaggy", "mJy"}));
  expect_refused([] { check_unit("flux_g", "mJy", {"nanomaggy"}); });
}

TEST(InputUnits, TravelWithTheModelAndOthersAreRefused) {
  const auto batch = tiny::sky(6), other = in_millijansky(batch);
  AnyToAny fitted(tiny::sky_model(), tiny::codecs(batch));
  fitted.fit(batch);
  base::TemporaryFolder folder;
  fitted.save(folder / "m");
  const auto model = AnyToAny::load(folder / "m");
  EXPECT_NO_THROW(model->embed(batch, {}));
  expect_refused([&] { model->embed(other, {}); });
  expect_refused([&] { model->predict(other, {.targets = {"redshift"}}); });
  expect_refused([&] { model->loss(other, {1, 0, true}); });
}

TEST(InputUnits, ARecipeMaySayThem) {
  auto settings = tiny::sky_model();
  settings.modalities.at("flux_g").unit = "nanomaggy";
  const auto batch = in_millijansky(tiny::sky(6));
  AnyToAny model(settings, tiny::codecs(batch));
  expect_refused([&] { model.fit(batch); });
}

TEST(InputUnits, OfAContrastiveModelToo) {
  const auto batch = tiny::sky(6);
  ContrastiveSettings settings;
  settings.width = 16;
  settings.heads = 2;
  settings.projection = 8;
  settings.modalities["flux_g"] = {};
  settings.modalities["flux_r"] = {};
  settings.towers["g"].modalities = {"flux_g"};
  settings.towers["r"].modalities = {"flux_r"};
  Contrastive model(settings);
  model.fit(batch);
  EXPECT_NO_THROW(model.embed(batch, {}));
  expect_refused([&] { model.embed(in_millijansky(batch), {}); });
}

TEST(InputUnits, OlderModelsKnowNone) {
  std::map<std::string, ModalitySettings> modalities{{"flux_g", {}}};
  EXPECT_NO_THROW(check_units(modalities, in_millijansky(tiny::sky(2))));
}

}  // namespace
}  // namespace asterism::models
