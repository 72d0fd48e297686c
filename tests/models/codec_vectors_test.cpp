#include "models/codec_vectors.h"

#include <gtest/gtest.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/temporary_folder.h"
#include "modalities/light_curve.h"
#include "tokenizers/all.h"

namespace asterism::models {
namespace {

// Three objects, the second without a point.
modalities::Batch three_curves() {
  auto block = modalities::make_light_curves(3, 4, {{"r", 6200, 0}}, "nanomaggy", "MJD");
  for (const int64_t row : {0, 2}) {
    std::vector<modalities::LightCurvePoint> points;
    for (int k = 0; k < 4; ++k) points.push_back({55000.0 + 3 * k, 0, float(10 + k * (1 + row)), 0.2F, false, false});
    modalities::set_points(block, row, points);
  }
  modalities::Batch batch;
  batch.objects.resize(3);
  batch.blocks["lightcurve_test"] = block;
  return batch;
}

TEST(CodecVectors, AreWhatTheTokensSay) {
  std::shared_ptr<tokenizers::Tokenizer> codec = tokenizers::make_tokenizer("light_curve_process", "{}", 1);
  const CodecVectors model(codec, "lightcurve_test");
  const auto batch = three_curves();
  const auto out = model.embed(batch, {});
  const auto tokens = codec->encode(batch.blocks.at("lightcurve_test"));
  EXPECT_TRUE(at::equal(out.present_N, at::tensor({1, 0, 1}).to(at::kBool)));
  EXPECT_TRUE(at::equal(out.vectors_ND, codec->vectors(tokens)));
  EXPECT_EQ(out.vectors_ND.size(1), model.width());
  EXPECT_EQ(out.vectors_ND[1].abs().max().item<float>(), 0);
  EmbedRequest request;
  request.normalise = true;
  EXPECT_NEAR(model.embed(batch, request).vectors_ND[2].norm().item<double>(), 1, 1e-5);
  modalities::Batch nothing;
  nothing.objects.resize(2);
  EXPECT_FALSE(model.embed(nothing, {}).present_N.any().item<bool>());
}

TEST(CodecVectors, RefusesWhatTokensCannotGive) {
  EXPECT_THROW(CodecVectors(tokenizers::make_tokenizer("scalar_bins", "{}", 1), "flux_r"), base::UserError);
  const CodecVectors model(tokenizers::make_tokenizer("light_curve_process", "{}", 1), "lightcurve_test");
  EmbedRequest request;
  request.layer = 0;
  EXPECT_THROW(model.embed(three_curves(), request), base::UserError);
  request = {};
  request.given = {"spectrum_desi"};
  EXPECT_THROW(model.embed(three_curves(), request), base::UserError);
}

TEST(CodecVectors, KnowsTheFolderOfATokenizer) {
  base::TemporaryFolder folder;
  tokenizers::make_tokenizer("light_curve_process", "{}", 1)->save(folder / "codec");
  EXPECT_TRUE(holds_tokenizer(folder / "codec"));
  tokenizers::make_tokenizer("aion_image", R"({"hidden_dims": 16, "n_compressions": 3, "num_consecutive": 1})", 1)
      ->save(folder / "published");
  EXPECT_TRUE(holds_tokenizer(folder / "published"));
  EXPECT_FALSE(holds_tokenizer(folder / "nowhere"));
  std::filesystem::create_directory(folder / "aion");
  for (const std::string config :
       {R"({"domains_in": ["tok_z"], "domains_out": ["tok_z"]})", R"({"kind": "any_to_any"})"}) {
    base::write_text(folder / "aion" / "config.json", config);
    EXPECT_FALSE(holds_tokenizer(folder / "aion")) << config;
  }
}

}  // namespace
}  // namespace asterism::models
