#include "nn/precision.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/error.h"
#include "base/temporary_folder.h"

namespace asterism::nn {
namespace {

TEST(Precision, NamesAreRead) {
  EXPECT_EQ(choose_precision("fp32"), Precision::fp32);
  EXPECT_EQ(choose_precision("bf16"), Precision::bf16);
  EXPECT_EQ(name(Precision::bf16), "bf16");
  try {
    choose_precision("fp16");
    FAIL();
  } catch (const base::UserError& e) {
    EXPECT_NE(std::string(e.what()).find("'fp32'"), std::string::npos);
  }
}

TEST(Precision, AutoIsMeasuredOnceAndKept) {
  const base::TemporaryFolder folder;
  ASSERT_EQ(setenv("ASTERISM_CACHE", folder.path().c_str(), 1), 0);
  EXPECT_EQ(cache_folder(), folder.path().string());
  const auto first = choose_precision("auto");
  std::ifstream file(folder / "precision.tsv");
  std::string line;
  ASSERT_TRUE(std::getline(file, line));
  EXPECT_EQ(line.substr(line.rfind('\t') + 1), name(first));
  EXPECT_EQ(choose_precision("auto"), first);
  ASSERT_EQ(unsetenv("ASTERISM_CACHE"), 0);
}

TEST(Precision, TimesArePositive) {
  const auto timing = time_precisions();
  EXPECT_GT(timing.fp32_seconds, 0);
  EXPECT_GT(timing.bf16_seconds, 0);
}

}  // namespace
}  // namespace asterism::nn
