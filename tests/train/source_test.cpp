#include "train/source.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/temporary_folder.h"
#include "data/split.h"

namespace asterism::train {
namespace {

DataSettings mock(int64_t objects) {
  DataSettings settings;
  settings.mock.objects = objects;
  settings.mock.scalars_only = true;
  settings.batch_size = 50;
  return settings;
}

TEST(Source, MockObjectsKeepToTheirSideOfTheSplit) {
  std::set<std::string> seen;
  for (const auto* side : {"train", "validation", "test"}) {
    const auto source = make_source(mock(400), {"flux_g", "redshift"}, side, false, 0);
    int64_t count = 0;
    while (const auto batch = source->next()) {
      EXPECT_EQ(batch->blocks.size(), 2u);
      for (const auto& object : batch->objects) {
        EXPECT_TRUE(data::Split(side).contains(data::split_number(object.id)));
        EXPECT_TRUE(seen.insert(object.id).second) << object.id << " is on two sides";
      }
      count += batch->size();
    }
    EXPECT_GT(count, 10) << side;
  }
  EXPECT_EQ(seen.size(), 400u);
}

TEST(Source, FoldsAreOtherObjectsOfTheSameData) {
  std::map<std::string, int> judged;
  for (int64_t fold = 0; fold < data::kFolds; ++fold) {
    auto settings = mock(400);
    settings.fold = fold;
    std::set<std::string> learned;
    for (const auto* side : {"train", "test"}) {
      const auto source = make_source(settings, {"redshift"}, side, false, 0);
      while (const auto batch = source->next())
        for (const auto& object : batch->objects) {
          EXPECT_TRUE(data::Split(data::of_fold(side, fold)).contains(data::split_number(object.id)));
          EXPECT_TRUE(learned.insert(object.id).second);
          judged[object.id] += std::string(side) == "test";
        }
    }
  }
  EXPECT_EQ(judged.size(), 400u);
  for (const auto& [id, times] : judged) EXPECT_EQ(times, 1) << id;
}

TEST(Source, FreshObjectsInEveryEpochUnlessToldOtherwise) {
  for (const bool fresh : {true, false}) {
    auto settings = mock(100);
    settings.mock.fresh = fresh;
    const auto source = make_source(settings, {"redshift"}, "all", true, 0);
    std::set<std::string> ids;
    int64_t count = 0;
    for (int64_t b = 0; b < 3 * source->batches_per_epoch(); ++b) {
      const auto batch = source->next();
      for (const auto& object : batch->objects) ids.insert(object.id);
      count += batch->size();
    }
    EXPECT_EQ(int64_t(ids.size()), fresh ? count : 100);
  }
}

TEST(Source, SymmetriesOfWhatHasNoneAreRefused) {
  auto settings = mock(100);
  settings.image_symmetries = true;
  EXPECT_THROW(make_source(settings, {"flux_g"}, "train", true, 0), base::UserError);
  EXPECT_NO_THROW(make_source(settings, {"flux_g"}, "validation", false, 0)) << "never turned";
  settings.mock.scalars_only = false;
  EXPECT_THROW(make_source(settings, {"flux_g"}, "train", true, 0), base::UserError);
  EXPECT_NO_THROW(make_source(settings, {"flux_g", "image_legacy"}, "train", true, 0));
}

TEST(Source, FingerprintSeesEveryChange) {
  base::TemporaryFolder folder;
  base::write_text(folder / "a.parquet", "one");
  const auto before = dataset_fingerprint(folder.path());
  EXPECT_EQ(before, dataset_fingerprint(folder.path()));
  base::write_text(folder / "a.parquet", "two");
  EXPECT_NE(before, dataset_fingerprint(folder.path()));
  base::write_text(folder / "a.parquet", "one");
  base::write_text(folder / "b.parquet", "");
  EXPECT_NE(before, dataset_fingerprint(folder.path()));
  EXPECT_THROW(dataset_fingerprint(folder / "nowhere"), base::UserError);
}

TEST(Source, TheMockPopulationIsThatOfTheSky) {
  auto settings = mock(100);
  auto fields = config::fields_of(settings.mock);
  config::read_text(fields, "star_weight = 0\nr_bright = 18\nr_spectroscopic = 19\ndefects = false", "test");
  const auto source = make_source(settings, {"r_magnitude", "object_class"}, "all", false, 0);
  while (const auto batch = source->next()) {
    const auto& magnitude = std::get<modalities::ScalarBlock>(batch->blocks.at("r_magnitude"));
    const auto& kind = std::get<modalities::ScalarBlock>(batch->blocks.at("object_class"));
    for (int64_t i = 0; i < batch->size(); ++i) {
      EXPECT_GE(magnitude.value[size_t(i)], 18);
      EXPECT_NE(kind.value[size_t(i)], double(sky::ObjectClass::star));
    }
  }
}

TEST(Source, FingerprintSeesAByteInsideALargeFile) {
  base::TemporaryFolder folder;
  std::string bytes(size_t{9} << 20, 'x');
  const auto with = [&](size_t at, uintmax_t most_bytes) {
    auto changed = bytes;
    changed[at] = 'y';
    base::write_text(folder / "a.parquet", changed);
    return dataset_fingerprint(folder.path(), most_bytes);
  };
  base::write_text(folder / "a.parquet", bytes);
  EXPECT_NE(dataset_fingerprint(folder.path()), with(5000001, kFingerprintBytes));
  // Too much to read: the ends and samples of it.
  base::write_text(folder / "a.parquet", bytes);
  const auto before = dataset_fingerprint(folder.path(), 1 << 20);
  for (const size_t at : {size_t{0}, size_t{4} << 20, size_t{8} << 20, bytes.size() - 1})
    EXPECT_NE(before, with(at, 1 << 20)) << at;
  EXPECT_EQ(before, with(5000001, 1 << 20)) << "said to go unnoticed";
}

}  // namespace
}  // namespace asterism::train
