#include "similar/index_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "io/json.h"
#include "similar/object_index.h"
#include "tests/similar/tiny_dataset.h"

namespace asterism::similar {
namespace {

namespace fs = std::filesystem;

// Turns one bit over.
void flip(const fs::path& file, int64_t at) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekg(at);
  const auto byte = char(stream.get() ^ 1);
  stream.seekp(at);
  stream.put(byte);
}

class IndexCheck : public testing::Test {
 protected:
  IndexCheck() {
    write_ring(folder_ / "ring");
    build_object_index({.vectors = folder_ / "ring", .pictures = folder_ / "ring"}, index());
  }
  fs::path index() const { return folder_ / "index"; }
  base::TemporaryFolder folder_;
};

TEST_F(IndexCheck, AWholeIndexPasses) { EXPECT_EQ(check_object_index(index()), 12u); }

// A byte of a vector: a search would answer from it.
TEST_F(IndexCheck, AByteOfAVectorIsNoticedBySearchesToo) {
  flip(index() / kVectorsFile, 4096 + 6);
  EXPECT_THROW(check_object_index(index()), base::DataError);
  EXPECT_THROW(ObjectIndex::open(index()), base::DataError);
}

TEST_F(IndexCheck, AByteOfAPictureIsNoticedBySearchesToo) {
  const auto file = index() / kObjectsFile;
  flip(file, int64_t(fs::file_size(file)) / 3);
  EXPECT_THROW(check_object_index(index()), base::DataError);
  EXPECT_THROW(ObjectIndex::open(index()), base::DataError);
}

TEST_F(IndexCheck, AnIndexOfAnEarlierVersionHasNoChecksumOfItsTable) {
  auto about = io::read_json(index() / kAboutFile);
  about.erase("objects_crc32c");
  io::write_json(index() / kAboutFile, about);
  EXPECT_FALSE(check_objects(index()));
  EXPECT_EQ(check_object_index(index()), 12u);
  about["objects_crc32c"] = "x";
  io::write_json(index() / kAboutFile, about);
  EXPECT_THROW(check_object_index(index()), base::DataError);
}

}  // namespace
}  // namespace asterism::similar
