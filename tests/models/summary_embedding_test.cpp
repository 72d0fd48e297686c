#include "models/summary_embedding.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "models/any_to_any_network.h"
#include "models/wrap.h"
#include "tiny_sky.h"

namespace asterism::models {
namespace {

AnyToAnySettings with_summaries() {
  auto settings = tiny::sky_model();
  for (const char* name : {"image_legacy", "spectrum_desi"}) settings.modalities[name].summary = 16;
  return settings;
}

AnyToAny fitted_with_summaries() {
  AnyToAny model(with_summaries(), tiny::codecs(tiny::sky(6)));
  model.fit(tiny::sky(6));
  return model;
}

// Every position of one object, as a Rows would name them.
at::Tensor all_positions(const InputEmbedding::View& view) { return at::arange(view.grid.positions()); }

TEST(SummaryEmbedding, OneTokenMoreAndThePatchesAsTheyWere) {
  const auto batch = tiny::sky(4);
  const auto codecs = tiny::codecs(batch);
  AnyToAny::Network net(with_summaries(), codecs, at::kFloat), plain(tiny::sky_model(), codecs, at::kFloat);
  for (const auto& [name, special] : std::map<std::string, int64_t>{{"image_legacy", 0}, {"spectrum_desi", 1}}) {
    const auto m = size_t(std::find(net.names.begin(), net.names.end(), name) - net.names.begin());
    const auto& block = batch.blocks.at(name);
    net.inputs[m]->fit(block);
    const auto view = net.inputs[m]->view(block), bare = plain.inputs[m]->view(block);
    ASSERT_EQ(view.grid.special, special + 1);
    EXPECT_TRUE(view.grid.summary);
    ASSERT_EQ(view.grid.positions(), bare.grid.positions() + 1);
    EXPECT_EQ(view.usable_NP.size(), size_t(4 * view.grid.positions()));
    const auto position = all_positions(view).flip(0), object = at::full_like(position, 2);
    const auto rows = net.inputs[m]->embed(view, object, position).flip(0);
    const auto patches = plain.inputs[m]->embed(bare, at::full({bare.grid.positions()}, 2, at::kLong),
                                                at::arange(bare.grid.positions()));
    const auto kept = at::cat({rows.narrow(0, 0, special), rows.narrow(0, special + 1, rows.size(0) - special - 1)});
    EXPECT_TRUE(at::allclose(kept, patches, 1e-5, 1e-6)) << name;
    EXPECT_TRUE(at::equal(rows[special], view.tensors.at("summary vectors")[2])) << name;
  }
}

TEST(SummaryEmbedding, AbsentAndMaskedObjectsHaveNone) {
  auto batch = tiny::sky(3);
  auto& image = std::get<modalities::ImageBlock>(batch.blocks.at("image_legacy"));
  image.present[0] = 0;
  std::fill(image.mask.begin() + int64_t(image.mask.size() / 3),
            image.mask.begin() + int64_t(2 * image.mask.size() / 3), uint8_t{1});
  AnyToAny::Network net(with_summaries(), tiny::codecs(tiny::sky(3)), at::kFloat);
  const auto m = size_t(std::find(net.names.begin(), net.names.end(), "image_legacy") - net.names.begin());
  net.inputs[m]->fit(batch.blocks.at("image_legacy"));
  const auto view = net.inputs[m]->view(batch.blocks.at("image_legacy"));
  const auto positions = size_t(view.grid.positions());
  EXPECT_EQ(view.usable_NP[0], 0);
  EXPECT_EQ(view.usable_NP[positions], 0);
  EXPECT_EQ(view.usable_NP[2 * positions], 1);
  EXPECT_TRUE(at::isfinite(view.tensors.at("summary vectors")).all().item<bool>());
}

TEST(SummaryEmbedding, LearnsPredictsAndComesBackFromItsFolder) {
  auto model = fitted_with_summaries();
  for (int64_t epoch = 0; epoch < 8; ++epoch) model.loss(tiny::sky(6), {1, epoch, true}).loss.backward();
  for (const char* name : {"input.image_legacy.summary.circles.weight", "input.image_legacy.from_summary.weight",
                           "input.spectrum_desi.summary.bins.weight", "input.spectrum_desi.from_summary.bias"}) {
    const auto grad = model.parameters().parameters().at(name).grad();
    ASSERT_TRUE(grad.defined()) << name;
    EXPECT_GT(grad.abs().max().item<float>(), 0) << name;
  }
  const base::TemporaryFolder folder;
  model.save(folder / "model");
  const auto again = AnyToAny::load(folder / "model");
  const auto others = tiny::sky(3, 50);
  for (const char* given : {"image_legacy", "spectrum_desi"}) {
    EmbedRequest request;
    request.given = {given};
    EXPECT_TRUE(at::equal(model.embed(others, request).vectors_ND, again->embed(others, request).vectors_ND)) << given;
  }
  PredictRequest request;
  request.targets = {"redshift"};
  EXPECT_TRUE(at::isfinite(again->predict(others, request).scalars.at("redshift").mean_N()).all().item<bool>());
}

TEST(SummaryEmbedding, WithoutScalesItSaysSo) {
  const AnyToAny model(with_summaries(), tiny::codecs(tiny::sky(4)));
  EXPECT_THROW(model.embed(tiny::sky(2), {}), base::UserError);
  auto sample = tiny::sky(4);
  sample.blocks.erase("image_legacy");
  AnyToAny other(with_summaries(), tiny::codecs(tiny::sky(4)));
  try {
    other.fit(sample);
    ADD_FAILURE() << "fitted without an image";
  } catch (const base::UserError& error) {
    EXPECT_NE(std::string(error.what()).find("image_legacy"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace asterism::models
