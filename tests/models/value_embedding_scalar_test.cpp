#include "models/value_embedding_scalar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "tiny_sky.h"

namespace asterism::models {
namespace {

struct ScalarEmbeddingFixture {
  ScalarEmbeddingFixture()
      : embedding(nn::Scope(parameters, 1), {{"flux_g", "flux_r"}, {"auto", "rank"}, {0, 1}, {}, 8, 6, 0.1}) {
    for (const auto& object : batch.objects) hashes.push_back(object.hash());
    for (const char* name : {"flux_g", "flux_r"})
      blocks.push_back(&std::get<modalities::ScalarBlock>(batch.blocks.at(name)));
  }
  at::Tensor embed(const std::vector<int64_t>& g, const std::vector<int64_t>& r, const DrawKey& key = {0, 0, false}) {
    Rows a, b;
    a.object = g;
    b.object = r;
    return embedding.embed(blocks, {&a, &b}, hashes, key);
  }
  nn::Parameters parameters;
  ValueEmbeddingScalar embedding;
  modalities::Batch batch = tiny::scalars(20);
  std::vector<uint64_t> hashes;
  std::vector<const modalities::ScalarBlock*> blocks;
};

TEST(ValueEmbeddingScalar, RowsComeInTheOrderAsked) {
  ScalarEmbeddingFixture f;
  f.embedding.fit(f.batch);
  const auto x = f.embed({3, 1}, {1, 7});
  EXPECT_TRUE(at::allclose(x[1], f.embed({1}, {})[0], 1e-5, 1e-6));
  EXPECT_TRUE(at::allclose(x[2], f.embed({}, {1})[0], 1e-5, 1e-6));
  EXPECT_FALSE(at::allclose(x[1], x[2]));  // two scalars of one object
  EXPECT_EQ(f.embed({}, {}).size(0), 0);
}

TEST(ValueEmbeddingScalar, AnErrorBlursTheValue) {
  ScalarEmbeddingFixture f;
  f.embedding.fit(f.batch);
  auto& block = std::get<modalities::ScalarBlock>(f.batch.blocks.at("flux_g"));
  auto distance = [&](double error) {
    block.error.assign(block.error.size(), error);
    block.value[0] = 1.0;
    block.value[1] = 1.02;
    const auto x = f.embed({0, 1}, {});
    return (x[0] - x[1]).norm().item<double>();
  };
  EXPECT_GT(distance(1e-6), 1.05 * distance(3.0));
}

TEST(ValueEmbeddingScalar, NoiseIsKeyedAndOnlyInTraining) {
  ScalarEmbeddingFixture f;
  f.embedding.fit(f.batch);
  const auto plain = f.embed({}, {0, 1}), noisy = f.embed({}, {0, 1}, {4, 2, true});
  EXPECT_FALSE(at::allclose(plain, noisy));
  EXPECT_TRUE(at::allclose(noisy[1], f.embed({}, {1}, {4, 2, true})[0], 1e-5, 1e-6));
  EXPECT_FALSE(at::allclose(noisy, f.embed({}, {0, 1}, {4, 3, true})));
  EXPECT_TRUE(at::equal(f.embed({0, 1}, {}), f.embed({0, 1}, {}, {4, 2, true})));  // its setting is 0
}

TEST(ValueEmbeddingScalar, AnErrorIsHiddenInTrainingAlone) {
  ScalarEmbeddingFixture f;
  nn::Parameters parameters;
  ValueEmbeddingScalar half(nn::Scope(parameters, 1),
                            {{"flux_g", "flux_r"}, {"auto", "rank"}, {0, 0}, {}, 8, 6, 0.1, {0.5, 0}});
  half.fit(f.batch);
  Rows g, r;
  for (int64_t i = 0; i < 20; ++i) g.object.push_back(i), r.object.push_back(i);
  auto bare = std::get<modalities::ScalarBlock>(f.batch.blocks.at("flux_g"));
  bare.has_error = false;
  const DrawKey training{4, 2, true};
  const auto whole = half.embed(f.blocks, {&g, &r}, f.hashes, {0, 0, false}),
             drawn = half.embed(f.blocks, {&g, &r}, f.hashes, training),
             without = half.embed({&bare, f.blocks[1]}, {&g, &r}, f.hashes, {0, 0, false});
  int64_t hidden = 0;
  for (int64_t i = 0; i < 20; ++i) {
    const bool lost = at::allclose(drawn[i], without[i], 1e-5, 1e-6);
    EXPECT_NE(lost, at::allclose(drawn[i], whole[i], 1e-5, 1e-6)) << i;
    hidden += lost;
  }
  EXPECT_GT(hidden, 4);
  EXPECT_LT(hidden, 16);
  EXPECT_TRUE(at::equal(drawn.narrow(0, 20, 20), whole.narrow(0, 20, 20)));  // its setting is 0
}

// The part of the features that a group adds, for object 0 with both fluxes given: what of it changes with brightness.
TEST(ValueEmbeddingScalar, AGroupSeesColoursWhateverTheBrightness) {
  ScalarEmbeddingFixture f;
  nn::Parameters group_parameters;
  ValueEmbeddingScalar group(nn::Scope(group_parameters, 1),
                             {{"flux_g", "flux_r"}, {"asinh", "asinh"}, {0, 0}, {"flux", "flux"}, 8, 6, 0.1});
  group.fit(f.batch);
  // Only the added features: weights of the others are set to nothing.
  at::NoGradGuard no_grad;
  auto weight = group_parameters.parameters().at("weight");
  ASSERT_EQ(weight.dim(), 3);
  weight.narrow(1, 0, weight.size(1) - 13).zero_();
  auto& g = std::get<modalities::ScalarBlock>(f.batch.blocks.at("flux_g"));
  auto& r = std::get<modalities::ScalarBlock>(f.batch.blocks.at("flux_r"));
  Rows a, b;
  a.object = b.object = {0, 1, 2};
  for (auto* block : {&g, &r}) block->error.assign(block->error.size(), 0.0);
  for (size_t i = 0; i < 3; ++i) {
    g.value[i] = 1e6 * (i == 1 ? 10 : 1);                       // object 1: ten times as bright, of the same colour
    r.value[i] = 2e6 * (i == 1 ? 10 : 1) * (i == 2 ? 1.2 : 1);  // object 2: redder
  }
  const auto x = group.embed(f.blocks, {&a, &b}, f.hashes, {0, 0, false});
  EXPECT_TRUE(at::allclose(x[0], x[1], 1e-4, 1e-4));
  EXPECT_TRUE(at::allclose(x[3], x[4], 1e-4, 1e-4));
  EXPECT_FALSE(at::allclose(x[0], x[2], 1e-2, 1e-2));
  Rows none;
  const auto single = group.embed(f.blocks, {&a, &none}, f.hashes, {0, 0, false});  // no colour in one band
  EXPECT_TRUE(at::allclose(single[0], single[2], 1e-4, 1e-4));
}

TEST(ValueEmbeddingScalar, RefusesToWorkBeforeFit) {
  ScalarEmbeddingFixture f;
  EXPECT_THROW(f.embed({0}, {}), base::UserError);
  f.batch.blocks.erase("flux_r");
  try {
    f.embedding.fit(f.batch);
    FAIL();
  } catch (const base::UserError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("model.modalities.flux_r"));
  }
}

}  // namespace
}  // namespace asterism::models
