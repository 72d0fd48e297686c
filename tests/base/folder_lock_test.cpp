#include "base/folder_lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>

#include "base/error.h"
#include "base/temporary_folder.h"

namespace asterism::base {
namespace {

TEST(FolderLock, OneHolderAtATimeAndItIsNamed) {
  const TemporaryFolder folder;
  std::optional<FolderLock> first(folder.path());
  try {
    FolderLock second(folder.path());
    FAIL() << "two hold it";
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("process " + std::to_string(getpid()) + " on "));
    EXPECT_THAT(error.what(), testing::HasSubstr(folder.path().string()));
  }
  first.reset();
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  EXPECT_NO_THROW(FolderLock(folder.path()));
}

TEST(FolderLock, ADeadProcessHindersNobody) {
  const TemporaryFolder folder;
  const pid_t child = fork();
  if (child == 0) {
    const FolderLock lock(folder.path());
    raise(SIGKILL);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_TRUE(std::filesystem::exists(folder / ".lock"));
  EXPECT_NO_THROW(FolderLock(folder.path()));
}

TEST(FolderLock, AFolderThatIsNotThereIsRefused) {
  const TemporaryFolder folder;
  EXPECT_THROW(FolderLock(folder / "none"), UserError);
}

}  // namespace
}  // namespace asterism::base
