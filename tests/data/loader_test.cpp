#include "data/loader.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/clock.h"
#include "base/error.h"
#include "base/temporary_folder.h"
#include "data/cache.h"
#include "data/hats_write.h"
#include "data/split.h"
#include "tests/data/sample_batch.h"

namespace asterism::data {
namespace {

class LoaderTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new base::TemporaryFolder;
    write("one", sample_batch(60), 9);
    auto other = sample_batch(30, 7, "other-");
    other.blocks.erase("spectrum_desi");
    other.blocks.emplace("teff", sample_scalars(30, 3, "K", false));
    write("two", other, 100);
  }
  static void TearDownTestSuite() { delete folder_; }
  static void write(const std::string& name, const modalities::Batch& batch, int64_t partition_rows) {
    HatsOptions options;
    options.partition_rows = partition_rows;
    HatsWriter writer(*folder_ / name, {.name = name}, options);
    writer.add(batch);
    writer.finish();
  }
  static LoaderOptions options(std::vector<std::string> names) {
    LoaderOptions out;
    for (const auto& name : names) out.datasets.push_back(*folder_ / name);
    out.batch_size = 8;
    return out;
  }
  static base::TemporaryFolder* folder_;
};
base::TemporaryFolder* LoaderTest::folder_ = nullptr;

TEST_F(LoaderTest, AnEpochHoldsEveryObjectOnceWithItsOwnData) {
  auto o = options({"one"});
  o.drop_last = false;
  Loader loader(o);
  EXPECT_EQ(loader.num_objects(), 60);
  const auto truth = sample_batch(60);
  std::set<std::string> seen;
  for (int64_t b = 0; b < loader.batches_per_epoch(); ++b) {
    const auto batch = loader.next();
    ASSERT_TRUE(batch);
    modalities::check(*batch);
    for (int64_t i = 0; i < batch->size(); ++i) {
      const std::string& id = batch->objects[size_t(i)].id;
      EXPECT_TRUE(seen.insert(id).second);
      const auto mine = modalities::select(*batch, {i}),
                 true_one = modalities::select(truth, {std::stoll(id.substr(4))});
      for (const auto& [name, block] : true_one.blocks)
        EXPECT_TRUE(same_block(block, mine.blocks.at(name))) << name << " " << id;
    }
  }
  EXPECT_EQ(seen.size(), 60u);
}

TEST_F(LoaderTest, TheCacheGivesTheSameBatchesAsMemory) {
  auto o = options({"one"});
  Loader memory(o);
  o.memory_bytes = 0;
  Loader cached(o);
  EXPECT_TRUE(std::filesystem::exists(*folder_ / "one.cache"));
  for (int i = 0; i < 20; ++i) {
    const auto a = memory.next(), b = cached.next();
    EXPECT_EQ(object_ids(*a), object_ids(*b));
    for (const auto& [name, block] : a->blocks) EXPECT_TRUE(same_block(block, b->blocks.at(name))) << name;
  }
}

TEST_F(LoaderTest, SeekingGivesTheSameBatches) {
  Loader loader(options({"one"}));
  std::vector<std::vector<std::string>> all;
  for (int i = 0; i < 21; ++i) all.push_back(object_ids(*loader.next()));
  EXPECT_EQ(loader.position(), (BatchSource::Position{3, 0}));
  EXPECT_NE(all[0], all[7]);
  for (const int i : {9, 20, 3, 14}) {
    base::Stopwatch watch;
    loader.seek({i / 7, i % 7});
    EXPECT_LT(watch.seconds(), 0.5);  // not by reading up to there
    EXPECT_EQ(object_ids(*loader.next()), all[size_t(i)]);
  }
  EXPECT_THROW(loader.seek({0, 9}), base::UserError);
}

TEST_F(LoaderTest, JoinsDatasetsAndFillsWhatOneLacks) {
  auto o = options({"one", "two"});
  o.shuffle = false;
  o.drop_last = false;
  o.batch_size = 50;
  o.modalities = {"image_legacy", "spectrum_desi", "teff"};
  Loader loader(o);
  EXPECT_EQ(loader.num_objects(), 90);
  int64_t teff = 0, spectra = 0, n = 0;
  while (const auto batch = loader.next()) {
    modalities::check(*batch);
    ASSERT_EQ(batch->blocks.size(), 3u);
    n += batch->size();
    for (int64_t i = 0; i < batch->size(); ++i) {
      const bool second = batch->objects[size_t(i)].id.starts_with("other-");
      const bool has_teff = modalities::present(batch->blocks.at("teff"))[size_t(i)] != 0;
      const bool has_spectrum = modalities::present(batch->blocks.at("spectrum_desi"))[size_t(i)] != 0;
      EXPECT_FALSE(has_teff && !second);
      EXPECT_FALSE(has_spectrum && second);
      teff += has_teff;
      spectra += has_spectrum;
    }
  }
  EXPECT_EQ(n, 90);
  EXPECT_EQ(spectra, 45);
  EXPECT_GT(teff, 10);
}

TEST_F(LoaderTest, SidesAndLimits) {
  int64_t total = 0;
  for (const std::string side : {"train", "validation", "test"}) {
    auto o = options({"one"});
    o.split = side;
    o.batch_size = 1;
    o.modalities = {"redshift"};
    Loader loader(o);
    total += loader.num_objects();
    for (int i = 0; i < loader.num_objects(); ++i)
      EXPECT_TRUE(Split(side).contains(split_number(loader.next()->objects[0].id)));
  }
  EXPECT_EQ(total, 60);
  auto o = options({"one"});
  o.limit = 16;
  EXPECT_EQ(Loader(o).num_objects(), 16);
  o.limit = 3;
  EXPECT_THROW(Loader{o}, base::UserError);
  o.limit = 0;
  o.modalities = {"redshit"};
  EXPECT_THROW(Loader{o}, base::UserError);
  EXPECT_THROW(Loader(LoaderOptions{}), base::UserError);
}

