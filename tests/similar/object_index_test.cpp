#include "similar/object_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "tests/similar/tiny_dataset.h"

namespace asterism::similar {
namespace {

using ::testing::HasSubstr;

class ObjectIndexTest : public ::testing::Test {
 protected:
  ObjectIndexTest() {
    write_ring(folder_ / "ring");
    build_object_index({.vectors = folder_ / "ring"}, folder_ / "index");
  }
  std::set<std::string> names(const ObjectIndex& index, const search::Neighbours& found) {
    std::set<std::string> out;
    for (const uint64_t row : found.rows)
      if (row != search::kNoRow) out.insert(index.objects()[row].id);
    return out;
  }
  base::TemporaryFolder folder_;
};

TEST_F(ObjectIndexTest, TheNeighboursOfAnObjectAreThoseBesideItAndNotItself) {
  const auto index = ObjectIndex::open(folder_ / "index");
  const auto found = index.search({index.row_of("ring-5")}, 2);
  EXPECT_EQ(names(index, found), (std::set<std::string>{"ring-4", "ring-6"}));
  EXPECT_NEAR(found.scores[0], std::cos(std::numbers::pi / 6), 1e-5);
}

TEST_F(ObjectIndexTest, ConditionsHoldAndMissingValuesFulfilNone) {
  const auto index = ObjectIndex::open(folder_ / "index");
  const auto found = index.search({index.row_of("mock/ring-0")}, 12, "redshift >= 0.8");
  EXPECT_EQ(names(index, found), (std::set<std::string>{"ring-8", "ring-9", "ring-10"}));  // 11 has no redshift
  EXPECT_EQ(found.rows_of(0)[3], search::kNoRow);
}

TEST_F(ObjectIndexTest, WrongNamesAreRefusedWithTheNearest) {
  const auto index = ObjectIndex::open(folder_ / "index");
  EXPECT_THROW(index.row_of("ring-99"), base::UserError);
  try {
    index.search(std::vector<uint64_t>{0}, 1, "redshif < 1");
    FAIL();
  } catch (const base::UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr("'redshift'"));
  }
  EXPECT_THROW(index.search(std::vector<uint64_t>{0}, 0), base::UserError);
  EXPECT_THROW(ObjectIndex::open(folder_ / "nowhere"), base::UserError);
}

TEST_F(ObjectIndexTest, KnowsItsObjectsByWhateverStandsInAnId) {
  auto odd = ring();
  odd.objects[3].id = "NGC 7, \"the\" one";
  write_ring(folder_ / "odd", odd);
  build_object_index({.vectors = folder_ / "odd"}, folder_ / "odd_index");
  const auto index = ObjectIndex::open(folder_ / "odd_index");
  for (const auto* id : {"ring-5", "mock/ring-5", "NGC 7, \"the\" one", "mock/NGC 7, \"the\" one"}) {
    EXPECT_TRUE(index.has(id)) << id;
    EXPECT_NO_THROW(index.row_of(id)) << id;
  }
  for (const auto* id : {"", "NGC 7", "ring-5,ring-6", "desi/ring-5"}) EXPECT_FALSE(index.has(id)) << id;
}

TEST_F(ObjectIndexTest, SaysWhyANameIsNotEnough) {
  const auto why = [&](const std::string& dataset, const std::string& name) -> std::string {
    build_object_index({.vectors = folder_ / dataset}, folder_ / (dataset + "_index"));
    try {
      ObjectIndex::open(folder_ / (dataset + "_index")).row_of(name);
    } catch (const base::UserError& error) {
      return error.what();
    }
    return "";
  };
  write_ring_of_one_name(folder_ / "same");
  EXPECT_THAT(why("same", "mock/same"), HasSubstr("12 rows of the index have survey 'mock' and id 'same'"));
  auto two = ring();
  for (size_t i = 0; i < 3; ++i) {
    two.objects[i].id = "twin";
    two.objects[i].survey = i == 0 ? "desi" : "sdss";
  }
  write_ring(folder_ / "two", two);
  EXPECT_THAT(why("two", "twin"), HasSubstr("3 objects are called 'twin', of the surveys 'desi' and 'sdss'; write"));
}

TEST_F(ObjectIndexTest, ADamagedFolderIsRefused) {
  std::filesystem::resize_file(folder_ / "index" / "vectors.index", 40);
  EXPECT_THROW(ObjectIndex::open(folder_ / "index"), base::DataError);
}

}  // namespace
}  // namespace asterism::similar
