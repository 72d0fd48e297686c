#include "data/mock.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "data/hats_read.h"
#include "data/loader.h"
#include "sky/observe.h"
#include "tests/data/sample_batch.h"

namespace asterism::data {
namespace {

// Scalars alone: quick. Each row is what the sky gives for its index.
TEST(Mock, RowsAreTheObjectsOfTheSky) {
  const base::TemporaryFolder folder;
  MockOptions options{.surveys = {"legacy"}, .objects = 200, .first = 7, .seed = 3, .scalars_only = true};
  EXPECT_EQ(write_mock(options, folder / "mock").rows, 200);
  const auto truth = sky::observe_scalars(3, 7, 200, {"legacy"});
  const auto reader = HatsReader::open(folder / "mock");
  int64_t rows = 0;
  reader.for_each({"flux_g"}, 64, [&](modalities::Batch&& batch, int64_t) {
    for (int64_t i = 0; i < batch.size(); ++i, ++rows) {
      const auto& id = batch.objects[size_t(i)].id;
      const auto index = std::stoll(id.substr(id.rfind('-') + 1));
      EXPECT_EQ(std::get<modalities::ScalarBlock>(batch.blocks.at("flux_g")).value[size_t(i)],
                std::get<modalities::ScalarBlock>(truth.blocks.at("flux_g")).value[size_t(index - 7)]);
    }
    return true;
  });
  EXPECT_EQ(rows, 200);
  options.objects = 0;
  EXPECT_THROW(write_mock(options, folder / "other"), base::UserError);
  options = {.surveys = {"legasy"}, .objects = 5};
  EXPECT_THROW(write_mock(options, folder / "other"), base::UserError);
  EXPECT_FALSE(std::filesystem::exists(folder / "other"));
}

TEST(Mock, APairForSimulationBasedInference) {
  const base::TemporaryFolder folder;
  const MockOptions options{
      .surveys = {"legacy"}, .objects = 30, .seed = 3, .scalars_only = true, .simulator = true, .population = {}};
  write_mock(options, folder / "pairs");
  const auto reader = HatsReader::open(folder / "pairs");
  int64_t rows = 0;
  reader.for_each({"parameters", "observation", "redshift", "flux_g"}, 64, [&](modalities::Batch&& batch, int64_t) {
    const auto& parameters = std::get<modalities::VectorBlock>(batch.blocks.at("parameters"));
    const auto& observation = std::get<modalities::VectorBlock>(batch.blocks.at("observation"));
    EXPECT_EQ(observation.width, 12);
    for (int64_t i = 0; i < batch.size(); ++i, ++rows) {
      EXPECT_EQ(parameters.value[size_t(i * parameters.width)],
                float(std::get<modalities::ScalarBlock>(batch.blocks.at("redshift")).value[size_t(i)]));
      EXPECT_EQ(observation.value[size_t(i * observation.width)],
                float(std::get<modalities::ScalarBlock>(batch.blocks.at("flux_g")).value[size_t(i)]));
    }
    return true;
  });
  EXPECT_EQ(rows, 30);
  auto stars = options;
  stars.population = {"star_weight=1"};
  EXPECT_THROW(write_mock(stars, folder / "stars"), base::UserError);  // galaxies alone
  MockOptions without = options;
  without.surveys = {"desi"};
  EXPECT_THROW(write_mock(without, folder / "other"), base::UserError);
  EXPECT_FALSE(std::filesystem::exists(folder / "other"));
}

// One row of a modality, as read and as drawn.
void expect_same_block(const std::string& name, const modalities::Block& read, const modalities::Block& drawn) {
  ASSERT_EQ(modalities::present(read)[0], modalities::present(drawn)[0]) << name;
  if (const auto* image = std::get_if<modalities::ImageBlock>(&read)) {
    EXPECT_EQ(image->flux, std::get<modalities::ImageBlock>(drawn).flux) << name;
  } else if (const auto* vector = std::get_if<modalities::VectorBlock>(&read)) {
    EXPECT_EQ(vector->value, std::get<modalities::VectorBlock>(drawn).value) << name;
  } else if (const auto* map = std::get_if<modalities::MapBlock>(&read)) {
    EXPECT_EQ(map->value, std::get<modalities::MapBlock>(drawn).value) << name;
  } else if (const auto* curve = std::get_if<modalities::LightCurveBlock>(&read)) {
    const auto& other = std::get<modalities::LightCurveBlock>(drawn);
    ASSERT_EQ(curve->count[0], other.count[0]) << name;
    for (size_t k = 0; k < size_t(curve->count[0]); ++k) {
      EXPECT_EQ(curve->time_day[k], other.time_day[k]);
      EXPECT_EQ(curve->value[k], other.value[k]);
      EXPECT_EQ(curve->upper_limit[k], other.upper_limit[k]);
      EXPECT_EQ(curve->bands[size_t(curve->band[k])].name, other.bands[size_t(other.band[k])].name);
    }
  }
}

// Light curves, vectors, maps and several images.
TEST(Mock, EverySurveyIsWrittenAndReadBack) {
  const base::TemporaryFolder folder;
  MockOptions options{.surveys = sky::surveys(), .objects = 10, .seed = 5};
  options.population = {"neighbour_share=0.5", "spiral_share=0.5"};
  write_mock(options, folder / "all");
  sky::SkySettings settings;
  settings.neighbour_share = settings.spiral_share = 0.5;
  const auto truth = sky::observe(5, 0, 10, sky::surveys(), settings);
  const auto reader = HatsReader::open(folder / "all");
  std::vector<std::string> names;
  for (const auto& [name, block] : truth.blocks) names.push_back(name);
  int64_t rows = 0;
  reader.for_each(names, 64, [&](modalities::Batch&& batch, int64_t) {
    modalities::check(batch);
    for (int64_t i = 0; i < batch.size(); ++i, ++rows) {
      const auto& id = batch.objects[size_t(i)].id;
      const std::vector<int64_t> here = {i}, there = {std::stoll(id.substr(id.rfind('-') + 1))};
      for (const auto& name : names)
        expect_same_block(name, modalities::select(batch.blocks.at(name), here),
                          modalities::select(truth.blocks.at(name), there));
    }
    return true;
  });
  EXPECT_EQ(rows, 10);
  LoaderOptions loading;
  loading.datasets = {folder / "all"};
  loading.batch_size = 4;
  Loader loader(loading);
  const auto batch = loader.next();
  ASSERT_TRUE(batch);
  modalities::check(*batch);
  for (const auto& name : names) EXPECT_EQ(batch->blocks.count(name), 1u) << name;
}

TEST(Mock, ThePopulationIsChosen) {
  const base::TemporaryFolder folder;
  MockOptions options{.surveys = {"legacy"}, .objects = 50, .scalars_only = true};
  options.population = {"galaxy_weight=0", "quasar_weight=0", "r_spectroscopic=17", "spectroscopic_share=1"};
  write_mock(options, folder / "stars");
  const auto reader = HatsReader::open(folder / "stars");
  reader.for_each({"object_class", "r_magnitude"}, 64, [&](modalities::Batch&& batch, int64_t) {
    for (int64_t i = 0; i < batch.size(); ++i) {
      EXPECT_EQ(std::get<modalities::ScalarBlock>(batch.blocks.at("object_class")).value[size_t(i)], 1);
      EXPECT_LE(std::get<modalities::ScalarBlock>(batch.blocks.at("r_magnitude")).value[size_t(i)], 17);
    }
    return true;
  });
  for (const auto* wrong : {"star_wait=1", "star_weight=-1", "r_bright=22", "star_weight"}) {
    options.population = {wrong};
    EXPECT_THROW(write_mock(options, folder / "other"), base::UserError) << wrong;
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "other"));
}

}  // namespace
}  // namespace asterism::data
