#include "models/both_embedding.h"

#include <gtest/gtest.h>

#include "models/any_to_any_network.h"
#include "tiny_sky.h"

namespace asterism::models {
namespace {

AnyToAnySettings both() {
  auto settings = tiny::sky_model();
  for (auto& [name, m] : settings.modalities) m.input = "both";
  return settings;
}

AnyToAny any_to_any_of(const AnyToAnySettings& settings) {
  AnyToAny model(settings, tiny::codecs(tiny::sky(6)));
  model.fit(tiny::sky(6));
  return model;
}

void fill(AnyToAny& model, const std::string& name, double value) {
  at::NoGradGuard no_grad;
  model.parameters().parameters().at(name).fill_(value);
}

TEST(BothEmbedding, RowsOfPatchesPlusTheirCodes) {
  const auto batch = tiny::sky(4);
  auto with_both = any_to_any_of(both()), values = any_to_any_of(tiny::sky_model());
  const auto apart = [&](const char* given) {
    EmbedRequest request;
    request.given = {given};
    return (with_both.embed(batch, request).vectors_ND - values.embed(batch, request).vectors_ND)
        .abs()
        .max()
        .item<float>();
  };
  for (const char* name : {"image_legacy", "spectrum_desi"}) {
    EXPECT_GT(apart(name), 1e-3) << name;
    fill(with_both, std::string("input.") + name + ".codes.weight", 0);
    EXPECT_EQ(apart(name), 0) << name << ": without its codes it is the embedding of the values";
  }
  EXPECT_GT(apart("redshift"), 1e-3);
  fill(with_both, "input.redshift.codes.weight", 0);
  fill(with_both, "input.redshift.modality", 0);
  EXPECT_EQ(apart("redshift"), 0);
}

// The mean over the tokens that a patch touches, by hand: the tiny image has 4 x 4 patches on 4 x 4 tokens, so each has
// one of its own; the tiny spectrum's 8 patches of 12 pixels lie across the 8 tokens of a logarithmic grid.
TEST(BothEmbedding, EachPatchGetsTheTokensThatSeeIt) {
  const auto batch = tiny::sky(3);
  const auto codecs = tiny::codecs(batch);
  AnyToAny::Network net(both(), codecs, at::kFloat);
  for (const char* name : {"flux_g", "flux_r", "redshift"}) net.codecs.at(name)->fit(batch.blocks.at(name));
  const auto observed = net.observe(batch, net.choose_inputs({}), std::vector<uint8_t>(5, 0), nullptr);
  const auto& image = observed.views[2].tensors.at("seen");
  EXPECT_TRUE(at::equal(image[0].to(at::kLong), at::eye(16, at::kLong)));
  const auto& spectrum = observed.views[4].tensors.at("seen");
  ASSERT_EQ(spectrum.sizes(), (at::IntArrayRef{3, 9, 9}));
  EXPECT_TRUE(spectrum[1][0][0].item<bool>()) << "the scale and the normalisation token";
  EXPECT_EQ(spectrum[1][0].sum().item<int64_t>(), 1);
  const auto& edges = dynamic_cast<const tokenizers::SpectrumCodec&>(*codecs.at("spectrum_desi")).latent_edges();
  for (int64_t p = 0; p < 8; ++p)
    for (int64_t t = 0; t < 8; ++t) {
      const double low = 4000 + 40 * (12.0 * double(p) - 0.5), high = low + 480;  // pixel edges
      const bool overlap = low < edges[size_t(8 * (t + 1))] && edges[size_t(8 * t)] < high;
      EXPECT_EQ(spectrum[2][1 + p][1 + t].item<bool>(), overlap) << p << " " << t;
    }
}

TEST(BothEmbedding, TrainsAndPredicts) {
  const auto batch = tiny::sky(5);
  auto model = any_to_any_of(both());
  for (int64_t epoch = 0; epoch < 6; ++epoch) model.loss(batch, {1, epoch, true}).loss.backward();
  for (const char* name : {"input.image_legacy.codes.weight", "input.spectrum_desi.codes.weight",
                           "input.redshift.codes.weight", "input.image_legacy.pixels.weight"})
    EXPECT_TRUE(model.parameters().parameters().at(name).grad().defined()) << name;
  const auto others = tiny::sky(3, 50);
  PredictRequest request;
  request.targets = {"redshift"};
  EXPECT_TRUE(at::isfinite(model.predict(others, request).scalars.at("redshift").mean_N()).all().item<bool>());
}

}  // namespace
}  // namespace asterism::models
