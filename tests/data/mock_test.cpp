#include "data/mock.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "data/hats_read.h"
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
