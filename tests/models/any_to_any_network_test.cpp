#include "models/any_to_any_network.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "tiny_sky.h"

namespace asterism::models {
namespace {

TEST(AnyToAnyNetwork, EmbedsOnlyWhatWasChosen) {
  const auto batch = tiny::sky(4);
  AnyToAny::Network net(tiny::sky_model(), tiny::codecs(batch), at::kFloat);
  net.scalars->fit(batch);
  const auto observed = net.observe(batch, net.choose_inputs({}), std::vector<uint8_t>(5, 0), nullptr);
  std::vector<Rows> rows(5);
  rows[2].object = {1, 3};  // image_legacy is third by name
  rows[2].position = {0, 7};
  rows[0].object = {2};
  rows[0].position = {0};
  EXPECT_EQ(net.names[2], "image_legacy");
  EXPECT_EQ(net.embed_rows(observed, rows, {0, 0, false}).size(0), 3);
  EXPECT_EQ(net.embed_rows(observed, std::vector<Rows>(5), {0, 0, false}).size(0), 0);
}

TEST(AnyToAnyNetwork, TokensInMode) {
  const auto batch = tiny::sky(4);
  auto settings = tiny::sky_model();
  for (auto& [name, m] : settings.modalities) {
    m.input = "tokens";
    m.patch = ModalitySettings{}.patch;
  }
  AnyToAny model(settings, tiny::codecs(batch));
  model.fit(batch);
  auto outcome = model.loss(batch, {1, 1, true});
  EXPECT_TRUE(at::isfinite(outcome.loss).item<bool>());
  EXPECT_EQ(model.embed(batch, {}).vectors_ND.size(0), 4);
}

TEST(AnyToAnyNetwork, RefusesBatchesThatDoNotFit) {
  auto batch = tiny::sky(4);
  AnyToAny model(tiny::sky_model(), tiny::codecs(batch));
  model.fit(batch);
  auto wrong_kind = batch;
  wrong_kind.blocks["flux_g"] = batch.blocks.at("spectrum_desi");
  EXPECT_THROW(model.embed(wrong_kind, {}), base::UserError);
  auto wrong_rows = batch;
  wrong_rows.objects.pop_back();
  EXPECT_THROW(model.embed(wrong_rows, {}), base::DataError);
}

TEST(AnyToAnyNetwork, TokenizersForUnknownModalitiesAreRefused) {
  const auto batch = tiny::sky(4);
  EXPECT_THROW(AnyToAny(tiny::scalar_model(), tiny::codecs(batch)), base::UserError);
}

}  // namespace
}  // namespace asterism::models
