#include "infer/tokenize.h"

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "base/signals.h"
#include "base/temporary_folder.h"
#include "data/hats_read.h"
#include "data/mock.h"
#include "io/parquet.h"
#include "tests/infer/tiny_sky.h"
#include "tokenizers/cube_templates.h"
#include "tokenizers/scalar_bins.h"

namespace asterism::infer {
namespace {

TEST(Tokenize, TheTokensOfTheTokenizer) {
  base::TemporaryFolder folder;
  write_sky(folder / "sky");
  tokenizers::ScalarBinsSettings settings;
  settings.bins = 20;
  tokenizers::ScalarBins bins(settings);
  const auto objects = sky_objects();
  bins.fit(objects.blocks.at("flux_g"));
  bins.save(folder / "bins");
  TokenizeOptions options;
  options.tokenizer = folder / "bins";
  options.dataset = folder / "sky";
  options.out = folder / "bins" / "out";
  options.modalities = {"flux_g"};
  EXPECT_THROW(tokenize(options), base::UserError) << "among the tokenizer's files";
  options.out = folder / "out";
  EXPECT_TRUE(tokenize(options).complete);
  const auto expected = bins.encode(objects.blocks.at("flux_g"));
  std::map<std::string, int64_t> row_of;
  for (int64_t i = 0; i < objects.size(); ++i) row_of[objects.objects[size_t(i)].id] = i;
  data::HatsReader::open(folder / "out").for_each({"flux_g_tokens"}, 1000, [&](modalities::Batch&& batch, int64_t) {
    const auto& tokens = std::get<modalities::VectorBlock>(batch.blocks.at("flux_g_tokens"));
    EXPECT_EQ(tokens.vocabulary, 20);
    for (size_t i = 0; i < batch.objects.size(); ++i) {
      const int64_t row = row_of.at(batch.objects[i].id);
      EXPECT_EQ(tokens.present[i] != 0, row % 10 != 0);
      if (tokens.present[i] != 0) {
        EXPECT_EQ(int64_t(tokens.value[i]), expected.ids[row][0].item<int64_t>());
      }
    }
    return true;
  });
}

// As many tokens as the cubes' own size asks for, whatever size the codec was made for.
TEST(Tokenize, CubesOfTheirOwnSize) {
  base::TemporaryFolder folder;
  data::write_mock(
      {.surveys = {"manga"}, .objects = 3, .population = {"r_spectroscopic=17", "r_faint=17", "spectroscopic_share=1"}},
      folder / "cubes");
  tokenizers::CubeTemplatesSettings settings;
  settings.size = 8;
  settings.directions = 2;
  settings.ring_tokens = {2, 1};
  const tokenizers::CubeTemplates codec(settings, 1);
  codec.save(folder / "codec");
  TokenizeOptions options;
  options.tokenizer = folder / "codec";
  options.dataset = folder / "cubes";
  options.modalities = {"cube_manga"};
  options.out = folder / "out";
  EXPECT_TRUE(tokenize(options).complete);
  int64_t seen = 0;
  data::HatsReader::open(folder / "out").for_each({"cube_manga_tokens"}, 10, [&](modalities::Batch&& batch, int64_t) {
    const auto& tokens = std::get<modalities::VectorBlock>(batch.blocks.at("cube_manga_tokens"));
    EXPECT_EQ(tokens.width, codec.num_tokens(24, 24));
    EXPECT_EQ(tokens.value[0], 24);
    EXPECT_EQ(int64_t(tokens.value[5]) % 2, 0);  // a corner outside of the hexagon
    seen += tokens.n;
    return true;
  });
  EXPECT_EQ(seen, 3);
}

TEST(Tokenize, NamesTheNearestModality) {
  base::TemporaryFolder folder;
  write_sky(folder / "sky");
  tokenizers::ScalarBins bins({});
  bins.fit(sky_objects().blocks.at("flux_g"));
  bins.save(folder / "bins");
  TokenizeOptions options;
  options.tokenizer = folder / "bins";
  options.dataset = folder / "sky";
  options.out = folder / "out";
  options.modalities = {"flux_h"};
  try {
    tokenize(options);
    FAIL();
  } catch (const base::UserError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("'flux_g'"));
  }
}

TEST(Tokenize, ManyModalitiesInOnePass) {
  base::TemporaryFolder folder;
  write_sky(folder / "sky");
  const auto objects = sky_objects();
  std::filesystem::create_directory(folder / "set");
  for (const int64_t bins : {20, 30}) {
    tokenizers::ScalarBinsSettings settings;
    settings.bins = bins;
    tokenizers::ScalarBins tokenizer(settings);
    tokenizer.fit(objects.blocks.at("flux_g"));
    tokenizer.save(folder / "set" / (bins == 20 ? "flux_g" : "other"));
  }
  TokenizeOptions options;
  options.tokenizer = folder / "set";
  options.dataset = folder / "sky";
  options.out = folder / "set" / "named";
  EXPECT_THROW(tokenize(options), base::UserError) << "beside the tokenizers, in the folder that is hashed with them";
  options.out = folder / "named";
  options.modalities = {"flux_g", "flux_r=other"};
  EXPECT_TRUE(tokenize(options).complete);
  data::HatsReader::open(folder / "named")
      .for_each({"flux_g_tokens", "flux_r_tokens"}, 1000, [&](modalities::Batch&& batch, int64_t) {
        EXPECT_EQ(std::get<modalities::VectorBlock>(batch.blocks.at("flux_g_tokens")).vocabulary, 20);
        EXPECT_EQ(std::get<modalities::VectorBlock>(batch.blocks.at("flux_r_tokens")).vocabulary, 30);
        return true;
      });
  options.out = folder / "all";  // the folder that bears a modality's name
  options.modalities = {};
  EXPECT_TRUE(tokenize(options).complete);
  const auto names = data::HatsReader::open(folder / "all").layout().names();
  EXPECT_THAT(names, testing::Contains("flux_g_tokens"));
  EXPECT_THAT(names, testing::Not(testing::Contains("flux_r_tokens")));
}

// Every Parquet file of a dataset, by its path in it.
std::map<std::string, std::shared_ptr<arrow::Table>> tables_of(const std::filesystem::path& dataset) {
  std::map<std::string, std::shared_ptr<arrow::Table>> out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dataset))
    if (entry.path().extension() == ".parquet")
      out[std::filesystem::relative(entry.path(), dataset).string()] = io::read_parquet(entry.path());
  return out;
}

