#include "io/open_file.h"

#include <sys/stat.h>

#include "base/atomic_file.h"
#include "base/temporary_folder.h"
#include "tests/io/files.h"

namespace asterism::io {
namespace {

TEST(OpenFile, KnowsTheSize) {
  base::TemporaryFolder folder;
  base::write_text(folder / "a", "12345");
  EXPECT_EQ(OpenFile(folder / "a").size(), 5u);
  EXPECT_GE(OpenFile(folder / "a").descriptor(), 0);
}

TEST(OpenFile, RefusesWhatIsNoRegularFile) {
  base::TemporaryFolder folder;
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);  // opening it plainly would wait for a writer for ever
  EXPECT_NE(message_of<base::UserError>([&] { OpenFile file(folder / "pipe"); }).find("not a regular file"),
            std::string::npos);
  EXPECT_NE(message_of<base::UserError>([&] { OpenFile file(folder.path()); }).find("a folder"), std::string::npos);
  EXPECT_NE(message_of<base::UserError>([&] { OpenFile file("/dev/zero"); }).find("/dev/zero"), std::string::npos);
  EXPECT_NE(message_of<base::UserError>([&] { OpenFile file(folder / "none"); }).find("No such file"),
            std::string::npos);
}

}  // namespace
}  // namespace asterism::io
