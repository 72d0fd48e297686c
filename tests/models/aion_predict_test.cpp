// Questions to an AION-1 model with observations, on a sky small enough for tests and codecs of its own.

#include <gtest/gtest.h>

#include "base/error.h"
#include "models/aion_sample.h"
#include "tiny_sky.h"
#include "tokenizers/aion/scalar.h"
#include "tokenizers/scalar_bins.h"

namespace asterism::models {
namespace {

// Reads and predicts fluxes (AION's own codec), redshift (bins) and image.
std::unique_ptr<Aion> aion_for(const modalities::Batch& sample) {
  std::vector<AionInputs::Reader> readers;
  for (const char* name : {"flux_g", "flux_r"}) {
    tokenizers::aion::ScalarSettings settings;
    settings.codebook_size = 12;
    settings.reservoir_size = 64;
    readers.push_back({name, name, {}, std::make_shared<tokenizers::aion::AionScalar>(settings)});
  }
  readers.push_back({"redshift",
                     "redshift",
                     {},
                     std::make_shared<tokenizers::ScalarBins>(tokenizers::ScalarBinsSettings{.bins = 10})});
  for (auto& r : readers) r.codec->fit(sample.blocks.at(r.modality));
  readers.push_back({"image_legacy", "image_legacy", {}, tiny::codecs(sample).at("image_legacy")});
  auto config = published_aion_config("base");
  config.dim = 16;
  config.num_heads = 2;
  config.encoder_depth = config.decoder_depth = 1;
  config.domains_in = {"flux_g", "flux_r", "image_legacy", "redshift"};
  config.domains_out = config.domains_in;
  auto out = std::make_unique<Aion>(config, readers, 4);
  at::NoGradGuard no_grad;
  for (const auto& [name, tensor] : out->parameters().parameters())
    tensor.add_(nn::initial_value(tensor.sizes(), nn::Init::normal(0.2), 5, name));
  return out;
}

TEST(AionPredict, PosteriorsLieOnTheCodecsBins) {
  const auto sample = tiny::sky(60), batch = tiny::sky(5);
  const auto model = aion_for(sample);
  PredictRequest request;
  request.targets = {"flux_g", "redshift"};
  const auto out = model->predict(batch, request);
  EXPECT_TRUE(out.present_N.all().item<bool>());
  const auto& flux = out.scalars.at("flux_g");
  EXPECT_EQ(flux.edges_E().size(0), 13);
  EXPECT_EQ(out.scalars.at("redshift").edges_E().size(0), 11);
  EXPECT_TRUE(at::allclose(flux.probability_NK().sum(1), at::ones({5}, at::kDouble)));
  // the bin of a value is the code that the codec gives it
  const auto& block = std::get<modalities::ScalarBlock>(batch.blocks.at("flux_g"));
  const auto ids = model->codec("flux_g").encode(batch.blocks.at("flux_g")).ids;
  for (int64_t i = 0; i < 5; ++i) {
    const auto k = ids[i][0].item<int64_t>();
    if (k == 0 || k == 11) continue;  // open to one side
    EXPECT_LE(flux.edges_E()[k].item<double>(), block.value[size_t(i)] + 1e-5);
    EXPECT_GE(flux.edges_E()[k + 1].item<double>(), block.value[size_t(i)] - 1e-5);
  }
  // the logits of the same question
  const auto given = model->inputs().tokens(batch, {"flux_r", "image_legacy"});
  const auto logits = model->logits(given, {"flux_g"}).at("flux_g").squeeze(1).to(at::kDouble);
  EXPECT_TRUE(at::allclose(flux.probability_NK(), at::softmax(logits, 1), 1e-4, 1e-6));
}

// All scalars of a request are answered of one encoding, and none disturbs another.
TEST(AionPredict, SeveralScalarsAreEachAlone) {
  const auto sample = tiny::sky(60), batch = tiny::sky(7);
  const auto model = aion_for(sample);
  PredictRequest request;
  request.given = {"image_legacy"};
  request.targets = {"redshift", "flux_r", "flux_g"};
  const auto together = model->predict(batch, request);
  ASSERT_EQ(together.scalars.size(), 3U);
  for (const auto& name : request.targets) {
    auto one = request;
    one.targets = {name};
    const auto alone = model->predict(batch, one);
    EXPECT_TRUE(
        at::allclose(together.scalars.at(name).probability_NK(), alone.scalars.at(name).probability_NK(), 1e-4, 1e-6))
        << name;
    EXPECT_TRUE(at::equal(together.scalars.at(name).edges_E(), alone.scalars.at(name).edges_E())) << name;
  }
  EXPECT_FALSE(at::allclose(together.scalars.at("flux_r").probability_NK(),
                            together.scalars.at("flux_g").probability_NK(), 1e-3, 1e-3));
}

TEST(AionPredict, ImagesAreDrawnAndDecoded) {
  const auto sample = tiny::sky(60), batch = tiny::sky(3);
  const auto model = aion_for(sample);
  PredictRequest request;
  request.given = {"flux_g"};
  request.targets = {"image_legacy"};
  request.sampler.samples = 2;
  request.sampler.steps = 3;
  for (const char* scheme : {"maskgit", "roar"}) {
    request.sampler.scheme = scheme;
    const auto out = model->predict(batch, request).blocks.at("image_legacy");
    ASSERT_EQ(out.ids_NT.size(), 2U);
    EXPECT_FALSE(at::equal(out.ids_NT[0], out.ids_NT[1]));
    const auto again = model->predict(batch, request).blocks.at("image_legacy");
    EXPECT_TRUE(at::equal(out.ids_NT[1], again.ids_NT[1]));
    EXPECT_EQ(std::get<modalities::ImageBlock>(out.mean).n, 3);
  }
  request.sampler.scheme = "maskgit";
  request.sampler.temperature = 5;
  const auto hot = model->predict(batch, request).blocks.at("image_legacy").ids_NT[0];
  request.sampler.temperature_schedule = "onex:0.001:4";
  EXPECT_FALSE(at::equal(model->predict(batch, request).blocks.at("image_legacy").ids_NT[0], hot));
  request.sampler.temperature_schedule = "one";
  EXPECT_THROW(model->predict(batch, request), base::UserError);
}

// Of two images that know nothing of each other one must not tell of the other: each is drawn by numbers of its own.
TEST(AionPredict, TargetsAreDrawnIndependently) {
  const auto sample = tiny::sky(20), batch = tiny::sky(3);
  const auto codec = tiny::codecs(sample).at("image_legacy");
  std::vector<AionInputs::Reader> readers;
  for (const char* name : {"image_again", "image_legacy"}) readers.push_back({name, name, {}, codec});
  readers.push_back({"redshift",
                     "redshift",
                     {},
                     std::make_shared<tokenizers::ScalarBins>(tokenizers::ScalarBinsSettings{.bins = 10})});
  readers.back().codec->fit(sample.blocks.at("redshift"));
  auto config = published_aion_config("base");
  config.dim = 16;
  config.num_heads = 2;
  config.encoder_depth = config.decoder_depth = 1;
  config.domains_in = config.domains_out = {"image_again", "image_legacy", "redshift"};
  const Aion model(config, readers, 4);
  PredictRequest request;
  request.given = {"redshift"};
  request.targets = {"image_again", "image_legacy"};
  request.sampler.steps = 1;
  request.sampler.temperature = 1e6;  // every code alike: what is drawn are the numbers themselves
  const auto out = model.predict(batch, request).blocks;
  const auto same = out.at("image_again").ids_NT[0].eq(out.at("image_legacy").ids_NT[0]);
  EXPECT_LT(same.to(at::kDouble).mean().item<double>(), 0.5);
}

// Without anything given the answer is the prior, the same for all, and listed as not present.
TEST(AionPredict, NothingGivenIsThePrior) {
  const auto model = aion_for(tiny::sky(60));
  auto batch = tiny::sky(3);
  tiny::remove(batch, "flux_r", 1);
  PredictRequest request;
  request.given = {"flux_r"};
  request.targets = {"redshift"};
  const auto out = model->predict(batch, request);
  EXPECT_TRUE(at::equal(out.present_N, at::tensor({1, 0, 1}).to(at::kBool)));
  PredictRequest nothing;
  nothing.unconditional = true;
  nothing.targets = {"redshift"};
  const auto prior = model->predict(batch, nothing);
  EXPECT_FALSE(prior.present_N.any().item<bool>());
  EXPECT_TRUE(at::allclose(prior.scalars.at("redshift").probability_NK()[0],
                           out.scalars.at("redshift").probability_NK()[1], 1e-4, 1e-6));
}

TEST(AionPredict, SaysWhatIsWrong) {
  const auto model = aion_for(tiny::sky(60));
  const auto batch = tiny::sky(2);
  PredictRequest request;
  EXPECT_THROW(model->predict(batch, request), base::UserError);
  request.targets = {"redshif"};
  EXPECT_THROW(model->predict(batch, request), base::UserError);
  request.targets = {"redshift"};
  request.given = {"redshift"};
  EXPECT_THROW(model->predict(batch, request), base::UserError);
  request.given = {};
  request.passes = 3;
  EXPECT_THROW(model->predict(batch, request), base::UserError);
}

}  // namespace
}  // namespace asterism::models
