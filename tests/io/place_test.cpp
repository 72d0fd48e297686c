#include "io/place.h"

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "io/arrow_status.h"

namespace asterism::io {
namespace {

class ClosesStores : public testing::Environment {
  void TearDown() override { close_stores(); }
};
const auto* const kCloses = testing::AddGlobalTestEnvironment(new ClosesStores);

TEST(Place, FilesOfThisMachine) {
  const base::TemporaryFolder folder;
  std::filesystem::create_directories(folder / "a" / "b");
  std::ofstream(folder / "a" / "b" / "x.txt") << "hello";
  std::ofstream(folder / "a" / "w.txt") << "";
  EXPECT_FALSE(is_remote(folder.path()));
  EXPECT_FALSE(is_remote("a:b"));
  EXPECT_TRUE(file_exists(folder / "a" / "w.txt"));
  EXPECT_FALSE(file_exists(folder / "a"));
  EXPECT_TRUE(folder_exists(folder / "a"));
  EXPECT_EQ(file_bytes(folder / "a" / "b" / "x.txt"), 5u);
  EXPECT_EQ(files_below(folder / "a"),
            (std::vector<std::filesystem::path>{folder / "a" / "b" / "x.txt", folder / "a" / "w.txt"}));
  EXPECT_TRUE(files_below(folder / "none").empty());
  EXPECT_EQ(read_small_file(folder / "a" / "b" / "x.txt", 5), "hello");
  EXPECT_THROW(read_small_file(folder / "a" / "b" / "x.txt", 4), base::DataError);
  const auto file = open_for_reading(folder / "a" / "b" / "x.txt");
  EXPECT_EQ(need_arrow(file->ReadAt(1, 3), "x")->ToString(), "ell");
  EXPECT_THROW(open_for_reading(folder / "a"), base::UserError);
  EXPECT_THROW(file_bytes(folder / "none"), base::DataError);
}

TEST(Place, SaysWhichStoresThereAre) {
  EXPECT_TRUE(is_remote("s3://bucket/x"));
  EXPECT_TRUE(is_remote("gs://bucket/x"));
  EXPECT_TRUE(is_remote("https://example.org/x"));
  EXPECT_TRUE(is_remote("hf://datasets/a/b/x"));
  EXPECT_TRUE(has_lists("s3://bucket/x") && has_lists("hf://datasets/a/b/x") && has_lists("/x"));
  EXPECT_FALSE(has_lists("https://example.org/x"));
  try {
    is_remote("ftp://example.org/x");
    FAIL();
  } catch (const base::UserError& error) {
    EXPECT_NE(std::string(error.what()).find("s3://"), std::string::npos);
  }
}

// A server that is not there: an error that names the file, not a crash or an endless wait.
TEST(Place, AStoreThatDoesNotAnswerIsAnError) {
  setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1", 1);
  setenv("AWS_MAX_ATTEMPTS", "1", 1);
  try {
    file_exists("s3://bucket/x");
    FAIL();
  } catch (const base::DataError& error) {
    EXPECT_NE(std::string(error.what()).find("s3://bucket/x"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace asterism::io
