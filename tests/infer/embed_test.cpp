#include "infer/embed.h"

#include <arrow/api.h>
#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "data/hats_read.h"
#include "io/parquet.h"
#include "models/adapted.h"
#include "nn/device.h"
#include "tests/infer/tiny_sky.h"
#include "tokenizers/all.h"

namespace asterism::infer {
namespace {

// By object: what each of its tokens is of, and their numbers one after the other; "absent" where there are none.
using TokensById = std::map<std::string, std::pair<std::vector<std::string>, std::vector<float>>>;

TokensById tokens_of(const std::filesystem::path& dataset, int64_t most_rows_at_once) {
  TokensById out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dataset)) {
    if (entry.path().extension() != ".parquet") continue;
    EXPECT_LE(io::ParquetFile::open(entry.path()).rows_in_group(0), most_rows_at_once) << entry.path();
    const auto table =
        io::need_arrow(io::read_parquet(entry.path(), {"object_id", "vector"})->CombineChunks(), "tokens");
    const auto& ids = static_cast<const arrow::StringArray&>(*table->GetColumnByName("object_id")->chunk(0));
    const auto& tokens = static_cast<const arrow::StructArray&>(*table->GetColumnByName("vector")->chunk(0));
    const auto names = tokens.field(0), vectors = tokens.field(1);
    const auto& name_lists = static_cast<const arrow::ListArray&>(*names);
    const auto& vector_lists = static_cast<const arrow::ListArray&>(*vectors);
    const auto& texts = static_cast<const arrow::StringArray&>(*name_lists.values());
    const auto& rows = static_cast<const arrow::FixedSizeListArray&>(*vector_lists.values());
    const auto& numbers = static_cast<const arrow::FloatArray&>(*rows.values());
    for (int64_t i = 0; i < table->num_rows(); ++i) {
      auto& [modality, values] = out[ids.GetString(i)];
      if (tokens.IsNull(i)) {
        modality = {"absent"};
        continue;
      }
      EXPECT_EQ(name_lists.value_length(i), vector_lists.value_length(i));
      for (int64_t t = 0; t < name_lists.value_length(i); ++t) {
        modality.push_back(texts.GetString(name_lists.value_offset(i) + t));
        const int64_t first = rows.value_offset(vector_lists.value_offset(i) + t);
        for (int64_t d = 0; d < rows.value_length(); ++d) values.push_back(numbers.Value(first + d));
      }
    }
  }
  return out;
}

std::string embed_refusal(const models::Model& model, const EmbedOptions& options) {
  try {
    embed(model, "hash", options);
  } catch (const base::UserError& error) {
    return error.what();
  }
  return "";
}

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

TEST(Embed, EveryTokenWithItsModality) {
  base::TemporaryFolder folder;
  write_sky(folder / "sky");
  const auto model = small_model();
  EmbedOptions options;
  options.dataset = folder / "sky";
  options.out = folder / "tokens";
  options.pool = "tokens";
  options.batch_size = 7;
  EXPECT_TRUE(embed(*model, "hash", options).complete);
  at::NoGradGuard no_grad;
  models::EmbedRequest request;
  request.given = {"flux_g", "flux_r"};
  const auto objects = sky_objects();
  const auto expected = model->token_rows(objects, request);
  const auto written = tokens_of(options.out, 7);
  ASSERT_EQ(int64_t(written.size()), kObjects);
  for (int64_t i = 0; i < kObjects; ++i) {
    const auto& [modality, values] = written.at(objects.objects[size_t(i)].id);
    if (i % 10 == 0) {
      EXPECT_EQ(modality, std::vector<std::string>{"absent"}) << "no photometry";
      continue;
    }
    EXPECT_EQ(modality, (std::vector<std::string>{"flux_g", "flux_r"}));
    ASSERT_EQ(values.size(), 2U * 16);
    const auto rows = expected.rows_RD.narrow(0, expected.objects.starts[size_t(i)], 2).flatten().contiguous();
    for (int64_t d = 0; d < 32; ++d) EXPECT_NEAR(values[size_t(d)], rows.const_data_ptr<float>()[d], 1e-5);
  }
  EXPECT_EQ(data::HatsReader::open(options.out).properties().find("asterism_pool").value_or(""), "tokens");
}

