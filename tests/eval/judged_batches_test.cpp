#include "eval/judged_batches.h"

#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "base/signals.h"
#include "data/memory_source.h"
#include "data/split.h"
#include "tests/infer/tiny_sky.h"

namespace asterism::eval {
namespace {

data::MemorySource batches_of(int64_t size) {
  return data::MemorySource(infer::sky_objects(), {.batch_size = size, .shuffle = false, .drop_last = false});
}

struct Seen {
  std::vector<std::string> ids, judged;
  int64_t between = -1;  // objects before it
  int64_t left_out = 0;
  void run(data::BatchSource* learn, data::BatchSource& source, const CollectOptions& options) {
    left_out = for_each_judged_batch(
        learn, source, options,
        [&](const modalities::Batch& batch, const std::vector<int64_t>& test) {
          for (const int64_t row : test) judged.push_back(batch.objects[size_t(row)].id);
          for (const auto& object : batch.objects) ids.push_back(object.id);
        },
        [&] { between = int64_t(ids.size()); });
  }
};

TEST(JudgedBatches, SidesWhateverTheBatches) {
  auto small = batches_of(7), large = batches_of(1000);
  Seen a, b;
  a.run(nullptr, small, {});
  b.run(nullptr, large, {});
  EXPECT_EQ(a.ids, b.ids);
  EXPECT_EQ(a.judged, b.judged);
  EXPECT_EQ(int64_t(a.ids.size()), infer::kObjects);
  EXPECT_EQ(a.between, -1);
  for (const auto& id : a.judged) EXPECT_LT(data::split_number(id), data::kTestBelow) << id;
  EXPECT_GT(a.judged.size(), 10u);
}

TEST(JudgedBatches, LimitsOfAllAndOfThoseJudged) {
  auto source = batches_of(7);
  Seen first, few;
  first.run(nullptr, source, {.limit = 50});
  EXPECT_EQ(first.ids.size(), 50u);
  few.run(nullptr, source, {.test_limit = 3});
  EXPECT_EQ(few.judged.size(), 3u);
  EXPECT_GT(few.ids.size(), 100u) << "the training side is not limited";
}

TEST(JudgedBatches, OtherDataToLearnFromComeLastAndWhole) {
  auto others = infer::sky_objects();
  for (auto& object : others.objects) object.survey = "another";
  data::MemorySource learn(others, {.batch_size = 16, .shuffle = false, .drop_last = false});
  auto source = batches_of(16);
  Seen seen;
  seen.run(&learn, source, {});
  EXPECT_EQ(seen.between, int64_t(seen.judged.size()));
  EXPECT_EQ(int64_t(seen.ids.size()), infer::kObjects + int64_t(seen.judged.size()));
  EXPECT_EQ(seen.left_out, 0);
}

// The same data given to learn from: nobody who is judged is among those that are learned from.
TEST(JudgedBatches, WhatIsJudgedIsNotLearnedFrom) {
  auto learn = batches_of(16), source = batches_of(7);
  Seen seen;
  seen.run(&learn, source, {});
  EXPECT_EQ(int64_t(seen.ids.size()), infer::kObjects);
  EXPECT_EQ(std::set<std::string>(seen.ids.begin(), seen.ids.end()).size(), seen.ids.size());
  EXPECT_GT(seen.left_out, 10);
  EXPECT_EQ(seen.left_out, int64_t(seen.judged.size()));
  EXPECT_THROW(Seen().run(&learn, source, {.test = "all"}), base::UserError) << "nothing is left to learn from";
}

TEST(JudgedBatches, AStopEndsIt) {
  auto source = batches_of(16);
  base::request_stop();
  EXPECT_ANY_THROW(Seen().run(nullptr, source, {}));
  base::clear_stop_request();
}

}  // namespace
}  // namespace asterism::eval
