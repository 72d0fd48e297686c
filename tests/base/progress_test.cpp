#include "base/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/log.h"
#include "base/threads.h"

namespace asterism::base {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::internal::CaptureStderr;
using testing::internal::GetCapturedStderr;

TEST(Progress, OnePlainLineAtTheEndWhenPiped) {
  CaptureStderr();
  {
    Progress progress("embedding", 10000);
    progress.add(3400);
    progress.note("loss 0.31");
    progress.add(6600);
    progress.finish();
    progress.finish();
  }
  const std::string out = GetCapturedStderr();
  EXPECT_THAT(out, AllOf(HasSubstr("embedding  100%  10,000 of 10,000 objects  "), HasSubstr("/s  in "),
                         testing::EndsWith("(loss 0.31)\n")));
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 1);
  EXPECT_EQ(out.find('\r'), std::string::npos);
}

TEST(Progress, UnknownTotal) {
  CaptureStderr();
  {
    Progress progress("reading", 0, "rows");
    progress.add(1234567);
  }
  EXPECT_THAT(GetCapturedStderr(), AllOf(HasSubstr("reading  1,234,567 rows"), testing::Not(HasSubstr("%"))));
}

TEST(Progress, WhatAnEarlierRunDidIsNotInTheRate) {
  set_log_level(LogLevel::warning);
  CaptureStderr();
  {
    Progress progress("reading", 100, "rows", 90);
    EXPECT_EQ(progress.rate(), 0);
    progress.add(5);
    EXPECT_EQ(progress.done(), 95u);
    EXPECT_GT(progress.rate(), 0);
  }
  set_log_level(LogLevel::info);
  EXPECT_EQ(GetCapturedStderr(), "");  // --quiet
}

TEST(Progress, JsonLines) {
  set_json_lines(true);
  CaptureStderr();
  {
    Progress progress("training", 3, "steps");
    progress.add(3);
  }
  set_json_lines(false);
  EXPECT_THAT(GetCapturedStderr(), AllOf(HasSubstr(R"("event":"progress","what":"training","done":3,"unit":"steps")"),
                                         HasSubstr(R"("finished":true,"total":3)")));
}

TEST(Progress, CountsFromManyThreads) {
  set_log_level(LogLevel::error);
  Progress progress("counting", 100000);
  parallel_for(100000, 100, [&](size_t begin, size_t end) { progress.add(end - begin); });
  EXPECT_EQ(progress.done(), 100000u);
  progress.finish();
  set_log_level(LogLevel::info);
}

}  // namespace
}  // namespace asterism::base
