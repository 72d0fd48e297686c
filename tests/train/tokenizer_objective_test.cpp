#include "train/tokenizer_objective.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "config/settings.h"
#include "tests/train/golden.h"
#include "tests/train/tiny_objects.h"
#include "tokenizers/all.h"
#include "tokenizers/tokenizer_folder.h"
#include "train/metrics_log.h"

namespace asterism::train {
namespace {

// What the table of a recipe says, as JSON; `kind` is among it.
TokenizerObjectiveSettings told(const std::string& kind, const std::string& table) {
  TokenizerObjectiveSettings settings;
  settings.kind = kind;
  auto fields = config::fields_of(settings);
  config::read_json(fields, table, "test");
  return settings;
}

TokenizerObjectiveSettings spectra() {
  return told("spectrum_conv", R"({"kind": "spectrum_conv", "modality": "spectrum_desi", "wavelength_low": 4000,
                                   "wavelength_high": 9100, "pixels": 128, "strides": [4, 2], "depths": [1, 1],
                                   "widths": [16, 32]})");
}

TEST(TokenizerObjective, LearnsEightSpectraByHeart) {
  base::TemporaryFolder folder;
  const auto objective = spectra().make(1);
  data::MemorySource source(eight_objects(), {.batch_size = 8, .seed = 1});
  train(*objective, source, nullptr, by_heart(300, 3e-3), {.folder = folder / "run"});
  const auto lines = read_metrics(folder / "run" / "metrics.jsonl");
  const auto curve = curve_of(lines, "loss");
  EXPECT_LT(curve.values.back(), 0.1 * curve.values.front());
  EXPECT_TRUE(lines.back().values.contains("codes_used"));  // a share of the code book
  EXPECT_GT(curve_of(lines, "perplexity").values.back(), 1.5);
  EXPECT_EQ(tokenizers::load_tokenizer(folder / "run" / "model")->kind(), "spectrum_conv");
  EXPECT_EQ(tokenizers::recorded_modalities(folder / "run" / "model"), std::vector<std::string>{"spectrum_desi"});
}

// What a recipe's table says of an AION codec; the folder is of the published layout, which records nothing of ours.
TEST(TokenizerObjective, TrainsAnAionCodec) {
  base::TemporaryFolder folder;
  const auto settings = told(
      "aion_spectrum", R"({"kind": "aion_spectrum", "modality": "spectrum_desi", "num_pixels": 512, "lambda_min": 3600,
                           "resolution": 12.5, "encoder_depths": [1, 1], "encoder_dims": [8, 16],
                           "decoder_depths": [1, 1], "decoder_dims": [8, 2], "latent_channels": 16,
                           "codebook_size": 64, "dim": 6, "embedding_dim": 6})");
  data::MemorySource source(eight_objects(), {.batch_size = 8, .seed = 1});
  train(*settings.make(1), source, nullptr, by_heart(20, 3e-3), {.folder = folder / "run"});
  const auto curve = curve_of(read_metrics(folder / "run" / "metrics.jsonl"), "loss");
  EXPECT_LT(curve.values.back(), curve.values.front());
  EXPECT_EQ(tokenizers::load_tokenizer(folder / "run" / "model")->kind(), "aion_spectrum");
  EXPECT_TRUE(tokenizers::recorded_modalities(folder / "run" / "model").empty());
}

// Every kind of the table can be named in a recipe: none is left without settings of its own.
TEST(TokenizerObjective, EveryKindHasARecipe) {
  for (const auto& kind : tokenizers::kinds()) {
    const bool of_rest = kind.beside == tokenizers::Beside::kRedshifts;
    const auto table =
        fmt::format(R"({{"kind": "{}", "modality": "x"{}}})", kind.name, of_rest ? R"(, "redshift": "redshift")" : "");
    auto settings = told(kind.name, table);
    EXPECT_GT(config::fields_of(settings).fields.size(), 4U) << kind.name;
  }
}

TEST(TokenizerObjective, FirstLossesAreTheGoldenOnes) { expect_golden("tokenizer", *spectra().make(1), 1e-3); }

// Whitening takes the statistics of a whole batch: pieces would have others.
TEST(TokenizerObjective, ABatchCannotBeCut) {
  base::TemporaryFolder folder;
  const auto objective = spectra().make(1);
  data::MemorySource source(eight_objects(), {.batch_size = 8, .seed = 1});
  auto settings = by_heart(2, 1e-3);
  settings.micro_batches = 2;
  EXPECT_THROW(train(*objective, source, nullptr, settings, {.folder = folder / "run"}), base::UserError);
}

TEST(TokenizerObjective, RedshiftsReachATokenizerThatAsksForThem) {
  const auto settings =
      told("spectrum_templates", R"({"kind": "spectrum_templates", "modality": "spectrum_desi", "redshift": "redshift",
                                "wavelength_low": 4000, "wavelength_high": 9100, "pixels": 128,
                                "redshift_low": [-0.01], "redshift_high": [7], "directions": [1]})");
  EXPECT_THAT(settings.modalities(), testing::ElementsAre("spectrum_desi", "redshift"));
  const auto objective = settings.make(1);
  auto batch = eight_objects();
  objective->prepare(batch);
  EXPECT_EQ(objective->step(batch, {}).figures.at("redshift_found").item<double>(), 1);  // told, while training
  batch.blocks.erase("redshift");
  EXPECT_FALSE(objective->step(batch, {}).figures.contains("redshift_found"));
  EXPECT_THROW(settings.make(1)->prepare(batch), base::UserError);  // templates must begin somewhere
}

TEST(TokenizerObjective, BinsHaveNothingToLearnBeyondTheirFit) {
  base::TemporaryFolder folder;
  const auto settings = told("scalar_bins", R"({"kind": "scalar_bins", "modality": "redshift", "bins": 4})");
  const auto objective = settings.make(1);
  data::MemorySource source(eight_objects(), {.batch_size = 8, .seed = 1});
  EXPECT_EQ(train(*objective, source, nullptr, by_heart(2, 1e-3), {.folder = folder / "run"}).steps, 2);
  EXPECT_EQ(tokenizers::load_tokenizer(folder / "run" / "model")->vocabulary(), 4);
}

TEST(TokenizerObjective, NamesTheNearestModality) {
  auto settings = spectra();
  settings.modality = "spectrum_dessi";
  try {
    settings.make(1)->step(eight_objects(), {});
    FAIL();
  } catch (const base::UserError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("'spectrum_desi'"));
  }
}

}  // namespace
}  // namespace asterism::train