TEST(Embed, TokensAreMadeInSharesGoneOnWithAndNotMixedWithVectors) {
  base::TemporaryFolder folder;
  write_sky(folder / "sky");
  const auto model = small_model();
  EmbedOptions options;
  options.dataset = folder / "sky";
  options.out = folder / "whole";
  options.pool = "tokens";
  EXPECT_TRUE(embed(*model, "hash", options).complete);
  const auto whole = tokens_of(options.out, 256);
  options.out = folder / "parts";
  options.shards = 2;
  EXPECT_FALSE(embed(*model, "hash", options).complete);
  options.shards = 1;
  options.resume = true;
  auto other = options;
  other.pool = "mean";
  EXPECT_THAT(embed_refusal(*model, other), testing::HasSubstr("another dataset, model or settings"));
  const auto result = embed(*model, "hash", options);
  EXPECT_TRUE(result.complete);
  EXPECT_GT(result.tiles_before, 0);
  const auto parts = tokens_of(options.out, 256);
  ASSERT_EQ(parts.size(), whole.size());
  for (const auto& [id, tokens] : whole) {
    const auto& [modality, values] = parts.at(id);
    EXPECT_EQ(modality, tokens.first) << id;
    ASSERT_EQ(values.size(), tokens.second.size()) << id;
    for (size_t d = 0; d < values.size(); ++d) EXPECT_NEAR(values[d], tokens.second[d], 1e-5) << id;
  }
}

TEST(Embed, PoolsThatTheModelLacksAreRefusedByName) {
  base::TemporaryFolder folder;
  write_sky(folder / "sky");
  const auto model = small_model();
  EmbedOptions options;
  options.dataset = folder / "sky";
  options.out = folder / "vectors";
  for (const char* pool : {"cls", "attentive"}) {
    options.pool = pool;
    EXPECT_THAT(embed_refusal(*model, options), testing::HasSubstr("it offers 'mean' and 'tokens'")) << pool;
  }
  options.pool = "tokenz";
  EXPECT_THAT(embed_refusal(*model, options), testing::HasSubstr("the nearest is 'tokens'"));
  options.pool = "tokens";
  options.rings = 2;
  EXPECT_THAT(embed_refusal(*model, options), testing::HasSubstr("leave out --rings, or --pool tokens"));
  options.rings = 0;
  options.layer = 99;
  EXPECT_THAT(embed_refusal(*model, options), testing::HasSubstr("layer 99"));
  EXPECT_FALSE(std::filesystem::exists(options.out));
  EXPECT_FALSE(std::filesystem::exists(folder / "vectors.partial"));
}

TEST(Embed, WhatTheHeadOfAnAdaptedModelPicks) {
  base::TemporaryFolder folder;
  write_sky(folder / "sky");
  small_model()->save(folder / "backbone");
  models::AdaptedSettings settings;
  settings.backbone = folder / "backbone";
  settings.adapt = "attentive";
  settings.target = "redshift";
  settings.heads = 2;
  settings.bins = 8;
  models::Adapted model(settings);
  const auto objects = sky_objects();
  model.fit(objects);
  EmbedOptions options;
  options.dataset = folder / "sky";
  options.out = folder / "picked";
  options.pool = "attentive";
  options.column = "picked";
  EXPECT_TRUE(embed(model, "hash", options).complete);
  models::EmbedRequest request;
  request.given = {"flux_g", "flux_r"};
  const auto expected = model.pooled(objects, request, "attentive").vectors_ND;
  std::map<std::string, int64_t> row_of;
  for (int64_t i = 0; i < objects.size(); ++i) row_of[objects.objects[size_t(i)].id] = i;
  data::HatsReader::open(options.out).for_each({"picked"}, 1000, [&](modalities::Batch&& batch, int64_t) {
    const auto& vectors = std::get<modalities::VectorBlock>(batch.blocks.at("picked"));
    EXPECT_EQ(vectors.width, 16);
    for (int64_t i = 0; i < batch.size(); ++i) {
      const int64_t row = row_of.at(batch.objects[size_t(i)].id);
      EXPECT_EQ(vectors.present[size_t(i)] != 0, row % 10 != 0);
      for (int64_t d = 0; d < 16 && row % 10 != 0; ++d)
        EXPECT_NEAR(vectors.value[size_t(i * 16 + d)], expected[row][d].item<float>(), 1e-5);
    }
    return true;
  });
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

// What lay there would count as the model's: it would go by another hash, and work begun with it could not go on.
TEST(Embed, NothingIsWrittenIntoTheModel) {
  base::TemporaryFolder folder;
  write_sky(folder / "sky");
  small_model()->save(folder / "run" / "model");
  EmbedOptions options;
  options.model = folder / "run";
  options.dataset = folder / "sky";
  options.out = folder / "run" / "model" / "vectors";
  EXPECT_THROW(embed(options), base::UserError);
  EXPECT_FALSE(std::filesystem::exists(options.out));
  options.out = folder / "run" / "vectors";
  EXPECT_TRUE(embed(options).complete);
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
