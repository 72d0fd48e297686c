// What a contrastive model offers to who adapts it: tokens, and weights that know nothing.
#include <gtest/gtest.h>

#include "models/contrastive.h"
#include "tiny_sky.h"

namespace asterism::models {
namespace {

at::Tensor vectors_given(const Contrastive& model, const modalities::Batch& batch, const std::string& given) {
  EmbedRequest request;
  request.given = {given};
  return model.embed(batch, request).vectors_ND;
}

TEST(ContrastiveTokens, ItsOneTokenAnObjectIsItsVectorAndLearns) {
  auto batch = tiny::sky(4);
  tiny::remove(batch, "image_legacy", 1);
  Contrastive model(tiny::contrastive_model());
  model.fit(batch);
  EmbedRequest request;
  request.given = {"image_legacy"};
  const auto rows = model.token_rows(batch, request);
  ASSERT_EQ(rows.objects.groups(), 4);
  EXPECT_EQ(rows.objects.length(1), 0);
  const auto there = at::tensor(std::vector<int64_t>{0, 2, 3}, at::kLong);
  EXPECT_TRUE(
      at::allclose(rows.rows_RD, vectors_given(model, batch, "image_legacy").index_select(0, there), 1e-5, 1e-6));
  rows.rows_RD.select(1, 0).sum().backward();
  int64_t moved = 0;
  for (const auto& t : model.parameters().trainable())
    moved += t.grad().defined() && t.grad().abs().max().item<double>() > 0;
  EXPECT_GT(moved, 5) << "the encoder of images learns";
  EXPECT_FALSE(model.embed(batch, request).vectors_ND.requires_grad());
}

TEST(ContrastiveTokens, ForgetsItsWeightsAndKeepsItsScales) {
  const auto batch = tiny::sky(6);
  Contrastive model(tiny::contrastive_model());
  model.fit(batch);
  const auto before = vectors_given(model, batch, "flux_g").clone();
  const auto buffers = model.parameters().buffers();
  std::map<std::string, at::Tensor> kept;
  for (const auto& [name, value] : buffers) kept[name] = value.clone();
  model.forget(7);
  const auto after = vectors_given(model, batch, "flux_g").clone();
  EXPECT_FALSE(at::allclose(after, before, 1e-3, 1e-3));
  for (const auto& [name, value] : kept) EXPECT_TRUE(at::equal(value, buffers.at(name))) << name;
  model.forget(7);
  EXPECT_TRUE(at::equal(vectors_given(model, batch, "flux_g"), after));
}

}  // namespace
}  // namespace asterism::models