TEST_F(LoaderTest, ADatasetCountsAsOftenAsItIsRepeated) {
  auto o = options({"one", "two"});
  o.repeats = {1, 3};
  o.drop_last = false;
  Loader loader(o);
  ASSERT_EQ(loader.num_objects(), 150);
  std::map<std::string, int> seen;
  for (int64_t b = 0; b < loader.batches_per_epoch(); ++b)
    for (const auto& id : object_ids(*loader.next())) ++seen[id];
  ASSERT_EQ(seen.size(), 90u);
  for (const auto& [id, count] : seen) EXPECT_EQ(count, id.starts_with("other-") ? 3 : 1) << id;
  o.repeats = {2};
  EXPECT_THROW(Loader{o}, base::UserError);
  o.repeats = {1, 0};
  EXPECT_THROW(Loader{o}, base::UserError);
}

// Under whatever spelling of its path.
TEST_F(LoaderTest, ADatasetIsNamedOnce) {
  for (const char* again : {"one", "one/", "two/../one"}) {
    try {
      Loader loader(options({"one", "two", again}));
      FAIL() << again;
    } catch (const base::UserError& error) {
      EXPECT_NE(std::string(error.what()).find("is named twice"), std::string::npos) << error.what();
    }
  }
  std::filesystem::create_directory_symlink(*folder_ / "one", *folder_ / "linked");
  EXPECT_THROW(Loader(options({"one", "linked"})), base::UserError);
}

TEST_F(LoaderTest, RefusesDatasetsThatDoNotFit) {
  auto batch = sample_batch(10);
  std::get<modalities::ImageBlock>(batch.blocks.at("image_legacy")).pixel_scale_arcsec = 0.3;
  write("coarse", batch, 100);
  EXPECT_THROW(Loader(options({"one", "coarse"})), base::DataError);
}

TEST_F(LoaderTest, SplitNumbersOfTheDatasetWin) {
  auto batch = sample_batch(20);
  auto u = modalities::make_scalars(20, "", false);
  for (size_t i = 0; i < 20; ++i) {
    u.present[i] = 1;
    u.value[i] = i < 5 ? 3 : 77;
  }
  batch.blocks.emplace(kSplitColumn, u);
  write("grouped", batch, 100);
  for (const int64_t memory : {int64_t{1} << 30, int64_t{0}}) {
    auto o = options({"grouped"});
    o.split = "test";
    o.batch_size = 5;
    o.memory_bytes = memory;
    Loader loader(o);
    EXPECT_EQ(loader.num_objects(), 5);
    EXPECT_EQ(loader.next()->blocks.count(kSplitColumn), 0u);
  }
}

TEST_F(LoaderTest, ASideWithoutObjectsIsAnErrorUnlessAllowed) {
  auto batch = sample_batch(20);
  auto all_test = modalities::make_scalars(20, "", false);
  for (size_t i = 0; i < 20; ++i) {
    all_test.present[i] = 1;
    all_test.value[i] = 3;
  }
  batch.blocks.emplace(kSplitColumn, all_test);
  write("all_test", batch, 100);
  auto o = options({"all_test"});
  o.split = "validation";
  o.shuffle = o.drop_last = false;
  EXPECT_THROW(Loader{o}, base::UserError);
  o.allow_empty = true;
  Loader loader(o);
  EXPECT_EQ(loader.num_objects(), 0);
  EXPECT_EQ(loader.batches_per_epoch(), 0);
  loader.seek({0, 0});
  EXPECT_FALSE(loader.next().has_value());
}

// Scalars alone: at least a million rows a second is promised; the test asks for a fraction, for busy machines.
TEST_F(LoaderTest, EveryObjectOfALargeTableOnce) {
  const int64_t n = 100000;
  modalities::Batch batch;
  for (int64_t i = 0; i < n; ++i)
    batch.objects.push_back({"mock", "mock-1-" + std::to_string(i), true, double(i % 360), double(i % 180) - 90});
  for (int k = 0; k < 10; ++k) batch.blocks.emplace("s" + std::to_string(k), sample_scalars(n, uint64_t(k), "", true));
  write("scalars", batch, 1000000);
  auto o = options({"scalars"});
  o.batch_size = 1024;
  o.drop_last = false;
  Loader loader(o);
  std::set<std::string> seen;
  for (int64_t b = 0; b < loader.batches_per_epoch(); ++b) {
    const auto batch = loader.next();
    for (const auto& object : batch->objects) seen.insert(object.id);
  }
  EXPECT_EQ(int64_t(seen.size()), loader.num_objects());
}

TEST_F(LoaderTest, ADamagedCacheIsRefused) {
  write("damaged", sample_batch(20), 100);
  auto o = options({"damaged"});
  o.memory_bytes = 0;
  o.batch_size = 4;
  { Loader first(o); }
  const auto cache = *folder_ / "damaged.cache";
  std::filesystem::resize_file(cache / "image_legacy.arrow", 100);
  EXPECT_THROW(Loader{o}, base::DataError);
  std::filesystem::remove(cache / "cache.json");
  EXPECT_EQ(Loader(o).num_objects(), 20) << "made again";
}

}  // namespace
}  // namespace asterism::data
