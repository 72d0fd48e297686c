#include <gtest/gtest.h>

#include "base/error.h"
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
