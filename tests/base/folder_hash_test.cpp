#include "base/folder_hash.h"

#include <gtest/gtest.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/temporary_folder.h"

namespace asterism::base {
namespace {

TEST(FolderHash, NamesAndBytesCount) {
  const TemporaryFolder folder;
  for (const char* model : {"a", "b", "renamed", "changed"}) {
    std::filesystem::create_directories(folder / model / "backbone");
    write_text(folder / model / "config.json", "{}");
    write_text(folder / model / "backbone" / "weights", "1");
  }
  std::filesystem::rename(folder / "renamed" / "config.json", folder / "renamed" / "config.jsom");
  write_text(folder / "changed" / "backbone" / "weights", "2");
  const auto hash = sha256_folder(folder / "a");
  EXPECT_EQ(hash.size(), 64u);
  EXPECT_EQ(sha256_folder(folder / "b"), hash);
  EXPECT_NE(sha256_folder(folder / "renamed"), hash);
  EXPECT_NE(sha256_folder(folder / "changed"), hash);
  EXPECT_THROW(sha256_folder(folder / "none"), UserError);
}

}  // namespace
}  // namespace asterism::base
