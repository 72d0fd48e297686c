#include "infer/embed.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "data/hats_read.h"
#include "nn/device.h"
#include "tests/infer/tiny_sky.h"
#include "tokenizers/all.h"

namespace asterism::infer {
namespace {

TEST(Embed, TheVectorsOfTheModelWhateverTheBatches) {
  base::TemporaryFolder folder;
  write_sky(folder / "sky");
  const auto model = small_model();
  model->save(folder / "model");
  EmbedOptions options;
  options.model = folder / "model";
  options.dataset = folder / "sky";
  options.out = folder / "vectors";
  options.batch_size = 7;
  const auto result = embed(options);
  EXPECT_TRUE(result.complete);
  at::NoGradGuard no_grad;
  models::EmbedRequest request;
  request.given = {"flux_g", "flux_r"};
  const auto objects = sky_objects();
  const auto expected = model->embed(objects, request);
  std::map<std::string, int64_t> row_of;
  for (int64_t i = 0; i < objects.size(); ++i) row_of[objects.objects[size_t(i)].id] = i;
  int64_t count = 0;
  data::HatsReader::open(folder / "vectors").for_each({"vector"}, 1000, [&](modalities::Batch&& batch, int64_t) {
    const auto& vectors = std::get<modalities::VectorBlock>(batch.blocks.at("vector"));
    EXPECT_EQ(vectors.width, 16);
    for (int64_t i = 0; i < batch.size(); ++i, ++count) {
      const int64_t row = row_of.at(batch.objects[size_t(i)].id);
      EXPECT_EQ(vectors.present[size_t(i)] != 0, row % 10 != 0);  // those without photometry have no vector
      for (int64_t d = 0; d < 16 && row % 10 != 0; ++d)
        EXPECT_NEAR(vectors.value[size_t(i * 16 + d)], expected.vectors_ND[row][d].item<float>(), 1e-5);
    }
    return true;
  });
  EXPECT_EQ(count, kObjects);
}

TEST(Embed, AnyInstrumentAndPrecisionAreForThoseWhomTheyConcern) {
  base::TemporaryFolder folder;
  write_sky(folder / "sky");
  const auto model = small_model();
  EmbedOptions options;
  options.dataset = folder / "sky";
  options.out = folder / "vectors";
  options.any_instrument = true;
  EXPECT_THROW(embed(*model, "hash", options), base::UserError) << "this model has no instrument of its own";
  options.any_instrument = false;
  options.symmetries = true;
  EXPECT_THROW(embed(*model, "hash", options), base::UserError) << "it reads no image that could be turned";
  options.symmetries = false;
  options.precision = "fp23";
  EXPECT_THROW(embed(*model, "hash", options), base::UserError);
  options.precision = "bf16";
  EXPECT_TRUE(embed(*model, "hash", options).complete);
  EXPECT_EQ(data::HatsReader::open(folder / "vectors").properties().find("asterism_precision").value_or(""), "bf16");
  options.precision = "int8";
  options.out = folder / "of_bytes";
  EXPECT_TRUE(embed(*model, "hash", options).complete);
  EXPECT_EQ(data::HatsReader::open(folder / "of_bytes").properties().find("asterism_precision").value_or(""), "int8");
}

TEST(Embed, AGpuThatIsNotThereIsRefused) {
  if (nn::gpus() > 0) GTEST_SKIP() << "there is one";
  base::TemporaryFolder folder;
  write_sky(folder / "sky");
  small_model()->save(folder / "model");
  EmbedOptions options;
  options.model = folder / "model";
  options.dataset = folder / "sky";
  options.out = folder / "vectors";
  options.device = "cuda";
  EXPECT_THROW(embed(options), base::UserError);
  EXPECT_FALSE(std::filesystem::exists(folder / "vectors"));
  options.device = "auto";
  EXPECT_TRUE(embed(options).complete);
}

TEST(Embed, OfAnEarlierBlockWhereAsked) {
  base::TemporaryFolder folder;
  write_sky(folder / "sky");
  const auto model = small_model();
  EmbedOptions options;
  options.dataset = folder / "sky";
  const auto first_vector = [&](int64_t layer) {
    options.layer = layer;
    options.out = folder / fmt::format("vectors.{}", layer);
    embed(*model, "hash", options);
    std::vector<float> first;
    data::HatsReader::open(options.out).for_each({"vector"}, 1000, [&](modalities::Batch&& batch, int64_t) {
      const auto& value = std::get<modalities::VectorBlock>(batch.blocks.at("vector")).value;
      first.assign(value.begin(), value.end());
      return false;
    });
    return first;
  };
  EXPECT_NE(first_vector(0), first_vector(-1));
  EXPECT_THROW(first_vector(99), base::UserError);
  EXPECT_FALSE(std::filesystem::exists(folder / "vectors.99.partial"));
}

TEST(Embed, RefusesRingsWithoutAnImage) {
  base::TemporaryFolder folder;
  write_sky(folder / "sky");
  EmbedOptions options;
  options.dataset = folder / "sky";
  options.out = folder / "vectors";
  options.rings = 3;
  EXPECT_THROW(embed(*small_model(), "hash", options), base::UserError);
  EXPECT_FALSE(std::filesystem::exists(folder / "vectors"));
}

TEST(Embed, NamesTheNearestModality) {
  base::TemporaryFolder folder;
  write_sky(folder / "sky");
  const auto model = small_model();
  EmbedOptions options;
  options.dataset = folder / "sky";
  options.out = folder / "vectors";
  options.given = {"flux_h"};
  try {
    embed(*model, "hash", options);
    FAIL();
  } catch (const base::UserError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("'flux_g'"));
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "vectors"));
}

TEST(Embed, ATokenizerIsToldItsModality) {
  base::TemporaryFolder folder;
  write_sky(folder / "sky");
  tokenizers::make_tokenizer("light_curve_process", "{}", 1)->save(folder / "codec");
  EmbedOptions options;
  options.model = folder / "codec";
  options.dataset = folder / "sky";
  options.out = folder / "vectors";
  EXPECT_THROW(embed(options), base::UserError);
  options.given = {"flux_g"};  // no light curve
  EXPECT_THROW(embed(options), base::UserError);
  EXPECT_FALSE(std::filesystem::exists(options.out));
}

}  // namespace
}  // namespace asterism::infer
