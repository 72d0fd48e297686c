#include "base/atomic_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <thread>

#include "base/error.h"
#include "base/temporary_folder.h"

namespace asterism::base {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

size_t entries(const fs::path& folder) {
  return size_t(std::distance(fs::directory_iterator(folder), fs::directory_iterator{}));
}

class Atomic : public testing::Test {
 protected:
  TemporaryFolder folder_;
};

TEST_F(Atomic, InvisibleUntilCommitted) {
  {
    AtomicFile file(folder_ / "a");
    file.write("hello ");
    file.write("world");
    file.write_at(0, "J", 1);
    EXPECT_EQ(file.size(), 11u);
    EXPECT_FALSE(fs::exists(folder_ / "a"));
    file.commit();
  }
  EXPECT_EQ(read_text(folder_ / "a"), "Jello world");
  EXPECT_EQ(entries(folder_.path()), 1u);
}

TEST_F(Atomic, GoneWhenNotCommitted) {
  write_text(folder_ / "a", "old");
  {
    AtomicFile file(folder_ / "a");
    file.write("new");
  }
  EXPECT_EQ(read_text(folder_ / "a"), "old");
  EXPECT_EQ(entries(folder_.path()), 1u);
}

TEST_F(Atomic, ReplacesOnlyWhenAllowed) {
  write_text(folder_ / "a", "old");
  EXPECT_THROW(write_text(folder_ / "a", "new", Replace::no), UserError);
  AtomicFile late(folder_ / "b", Replace::no);
  write_text(folder_ / "b", "someone else's");
  EXPECT_THROW(late.commit(), UserError);  // it came into being in between
  EXPECT_EQ(read_text(folder_ / "b"), "someone else's");
  write_text(folder_ / "a", "new", Replace::yes);
  EXPECT_EQ(read_text(folder_ / "a"), "new");
}

TEST_F(Atomic, ModeFollowsTheUmaskAndLinksAreFollowed) {
  const mode_t before = umask(027);
  write_text(folder_ / "a", "x");
  umask(before);
  EXPECT_EQ(fs::status(folder_ / "a").permissions(), fs::perms(0640));
  fs::create_symlink("a", folder_ / "link");
  write_text(folder_ / "link", "through");
  EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
  EXPECT_EQ(read_text(folder_ / "a"), "through");
}

// A cache, say, that was put on a larger disk and linked to from beside its dataset.
TEST_F(Atomic, AFolderBehindALinkIsReplacedWhereItLies) {
  fs::create_directories(folder_ / "disk" / "cache");
  write_text(folder_ / "disk" / "cache" / "old", "x");
  fs::create_directory_symlink("disk/cache", folder_ / "link");
  EXPECT_THROW(AtomicFolder(folder_ / "link", Replace::no), UserError);
  AtomicFolder next(folder_ / "link", Replace::yes);
  write_text(next.path() / "new", "y");
  next.commit();
  EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
  EXPECT_EQ(read_text(folder_ / "disk" / "cache" / "new"), "y");
  EXPECT_FALSE(fs::exists(folder_ / "disk" / "cache" / "old"));
  EXPECT_EQ(entries(folder_ / "disk"), 1u);
  fs::create_directory_symlink("nowhere", folder_ / "lost");
  EXPECT_THROW(AtomicFolder(folder_ / "lost", Replace::yes), UserError);
}

TEST_F(Atomic, WhatIsOfAnotherKindIsNotReplaced) {
  EXPECT_NO_THROW(check_replaces(folder_ / "none", "cache.json"));
  fs::create_directories(folder_ / "a");
  EXPECT_NO_THROW(check_replaces(folder_ / "a", "cache.json")) << "empty";
  write_text(folder_ / "a" / "thesis.tex", "x");
  EXPECT_THROW(check_replaces(folder_ / "a", "cache.json"), UserError);
  write_text(folder_ / "a" / "cache.json", "{}");
  EXPECT_NO_THROW(check_replaces(folder_ / "a", "cache.json"));
}

TEST_F(Atomic, PlacesThatCannotBe) {
  EXPECT_THROW(AtomicFile(folder_ / "none" / "a"), UserError);
  EXPECT_THROW(AtomicFile(folder_.path()), UserError);
  EXPECT_THROW(AtomicFile(""), UserError);
  EXPECT_THROW(AtomicFile("/proc/asterism"), UserError);
  write_text(folder_ / "file", "");
  EXPECT_THROW(AtomicFolder(folder_ / "file" / "none" / "a"), UserError);
  EXPECT_THROW(AtomicFolder(folder_ / "file", Replace::yes), UserError);
  EXPECT_THROW(AtomicFile(folder_ / "file" / "a"), UserError);
  EXPECT_THROW(AtomicFile(folder_ / std::string(300, 'x')), UserError);
}

TEST_F(Atomic, AFullDiskIsADataErrorThatNamesTheFile) {
  // /dev/full cannot hold a temporary file; a size limit on the process fails in the same call.
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1000, 1000};
    setrlimit(RLIMIT_FSIZE, &limit);
    int status = 1;
    try {
      write_text(folder_ / "big", std::string(5000, 'x'));
    } catch (const DataError& error) {
      status = std::string(error.what()).find("big") != std::string::npos && entries(folder_.path()) == 0 ? 7 : 2;
    }
    _exit(status);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 7);
}