// What a killed run leaves: some tiles that are finished, and one that was being written. It goes on from there, may be
// stopped once more, and makes what a run does that nobody disturbs, file by file.
TEST(Tokenize, AKilledRunGoesOnAndMakesTheSame) {
  base::TemporaryFolder folder;
  write_sky(folder / "sky");
  tokenizers::ScalarBins bins({});
  bins.fit(sky_objects().blocks.at("flux_g"));
  bins.save(folder / "bins");
  TokenizeOptions options{.tokenizer = folder / "bins", .dataset = folder / "sky"};
  options.modalities = {"flux_g"};
  options.batch_size = 7;
  options.out = folder / "whole" / "tokens";
  EXPECT_TRUE(tokenize(options).complete);

  options.out = folder / "killed" / "tokens";
  options.shards = 2;  // every other tile
  const auto first = tokenize(options);
  options.shards = 1;
  ASSERT_FALSE(first.complete);
  ASSERT_GT(first.tiles, 0);
  ASSERT_LT(first.tiles, first.tiles_in_all);
  const auto partial = folder / "killed" / "tokens.partial";
  std::ofstream(partial / ".tile-000001.parquet.tmp-aBcDeF") << "half a tile";
  EXPECT_THROW(tokenize(options), base::UserError) << "unless it is told to go on";

  options.resume = true;
  base::request_stop();
  const auto stopped = tokenize(options);
  base::clear_stop_request();
  EXPECT_TRUE(stopped.interrupted);
  EXPECT_EQ(stopped.tiles, 0);
  EXPECT_FALSE(std::filesystem::exists(options.out));

  const auto last = tokenize(options);
  EXPECT_TRUE(last.complete);
  EXPECT_EQ(last.tiles_before, first.tiles);
  EXPECT_EQ(first.rows + last.rows, kObjects);
  EXPECT_FALSE(std::filesystem::exists(partial));
  const auto whole = tables_of(folder / "whole" / "tokens"), made = tables_of(options.out);
  ASSERT_GT(whole.size(), 2u);
  ASSERT_EQ(made.size(), whole.size());
  for (const auto& [name, table] : whole) {
    ASSERT_TRUE(made.contains(name)) << name;
    EXPECT_TRUE(made.at(name)->Equals(*table)) << name;
  }
}

TEST(Tokenize, HalfPrecisionIsSaidInWhatItMakes) {
  base::TemporaryFolder folder;
  write_sky(folder / "sky");
  tokenizers::ScalarBins bins({});
  bins.fit(sky_objects().blocks.at("flux_g"));
  bins.save(folder / "bins");
  TokenizeOptions options{.tokenizer = folder / "bins", .dataset = folder / "sky", .out = folder / "out"};
  options.modalities = {"flux_g"};
  options.precision = "bf16";
  EXPECT_TRUE(tokenize(options).complete);
  options.precision = "fp8";
  options.out = folder / "no";
  EXPECT_THROW(tokenize(options), base::UserError);
}

}  // namespace
}  // namespace asterism::infer
