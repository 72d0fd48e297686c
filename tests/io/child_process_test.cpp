#include "io/child_process.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <filesystem>

#include "base/error.h"
#include "base/temporary_folder.h"

namespace asterism::io {
namespace {

std::span<const std::byte> span_of(const std::string& text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

TEST(ChildProcess, TalksThroughPipes) {
  ChildProcess child("/bin/cat", {}, "a file");
  child.write(span_of("hello"));
  std::array<std::byte, 5> back;
  child.read(back);
  EXPECT_EQ(std::memcmp(back.data(), "hello", 5), 0);
}

std::string failure_of(const std::vector<std::string>& arguments, const ChildLimits& limits, size_t wanted = 100) {
  ChildProcess child("/bin/sh", arguments, "the file", limits);
  std::vector<std::byte> back(wanted);
  try {
    child.read(back);
  } catch (const base::DataError& error) {
    return error.what();
  }
  return "no failure";
}

TEST(ChildProcess, AnEndIsSaid) {
  EXPECT_NE(failure_of({"-c", "echo few; exit 7"}, {}).find("code 7"), std::string::npos);
  const std::string killed = failure_of({"-c", "kill -11 $$"}, {});
  EXPECT_NE(killed.find("the file"), std::string::npos);
  EXPECT_NE(killed.find("signal 11"), std::string::npos) << killed;
}

TEST(ChildProcess, SilenceIsNotWaitedForWithoutEnd) {
  ChildLimits limits;
  limits.answer_seconds = 0.3;
  EXPECT_NE(failure_of({"-c", "sleep 60"}, limits).find("did not answer"), std::string::npos);
}

TEST(ChildProcess, ItMayNotWriteFilesNorTakeMuchTime) {
  const base::TemporaryFolder folder;
  const std::string file = (folder / "must_stay_empty").string();
  failure_of({"-c", "echo x > " + file}, {});
  EXPECT_TRUE(!std::filesystem::exists(file) || std::filesystem::file_size(file) == 0);
  ChildLimits limits;
  limits.cpu_seconds = 1;
  EXPECT_NE(failure_of({"-c", "while :; do :; done"}, limits).find("signal"), std::string::npos);
}

TEST(ChildProcess, AMissingProgramIsAUserError) {
  EXPECT_THROW(ChildProcess("/no/such/program", {}, "x"), base::UserError);
}

}  // namespace
}  // namespace asterism::io
