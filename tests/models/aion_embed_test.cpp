// Vectors and tokens of an AION-1 model, on a sky small enough for tests and codecs of its own.

#include <gtest/gtest.h>

#include "base/error.h"
#include "models/adapted_head.h"
#include "tiny_aion_sky.h"

namespace asterism::models {
namespace {

modalities::Batch sky_with_gaps() {
  auto batch = tiny::sky(6);
  tiny::remove(batch, "image_legacy", 2);
  for (const char* name : {"flux_g", "flux_r", "redshift", "image_legacy", "spectrum_desi"})
    tiny::remove(batch, name, 4);
  return batch;
}

TEST(AionEmbed, TokensAreWhatTheVectorsAverage) {
  const auto batch = sky_with_gaps();
  for (const int64_t registers : {0, 2}) {
    const auto model = tiny::aion_of_sky(tiny::sky(40), registers);
    EmbedRequest request;
    for (const int64_t layer : {-1, 0}) {
      SCOPED_TRACE(std::to_string(registers) + " registers, layer " + std::to_string(layer));
      request.layer = layer;
      at::NoGradGuard no_grad;
      const auto vectors = model->embed(batch, request);
      const auto tokens = model->token_rows(batch, request);
      ASSERT_EQ(tokens.objects.groups(), 6);
      EXPECT_EQ(tokens.objects.rows(), tokens.rows_RD.size(0));
      EXPECT_EQ(tokens.objects.length(4), 0) << "nothing was observed, and register tokens tell of nothing";
      EXPECT_FALSE(vectors.present_N[4].item<bool>());
      EXPECT_TRUE(at::allclose(mean_rows(tokens.rows_RD, tokens.objects), vectors.vectors_ND, 1e-4, 1e-5));
    }
  }
}

TEST(AionEmbed, TokensSayWhatTheyAreOf) {
  const auto batch = sky_with_gaps();
  const auto model = tiny::aion_of_sky(tiny::sky(40), 2);
  at::NoGradGuard no_grad;
  const auto tokens = model->token_rows(batch, {});
  ASSERT_EQ(int64_t(tokens.modality_R.size()), tokens.objects.rows());
  const auto of = [&](int64_t object, const std::string& name) {
    int64_t count = 0;
    for (int64_t r = tokens.objects.starts[size_t(object)]; r < tokens.objects.starts[size_t(object + 1)]; ++r) {
      const int32_t m = tokens.modality_R[size_t(r)];
      count += (m < 0 ? std::string() : tokens.names.at(size_t(m))) == name ? 1 : 0;
    }
    return count;
  };
  EXPECT_EQ(of(0, ""), 2) << "register tokens";
  EXPECT_EQ(of(0, "redshift"), 1);
  EXPECT_EQ(of(0, "image_legacy"), model->codec("image_legacy").num_tokens());
  EXPECT_EQ(of(2, "image_legacy"), 0);
  EXPECT_EQ(of(2, "spectrum_desi"), model->codec("spectrum_desi").num_tokens());
  EmbedRequest request;
  request.given = {"flux_r"};
  EXPECT_EQ(model->token_rows(batch, request).objects.length(0), 2 + 1);
}

// With gradients enabled rows go through the plain layers: the same numbers, and a gradient at every weight of the
// encoder and of what is read.
TEST(AionEmbed, TokensAreDifferentiable) {
  const auto batch = sky_with_gaps();
  const auto model = tiny::aion_of_sky(tiny::sky(40));
  const auto tokens = model->token_rows(batch, {});
  ASSERT_TRUE(tokens.rows_RD.requires_grad());
  {
    at::NoGradGuard no_grad;
    const auto plain = model->token_rows(batch, {});
    EXPECT_FALSE(plain.rows_RD.requires_grad());
    EXPECT_TRUE(at::allclose(plain.rows_RD, tokens.rows_RD, 1e-4, 1e-5));
  }
  (tokens.rows_RD * at::arange(16, at::kFloat)).square().sum().backward();
  for (const auto& [name, tensor] : model->parameters().parameters()) {
    const bool read = name.starts_with("encoder.") || name.starts_with("encoder_") || name.ends_with("mod_emb") ||
                      name.starts_with("decoder_proj_context.");
    if (!read) continue;
    ASSERT_TRUE(tensor.grad().defined()) << name;
    EXPECT_TRUE(at::isfinite(tensor.grad()).all().item<bool>()) << name;
    EXPECT_GT(tensor.grad().abs().sum().item<double>(), 0) << name;
  }
}

TEST(AionEmbed, ForgettingIsAFreshStartAndKeepsTheCodecs) {
  const auto sample = tiny::sky(40), batch = tiny::sky(3);
  const auto a = tiny::aion_of_sky(sample), b = tiny::aion_of_sky(sample);
  const auto before = a->embed(batch, {}).vectors_ND;
  const auto ids = a->inputs().tokens(batch, {"image_legacy"}).front().ids_NL;
  a->forget(7);
  b->forget(7);
  EXPECT_FALSE(at::allclose(a->embed(batch, {}).vectors_ND, before, 1e-2, 1e-2)) << "laid out anew";
  EXPECT_TRUE(at::equal(a->embed(batch, {}).vectors_ND, b->embed(batch, {}).vectors_ND));
  EXPECT_TRUE(at::equal(a->inputs().tokens(batch, {"image_legacy"}).front().ids_NL, ids));
  b->forget(8);
  EXPECT_FALSE(at::allclose(a->embed(batch, {}).vectors_ND, b->embed(batch, {}).vectors_ND, 1e-3, 1e-3));
}

TEST(AionEmbed, SaysWhatItCannotDo) {
  const auto batch = tiny::sky(2);
  const auto model = tiny::aion_of_sky(tiny::sky(40));
  EmbedRequest request;
  request.rings = 2;
  EXPECT_THROW(model->token_rows(batch, request), base::UserError);
  request.rings = 0;
  request.layer = 1;
  EXPECT_THROW(model->token_rows(batch, request), base::UserError);
  request.layer = -1;
  request.given = {"redshif"};
  EXPECT_THROW(model->token_rows(batch, request), base::UserError);
  EXPECT_EQ(model->token_rows(modalities::select(batch, {}), {}).objects.groups(), 0);
  auto nothing = batch;
  for (const char* name : {"flux_g", "flux_r", "redshift", "image_legacy", "spectrum_desi"})
    for (const int64_t i : {0, 1}) tiny::remove(nothing, name, i);
  EXPECT_EQ(model->token_rows(nothing, {}).objects.rows(), 0);
}

}  // namespace
}  // namespace asterism::models
