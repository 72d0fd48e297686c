#include "train/metrics_log.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/temporary_folder.h"

namespace asterism::train {
namespace {

TEST(MetricsLog, WritesLinesThatReadBack) {
  base::TemporaryFolder folder;
  MetricsLog log(folder / "m.jsonl", -1);
  log.write(10, {{"loss", 0.1}, {"rate", 1e-3}});
  log.write(20, {{"loss", NAN}, {"validation/loss", 3}});
  const auto lines = read_metrics(folder / "m.jsonl");
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].step, 10);
  EXPECT_EQ(lines[0].values.at("loss"), 0.1);
  EXPECT_FALSE(lines[1].values.contains("loss"));
  const auto curve = curve_of(lines, "validation/loss");
  EXPECT_EQ(curve.steps, std::vector<double>{20});
}

TEST(MetricsLog, ResumingForgetsWhatIsDoneAgain) {
  base::TemporaryFolder folder;
  base::write_text(folder / "m.jsonl", "{\"step\":5,\"loss\":1}\n{\"step\":10,\"loss\":2}\n{\"step\":15,\"lo");
  MetricsLog log(folder / "m.jsonl", 5);
  log.write(10, {{"loss", 7}});
  const auto lines = read_metrics(folder / "m.jsonl");
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[1].values.at("loss"), 7);
  MetricsLog fresh(folder / "m.jsonl", -1);
  EXPECT_TRUE(read_metrics(folder / "m.jsonl").empty());
}

TEST(MetricsLog, NamesTheBrokenLine) {
  base::TemporaryFolder folder;
  base::write_text(folder / "m.jsonl", "{\"step\":5}\n{\"loss\":2}\n");
  try {
    read_metrics(folder / "m.jsonl");
    FAIL();
  } catch (const base::DataError& error) {
    EXPECT_NE(std::string(error.what()).find("m.jsonl:2"), std::string::npos);
  }
}

}  // namespace
}  // namespace asterism::train
