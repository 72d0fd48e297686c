#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/signals.h"
#include "base/temporary_folder.h"
#include "similar/object_index.h"
#include "tests/similar/tiny_dataset.h"

namespace asterism::similar {
namespace {

TEST(BuildIndex, KeepsEveryRowWithItsPicture) {
  const base::TemporaryFolder folder;
  const auto ring = write_ring(folder / "ring");
  EXPECT_EQ(build_object_index({.vectors = ring, .pictures = ring}, folder / "index"), 12u);
  const auto index = ObjectIndex::open(folder / "index");
  ASSERT_EQ(index.objects().size(), 12u);
  for (uint64_t row = 0; row < 12; ++row) {
    EXPECT_EQ(index.picture(row).substr(1, 3), "PNG");
    EXPECT_EQ(index.objects()[row].survey, "mock");
  }
}

TEST(BuildIndex, RefusesWhatItCannotIndex) {
  const base::TemporaryFolder folder;
  const auto ring = write_ring(folder / "ring");
  EXPECT_THROW(build_object_index({.vectors = ring, .column = "vectors"}, folder / "a"), base::UserError);
  EXPECT_THROW(build_object_index({.vectors = ring, .kind = "exakt"}, folder / "b"), base::UserError);
  EXPECT_THROW(build_object_index({.vectors = folder / "nowhere"}, folder / "c"), base::UserError);
  build_object_index({.vectors = ring}, folder / "d");
  EXPECT_THROW(build_object_index({.vectors = ring}, folder / "d"), base::UserError);  // it exists
  for (const char* name : {"a", "b", "c"}) EXPECT_FALSE(std::filesystem::exists(folder / name)) << name;
}

TEST(BuildIndex, ASignalStopsItAndLeavesNothing) {
  const base::TemporaryFolder folder;
  const auto ring = write_ring(folder / "ring");
  base::request_stop();
  EXPECT_THROW(build_object_index({.vectors = ring}, folder / "index"), base::Interrupted);
  base::clear_stop_request();
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1) << "the ring alone";
}

TEST(BuildIndex, RepeatedIdsAreCounted) {
  const base::TemporaryFolder folder;
  const auto repeated = write_ring_of_one_name(folder / "ring");
  testing::internal::CaptureStderr();
  EXPECT_EQ(build_object_index({.vectors = repeated}, folder / "index"), 12u);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), testing::HasSubstr("11 of 12 rows repeat"));
}

TEST(BuildIndex, PicturesMustBeOfTheSameObjects) {
  const base::TemporaryFolder folder;
  const auto ring = write_ring(folder / "ring");
  auto other = similar::ring();
  for (auto& key : other.objects) key.survey = "elsewhere";
  data::DatasetInfo info;
  info.name = "other";
  info.title = "another survey";
  data::HatsWriter writer(folder / "other", info);
  writer.add(other);
  writer.finish();
  EXPECT_THROW(build_object_index({.vectors = ring, .pictures = folder / "other"}, folder / "a"), base::UserError);
  EXPECT_FALSE(std::filesystem::exists(folder / "a"));
}

}  // namespace
}  // namespace asterism::similar
