#include "base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace asterism::base {
namespace {

using testing::HasSubstr;
using testing::internal::CaptureStderr;
using testing::internal::CaptureStdout;
using testing::internal::GetCapturedStderr;
using testing::internal::GetCapturedStdout;

class Log : public testing::Test {
 protected:
  void TearDown() override {
    set_log_level(LogLevel::info);
    set_json_lines(false);
  }
};

TEST_F(Log, GoesToStderrWithTimeAndLevel) {
  CaptureStdout();
  CaptureStderr();
  log_info("{} rows", 3);
  log_warning("one is bad");
  log_debug("hidden");
  EXPECT_THAT(GetCapturedStderr(), testing::MatchesRegex("..:..:.. 3 rows\n..:..:.. warning: one is bad\n"));
  EXPECT_EQ(GetCapturedStdout(), "");
}

TEST_F(Log, QuietAndVerbose) {
  CaptureStderr();
  set_log_level(LogLevel::warning);
  log_info("hidden");
  log_event(LogLevel::info, "hidden", JsonLine());
  log_error("shown");
  set_log_level(LogLevel::debug);
  log_debug("detail");
  EXPECT_THAT(GetCapturedStderr(), testing::MatchesRegex("..:..:.. error: shown\n..:..:.. debug: detail\n"));
}

TEST_F(Log, JsonLines) {
  set_json_lines(true);
  CaptureStderr();
  log_warning("a \"quote\"\nand a line");
  log_event(LogLevel::info, "checkpoint", JsonLine().add("step", 500));
  EXPECT_THAT(
      GetCapturedStderr(),
      testing::MatchesRegex(
          "\\{\"time\":\"....-..-..T..:..:......Z\",\"level\":\"warning\",\"message\":\"a ..quote...nand a line\"\\}\n"
          "\\{\"time\":\"[^\"]*\",\"level\":\"info\",\"event\":\"checkpoint\",\"step\":500\\}\n"));
}

TEST_F(Log, EventsAsText) {
  CaptureStderr();
  log_event(LogLevel::info, "checkpoint", JsonLine().add("step", 500).add("path", "run/500"));
  EXPECT_THAT(GetCapturedStderr(), HasSubstr(" checkpoint: step=500 path=\"run/500\"\n"));
}

TEST_F(Log, TerminalEscapesOutOfFilesAreMadeVisible) {
  CaptureStderr();
  log_info("object \x1b[2J\r\x7f");
  EXPECT_THAT(GetCapturedStderr(), HasSubstr("object \\x1b[2J\\x0d\\x7f\n"));
}

}  // namespace
}  // namespace asterism::base
