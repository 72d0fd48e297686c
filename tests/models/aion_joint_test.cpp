#include "models/aion_joint.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/random.h"
#include "models/aion_sample.h"
#include "models/any_to_any.h"
#include "tiny_aion_sky.h"

namespace asterism::models {
namespace {

PredictRequest joint_request() {
  PredictRequest request;
  request.given = {"flux_g"};
  request.targets = {"image_legacy", "flux_r", "redshift"};
  request.sampler.steps = 3;
  request.sampler.seed = 8;
  return request;
}

const base::AlignedVector<double>& values(const modalities::Batch& batch, const std::string& name) {
  return std::get<modalities::ScalarBlock>(batch.blocks.at(name)).value;
}

// Each target is drawn given the inputs and the tokens of what was drawn before it.
TEST(AionJoint, EachDrawIsGivenTheEarlierOnes) {
  const auto sky = tiny::sky(40);
  const auto model = tiny::aion_of(sky);
  auto request = joint_request();
  request.sampler.samples = 2;
  request.sampler.scheme = "roar";
  const auto drawn = sample_aion_joint(*model, sky, request);
  ASSERT_EQ(drawn.size(), 2u);
  std::vector<uint64_t> keys;
  for (const auto& object : sky.objects) keys.push_back(object.hash());
  auto seen = model->inputs().tokens(sky, {"flux_g"});
  AionSampling how;
  how.scheme = "roar";
  how.steps = 3;
  how.seed = 8 + kSampleStride + base::stable_hash("image_legacy");
  const auto image = sample_aion(*model, seen, "key_image", keys, how);
  const auto all = at::ones({40}, at::kBool);
  const auto block = model->codec("image_legacy").decode({image, all}, {});
  EXPECT_EQ(std::get<modalities::ImageBlock>(drawn[1].blocks.at("image_legacy")).flux,
            std::get<modalities::ImageBlock>(block).flux);
  AionSampling plain;
  const auto last = [&](const std::vector<AionTokens>& given) {
    plain.seed = 8 + kSampleStride + base::stable_hash("redshift");
    const auto ids = sample_aion(*model, given, "key_redshift", keys, plain);
    const auto decoded = model->codec("redshift").decode({ids, all}, {});
    return std::get<modalities::ScalarBlock>(decoded).value;
  };
  seen.push_back({"key_image", image});
  const auto without_flux = last(seen);
  plain.seed = 8 + kSampleStride + base::stable_hash("flux_r");
  seen.push_back({"key_flux_r", sample_aion(*model, seen, "key_flux_r", keys, plain)});
  EXPECT_EQ(values(drawn[1], "redshift"), last(seen));
  EXPECT_NE(values(drawn[1], "redshift"), without_flux) << "the flux that was drawn went in";
  EXPECT_NE(values(drawn[0], "redshift"), values(drawn[1], "redshift"));
  request.sampler.samples = 1;
  request.sampler.seed += kSampleStride;
  EXPECT_EQ(values(sample_aion_joint(*model, sky, request)[0], "redshift"), values(drawn[1], "redshift"));
}

// Under guidance by one of the inputs what was drawn before still goes in.
TEST(AionJoint, GuidanceLeavesInWhatWasDrawn) {
  const auto sky = tiny::sky(40);
  const auto model = tiny::aion_of(sky);
  auto request = joint_request();
  request.targets = {"flux_r", "image_legacy"};
  request.sampler.guidance.of = {{"flux_g", 2}};
  const auto drawn = sample_aion_joint(*model, sky, request).front();
  std::vector<uint64_t> keys;
  for (const auto& object : sky.objects) keys.push_back(object.hash());
  auto seen = model->inputs().tokens(sky, {"flux_g"});
  AionSampling how;
  how.seed = 8 + base::stable_hash("flux_r");
  seen.push_back({"key_flux_r", sample_aion(*model, seen, "key_flux_r", keys, how)});
  how.steps = 3;
  how.seed = 8 + base::stable_hash("image_legacy");
  const auto image = [&](const std::map<std::string, double>& weights) {
    how.guidance.of = weights;
    const auto ids = sample_aion(*model, seen, "key_image", keys, how);
    const auto block = model->codec("image_legacy").decode({ids, at::ones({40}, at::kBool)}, {});
    return std::get<modalities::ImageBlock>(block).flux;
  };
  const auto& flux = std::get<modalities::ImageBlock>(drawn.blocks.at("image_legacy")).flux;
  EXPECT_EQ(flux, image({{"key_flux_g", 2}, {"key_flux_r", 1}}));
  EXPECT_NE(flux, image({{"key_flux_g", 2}}));
}

// Nothing given: the prior of the chain, another for each object by its noise alone.
TEST(AionJoint, StartsFromNothingToo) {
  const auto sky = tiny::sky(12);
  const auto model = tiny::aion_of(sky);
  auto request = joint_request();
  request.given.clear();
  request.unconditional = true;
  const auto drawn = sample_aion_joint(*model, sky, request);
  modalities::check(drawn[0]);
  EXPECT_EQ(drawn[0].blocks.size(), 3u);
  const auto alone = sample_aion_joint(*model, modalities::select(sky, {7}), request);
  EXPECT_EQ(values(alone[0], "redshift")[0], values(drawn[0], "redshift")[7]);
}

TEST(AionJoint, SaysWhatIsWrong) {
  const auto sky = tiny::sky(6);
  const auto model = tiny::aion_of(sky);
  const auto says = [&](const std::string& words, const auto& change) {
    auto request = joint_request();
    change(request);
    try {
      sample_aion_joint(*model, sky, request);
      ADD_FAILURE() << "accepted: " << words;
    } catch (const base::UserError& error) {
      EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << words << ": " << error.what();
    }
  };
  says("nothing is asked for", [](auto& r) { r.targets = {}; });
  says("the nearest that it can is 'redshift'", [](auto& r) { r.targets = {"flux_r", "redshfit"}; });
  says("asked for twice", [](auto& r) { r.targets = {"flux_r", "flux_r"}; });
  says("both given and asked for", [](auto& r) { r.given = {"redshift"}; });
  says("choose at least 1", [](auto& r) { r.sampler.samples = 0; });
  says("leave out the passes", [](auto& r) { r.passes = 2; });
  says("leave out one of the two", [](auto& r) { r.unconditional = true; });
  says("choose 'maskgit' or 'roar'", [](auto& r) { r.sampler.scheme = "autoregressive"; });
}

}  // namespace
}  // namespace asterism::models