// A process that is killed while it writes the file and the folder of that name.
void write_and_be_killed(const fs::path& name) {
  const pid_t child = fork();
  if (child == 0) {
    AtomicFile file(name);
    file.write("half");
    AtomicFolder folder(name);
    raise(SIGKILL);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
}

TEST_F(Atomic, LeftoversOfTheDeadAreRemovedAndThoseOfTheLivingStay) {
  AtomicFile living(folder_ / "a");
  write_and_be_killed(folder_ / "a");
  EXPECT_EQ(entries(folder_.path()), 3u);
  EXPECT_EQ(remove_leftovers(folder_ / "a"), 2);
  EXPECT_EQ(entries(folder_.path()), 1u);
  living.write("whole");
  living.commit();
  EXPECT_EQ(read_text(folder_ / "a"), "whole");
  EXPECT_EQ(remove_leftovers(folder_ / "a"), 0);
}

TEST_F(Atomic, TheNextWriterOfTheNameSweeps) {
  write_and_be_killed(folder_ / "a");
  write_and_be_killed(folder_ / "b");
  { AtomicFolder next(folder_ / "a"); }
  EXPECT_EQ(entries(folder_.path()), 2u) << "those of b stay";
  write_text(folder_ / "b", "x");
  EXPECT_EQ(entries(folder_.path()), 1u);
}

TEST_F(Atomic, OnlyOurOwnNamesAreSwept) {
  for (const char* name : {".a.tmp-mine", ".a.tmp-1234567", ".a.tmp-12", ".a.tmp-123456-old"})
    fs::create_directories(folder_ / name);
  std::ofstream(folder_ / ".a.tmp-abc12-") << "x";
  EXPECT_EQ(remove_leftovers(folder_ / "a"), 0) << "what was set aside is the only one while there is no a";
  fs::create_directory(folder_ / "a");
  EXPECT_EQ(remove_leftovers(folder_ / "a"), 1);
  EXPECT_FALSE(fs::exists(folder_ / ".a.tmp-123456-old"));
}

// While a folder is replaced again and again, its name always stands for one.
TEST_F(Atomic, AReplacedFolderIsThereAtEveryInstant) {
  fs::create_directory(folder_ / "run");
  std::atomic<bool> done{false};
  int64_t missing = 0;
  std::thread looking([&] {
    while (!done) missing += ::access((folder_ / "run").c_str(), R_OK) != 0;
  });
  for (int i = 0; i < 100; ++i) {
    AtomicFolder folder(folder_ / "run", Replace::yes);
    write_text(folder.path() / "x", "x");
    folder.commit();
  }
  done = true;
  looking.join();
  EXPECT_EQ(missing, 0);
}

TEST_F(Atomic, ALibraryMayWriteByName) {
  AtomicFile file(folder_ / "a");
  std::ofstream(file.temporary_path()) << "by name";
  file.commit();
  EXPECT_EQ(read_text(folder_ / "a"), "by name");
  EXPECT_THROW(file.commit(), CheckError);
  EXPECT_THROW(file.write("more"), CheckError);
}

TEST_F(Atomic, FoldersWholeOrNotAtAll) {
  {
    AtomicFolder folder(folder_ / "run/");
    fs::create_directories(folder.path() / "deep");
    write_text(folder.path() / "deep" / "a", "x");
    EXPECT_EQ(folder.final_path().filename(), "run");
    EXPECT_FALSE(fs::exists(folder_ / "run"));
    folder.commit();
  }
  EXPECT_EQ(read_text(folder_ / "run" / "deep" / "a"), "x");
  { AtomicFolder dropped(folder_ / "other"); }
  EXPECT_EQ(entries(folder_.path()), 1u);
  EXPECT_NE(fs::status(folder_ / "run").permissions() & fs::perms::owner_exec, fs::perms::none);
}

TEST_F(Atomic, FoldersAboveAreMadeAndGoAgain) {
  { AtomicFolder dropped(folder_ / "data" / "mock" / "a"); }
  EXPECT_TRUE(fs::is_empty(folder_.path()));
  {
    AtomicFolder dropped(folder_ / "data" / "mock" / "a");
    write_text(folder_ / "data" / "mine", "");
  }
  EXPECT_TRUE(fs::exists(folder_ / "data" / "mine")) << "what somebody put there meanwhile stays";
  EXPECT_FALSE(fs::exists(folder_ / "data" / "mock"));
  AtomicFolder folder(folder_ / "data" / "mock" / "a");
  folder.commit();
  EXPECT_TRUE(fs::is_directory(folder_ / "data" / "mock" / "a"));
  fs::remove_all(folder_ / "data");
}

TEST_F(Atomic, FoldersReplaceOnlyWhenAllowed) {
  fs::create_directory(folder_ / "run");
  write_text(folder_ / "run" / "old", "x");
  EXPECT_THROW(AtomicFolder(folder_ / "run"), UserError);
  AtomicFolder late(folder_ / "late");
  fs::create_directory(folder_ / "late");
  EXPECT_THROW(late.commit(), UserError);
  AtomicFolder folder(folder_ / "run", Replace::yes);
  write_text(folder.path() / "new", "y");
  folder.commit();
  EXPECT_FALSE(fs::exists(folder_ / "run" / "old"));
  EXPECT_EQ(read_text(folder_ / "run" / "new"), "y");
}

TEST_F(Atomic, ReadText) {
  write_text(folder_ / "a", std::string("a\0b", 3));
  EXPECT_EQ(read_text(folder_ / "a"), std::string("a\0b", 3));
  EXPECT_THROW(read_text(folder_ / "a", 2), DataError);
  EXPECT_EQ(read_text(folder_ / "a", 3).size(), 3u);
  EXPECT_THROW(read_text(folder_ / "none"), UserError);
  EXPECT_THROW(read_text(folder_.path()), UserError);
  EXPECT_THROW(read_text("/dev/zero", 1 << 20), DataError);
}

// Kill a writer at many instants: under the name there is always the old whole text or the new whole text.
TEST_F(Atomic, KilledAtAnyInstant) {
  const std::string old_text(200000, 'o'), new_text(300000, 'n');
  write_text(folder_ / "a", old_text);
  for (int round = 0; round < 25; ++round) {
    const pid_t child = fork();
    if (child == 0) {
      for (int i = 0;; ++i) write_text(folder_ / "a", i % 2 == 0 ? new_text : old_text);
    }
    usleep(useconds_t(500 + 700 * round));
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    const std::string found = read_text(folder_ / "a");
    ASSERT_TRUE(found == old_text || found == new_text) << found.size();
  }
  remove_leftovers(folder_ / "a");
  EXPECT_EQ(entries(folder_.path()), 1u);
}

}  // namespace
}  // namespace asterism::base
