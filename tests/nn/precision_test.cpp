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
  EXPECT_EQ(choose_precision("int8", at::kCPU, Work::inference), Precision::int8);
  EXPECT_EQ(name(Precision::int8), "int8");
  try {
    choose_precision("fp16");
    FAIL();
  } catch (const base::UserError& e) {
    EXPECT_NE(std::string(e.what()).find("'fp32'"), std::string::npos);
  }
}

TEST(Precision, IntegersAreForInferenceOnCpus) {
  EXPECT_THROW(choose_precision("int8"), base::UserError);
  EXPECT_THROW(choose_precision("int8", at::kCPU, Work::training), base::UserError);
  EXPECT_THROW(choose_precision("int8", c10::Device("cuda:0"), Work::inference), base::UserError);
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
  EXPECT_NE(first, Precision::int8);
  const auto inference = choose_precision("auto", at::kCPU, Work::inference);
  EXPECT_EQ(choose_precision("auto", at::kCPU, Work::inference), inference);
  choose_precision("auto", at::kCPU, Work::inference_by_convolutions);
  std::ifstream all(folder / "precision.tsv");
  int lines = 0;
  while (std::getline(all, line)) ++lines;
  EXPECT_EQ(lines, 3) << "one of each kind of work";
  ASSERT_EQ(unsetenv("ASTERISM_CACHE"), 0);
}

TEST(Precision, TimesArePositive) {
  for (const auto work : {Work::training, Work::inference, Work::inference_by_convolutions}) {
    const auto timing = time_precisions(work);
    EXPECT_GT(timing.fp32_seconds, 0);
    EXPECT_GT(timing.bf16_seconds, 0);
    EXPECT_GT(timing.int8_seconds, 0);
  }
}

}  // namespace
}  // namespace asterism::nn
