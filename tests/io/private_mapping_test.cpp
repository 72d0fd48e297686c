#include "io/private_mapping.h"

#include <algorithm>

#include "base/atomic_file.h"
#include "base/temporary_folder.h"
#include "tests/io/files.h"

namespace asterism::io {
namespace {

TEST(PrivateMapping, WritingNeverReachesTheFile) {
  base::TemporaryFolder folder;
  base::write_text(folder / "a", "stars");
  {
    auto mapping = PrivateMapping::open(folder / "a");
    ASSERT_EQ(mapping->bytes().size(), 5u);
    mapping->bytes()[0] = std::byte{'S'};
    EXPECT_EQ(mapping->bytes()[0], std::byte{'S'});
    EXPECT_EQ(mapping->path(), folder / "a");
  }
  EXPECT_EQ(base::read_text(folder / "a"), "stars");
}

TEST(PrivateMapping, EmptyAndAbsent) {
  base::TemporaryFolder folder;
  base::write_text(folder / "empty", "");
  EXPECT_TRUE(PrivateMapping::open(folder / "empty")->bytes().empty());
  EXPECT_THROW(PrivateMapping::open(folder / "none"), base::UserError);
}

// Also where the file ends with a page of memory, after which there would be none.
TEST(PrivateMapping, ZerosFollowTheLastByteWhereAsked) {
  base::TemporaryFolder folder;
  for (const size_t size : {size_t{1}, size_t{4095}, size_t{4096}, size_t{65536}}) {
    base::write_text(folder / "a", std::string(size, 'x'));
    const auto mapping = PrivateMapping::open(folder / "a", 2880);
    ASSERT_EQ(mapping->bytes().size(), size);
    const std::byte* begin = mapping->bytes().data();
    EXPECT_EQ(std::count(begin, begin + size, std::byte{'x'}), std::ptrdiff_t(size));
    EXPECT_EQ(std::count(begin + size, begin + size + 2880, std::byte{0}), 2880) << size;
  }
  base::write_text(folder / "empty", "");
  EXPECT_TRUE(PrivateMapping::open(folder / "empty", 2880)->bytes().empty());
}

}  // namespace
}  // namespace asterism::io
