#include "data/cache.h"

#include <gtest/gtest.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/signals.h"
#include "base/temporary_folder.h"
#include "data/hats_write.h"
#include "io/json.h"
#include "tests/data/sample_batch.h"

namespace asterism::data {
namespace {

TEST(Cache, ServesExactlyItsDatasetAndModalities) {
  const base::TemporaryFolder folder;
  for (const std::string name : {"one", "two"}) {
    HatsWriter writer(folder / name, {.name = name});
    writer.add(sample_batch(12, name == "one" ? 1 : 2));
    writer.finish();
  }
  const auto one = HatsReader::open(folder / "one"), two = HatsReader::open(folder / "two");
  EXPECT_EQ(default_cache(one), std::filesystem::absolute(folder / "one.cache"));
  EXPECT_FALSE(cache_serves(folder / "c", one, {}));
  EXPECT_GT(make_cache(one, {"flux_g", "image_legacy"}, folder / "c"), 0);
  EXPECT_TRUE(cache_serves(folder / "c", one, {"flux_g"}));
  EXPECT_FALSE(cache_serves(folder / "c", one, {"spectrum_desi"}));
  EXPECT_FALSE(cache_serves(folder / "c", one, {}));
  EXPECT_FALSE(cache_serves(folder / "c", two, {"flux_g"}));
  EXPECT_THROW(open_cache(folder / "c", {"redshift"}), base::DataError);
  const auto store = open_cache(folder / "c", {"flux_g"});
  EXPECT_EQ(store->num_rows(), 12);
  EXPECT_EQ(store->splits().size(), 12u);
  EXPECT_EQ(store->gather({3, 3}).size(), 2);
  make_cache(one, {"redshift"}, folder / "c");  // what another user needs comes beside what is there
  EXPECT_TRUE(cache_serves(folder / "c", one, {"flux_g", "image_legacy", "redshift"}));
  EXPECT_THROW(make_cache(one, {"flux_q"}, folder / "d"), base::UserError);
  EXPECT_FALSE(std::filesystem::exists(folder / "d"));
  const auto good = io::read_json(folder / "c" / "cache.json");
  std::vector<nlohmann::json> damaged(5, good);
  damaged[0] = nlohmann::json::array();
  damaged[1]["format"] = "one";
  damaged[2]["data_sha256"] = 3;
  damaged[3]["modalities"] = "flux_g";
  damaged[4]["modalities"] = {{"flux_g", 1}};
  for (const auto& about : damaged) {
    io::write_json(folder / "c" / "cache.json", about);
    EXPECT_FALSE(cache_serves(folder / "c", one, {"flux_g"})) << about;
  }
  base::write_text(folder / "c" / "cache.json", "{\"format\": ");
  EXPECT_FALSE(cache_serves(folder / "c", one, {"flux_g"}));
}

TEST(Cache, ASignalStopsItAndLeavesNothing) {
  const base::TemporaryFolder folder;
  HatsWriter writer(folder / "set", {.name = "set"});
  writer.add(sample_batch(12));
  writer.finish();
  base::request_stop();
  EXPECT_THROW(make_cache(HatsReader::open(folder / "set"), {}, folder / "c"), base::Interrupted);
  base::clear_stop_request();
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1) << "the dataset alone";
}

}  // namespace
}  // namespace asterism::data
