#include "data/split.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/data/sample_batch.h"

namespace asterism::data {
namespace {

TEST(Split, NumbersAreThoseOfThePublishedRule) {
  // int(hashlib.sha256(b"...").hexdigest()[:8], 16) % 100, computed with Python.
  EXPECT_EQ(split_number("700137"), 26);
  EXPECT_EQ(split_number("587724240151707835"), 29);
  EXPECT_EQ(split_number(""), 10);
}

TEST(Split, SidesPartitionTheNumbers) {
  for (int u = 0; u < 100; ++u) {
    const int sides = Split("train").contains(u) + Split("validation").contains(u) + Split("test").contains(u);
    EXPECT_EQ(sides, 1) << u;
    EXPECT_TRUE(Split("all").contains(u));
    EXPECT_EQ(Split("train+validation").contains(u), !Split("test").contains(u));
  }
  EXPECT_THROW(Split("tset"), base::UserError);
}

TEST(Split, FoldsJudgeEveryNumberOnce) {
  for (int u = 0; u < 100; ++u) {
    int judged = 0;
    for (const char* fold : {"@0", "@1", "@2", "@3", "@4"}) {
      const std::string of = fold;
      judged += Split("test" + of).contains(u);
      EXPECT_EQ(Split("train" + of).contains(u) + Split("validation" + of).contains(u) + Split("test" + of).contains(u),
                1);
      EXPECT_TRUE(Split("all" + of).contains(u));
    }
    EXPECT_EQ(judged, 1) << u;
    EXPECT_EQ(Split("train@0").contains(u), Split("train").contains(u)) << u;
  }
  EXPECT_TRUE(Split("test@3").contains(60) && Split("validation@4").contains(5) && !Split("test@3").contains(80));
  EXPECT_EQ(Split("train@3").fold(), 3);
  EXPECT_TRUE(Split("train@3").learns() && Split("all").learns());
  EXPECT_FALSE(Split("validation@3").learns() || Split("test").learns());
  EXPECT_EQ(of_fold("test", 0), "test");
  EXPECT_EQ(of_fold("test", 4), "test@4");
  for (const char* wrong : {"test@5", "test@", "test@-1", "tset@1", "test@11"})
    EXPECT_THROW(Split{wrong}, base::UserError);
}

TEST(Split, RepeatsStayTogetherAndFarObjectsDoNot) {
  std::vector<modalities::ObjectKey> objects = {{"s", "b", true, 0.0001, 10},
                                                {"s", "c", true, 50, 10},
                                                {"s", "a", true, 359.9999, 10},
                                                {"s", "lost", false, 0, 0},
                                                {"s", "d", true, 0.00035, 10}};  // a - b - d: a chain over RA 0
  const auto u = grouped_split_numbers(objects, 1.0);
  EXPECT_EQ(u[0], split_number("a"));
  EXPECT_EQ(u[2], split_number("a"));
  EXPECT_EQ(u[4], split_number("a"));
  EXPECT_EQ(u[1], split_number("c"));
  EXPECT_EQ(u[3], split_number("lost"));
}

TEST(Split, AGivenNumberWinsAndMustBeOne) {
  modalities::Batch batch;
  batch.objects = {{"s", "a", false, 0, 0}, {"s", "b", false, 0, 0}};
  auto block = modalities::make_scalars(2, "", false);
  block.present[1] = 1;
  block.value[1] = 42;
  batch.blocks.emplace(kSplitColumn, block);
  EXPECT_EQ(split_numbers(batch), (std::vector<uint8_t>{uint8_t(split_number("a")), 42}));
  std::get<modalities::ScalarBlock>(batch.blocks.at(kSplitColumn)).value[1] = 100;
  EXPECT_THROW(split_numbers(batch), base::DataError);
}

}  // namespace
}  // namespace asterism::data
