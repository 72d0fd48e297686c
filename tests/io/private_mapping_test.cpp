#include "io/private_mapping.h"

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

}  // namespace
}  // namespace asterism::io
