#include "base/mapped_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstring>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/temporary_folder.h"

namespace asterism::base {
namespace {

TEST(MappedFile, SeesTheBytesAndOutlivesAReplacement) {
  const TemporaryFolder folder;
  write_text(folder / "a", "first");
  MappedFile file(folder / "a");
  write_text(folder / "a", "other text");
  ASSERT_EQ(file.size(), 5u);
  EXPECT_EQ(std::memcmp(file.data(), "first", 5), 0);
  MappedFile moved = std::move(file);
  EXPECT_EQ(moved.bytes().size(), 5u);
  EXPECT_EQ(file.size(), 0u);
}

TEST(MappedFile, EmptyMissingAndNotAFile) {
  const TemporaryFolder folder;
  write_text(folder / "empty", "");
  EXPECT_EQ(MappedFile(folder / "empty").size(), 0u);
  EXPECT_THROW(MappedFile(folder / "none"), UserError);
  EXPECT_THROW(MappedFile(folder.path()), UserError);
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_THROW(MappedFile(folder / "pipe"), UserError);  // and does not hang
}

}  // namespace
}  // namespace asterism::base
