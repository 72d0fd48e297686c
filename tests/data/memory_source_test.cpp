#include "data/memory_source.h"

#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "data/split.h"
#include "tests/data/sample_batch.h"

namespace asterism::data {
namespace {

TEST(MemorySource, AnEpochHoldsEveryObjectOnce) {
  MemorySource source(sample_batch(50), {.batch_size = 7, .drop_last = false});
  EXPECT_EQ(source.batches_per_epoch(), 8);
  for (int epoch = 0; epoch < 2; ++epoch) {
    std::set<std::string> seen;
    for (int b = 0; b < 8; ++b) {
      const auto batch = source.next();
      ASSERT_TRUE(batch);
      for (const auto& id : object_ids(*batch)) EXPECT_TRUE(seen.insert(id).second);
    }
    EXPECT_EQ(seen.size(), 50u);
  }
  EXPECT_EQ(source.position(), (BatchSource::Position{2, 0}));
}

TEST(MemorySource, SeekingGivesTheSameBatches) {
  MemorySource source(sample_batch(50), {.batch_size = 7, .seed = 5});
  std::vector<std::vector<std::string>> all;
  for (int i = 0; i < 15; ++i) all.push_back(object_ids(*source.next()));
  EXPECT_NE(all[0], all[7]) << "epochs have their own order";
  for (const int i : {9, 2, 14, 0}) {
    source.seek({i / 7, i % 7});
    EXPECT_EQ(object_ids(*source.next()), all[size_t(i)]);
  }
  source.seek({0, 7});
  EXPECT_EQ(object_ids(*source.next()), all[7]);
  EXPECT_THROW(source.seek({0, 8}), base::UserError);
}

TEST(MemorySource, WithoutShuffleItEnds) {
  MemorySource source(sample_batch(10), {.batch_size = 4, .shuffle = false, .drop_last = false});
  EXPECT_EQ(object_ids(*source.next()), (std::vector<std::string>{"obj-0", "obj-1", "obj-2", "obj-3"}));
  source.next();
  EXPECT_EQ(source.next()->size(), 2);
  EXPECT_FALSE(source.next());
  source.seek({0, 1});
  EXPECT_EQ(object_ids(*source.next())[0], "obj-4");
  EXPECT_THROW(MemorySource(sample_batch(3), {.batch_size = 4}), base::UserError);
}

TEST(MemorySource, TakesItsSideOfTheSplit) {
  const auto batch = sample_batch(400);
  MemorySource test(batch, {.batch_size = 1, .split = "test"}),
      train(batch, {.batch_size = 1, .split = "train+validation"});
  EXPECT_EQ(test.num_objects() + train.num_objects(), 400);
  EXPECT_LT(split_number(test.next()->objects[0].id), 20);
}

modalities::Batch numbered(int64_t first, int64_t n) {
  modalities::Batch batch;
  for (int64_t i = first; i < first + n; ++i) batch.objects.push_back({"mock", std::to_string(i), false, 0, 0});
  return batch;
}

TEST(GeneratedSource, FreshObjectsInEveryEpoch) {
  GeneratedSource source(numbered, {.first = 100, .num_objects = 6, .batch_size = 3});
  EXPECT_EQ(object_ids(*source.next()), (std::vector<std::string>{"100", "101", "102"}));
  source.next();
  EXPECT_EQ(object_ids(*source.next())[0], "106");
  source.seek({0, 1});
  EXPECT_EQ(object_ids(*source.next())[0], "103");
  EXPECT_EQ(object_ids(*source.next())[0], "106");
}

TEST(GeneratedSource, TheSameObjectsInAnotherOrder) {
  GeneratedSource source(numbered, {.num_objects = 50, .batch_size = 5, .fresh = false});
  std::set<std::string> first, second;
  for (int i = 0; i < 10; ++i) first.insert(source.next()->objects[0].id);
  for (int i = 0; i < 10; ++i) second.insert(source.next()->objects[0].id);
  EXPECT_EQ(first.size(), 10u);
  EXPECT_EQ(first, second);
}

TEST(GeneratedSource, EndsAfterOneEpochIfAskedTo) {
  GeneratedSource source(numbered, {.num_objects = 6, .batch_size = 3, .endless = false});
  EXPECT_TRUE(source.next() && source.next());
  EXPECT_FALSE(source.next());
}

TEST(GeneratedSource, PassesOnWhatGoesWrong) {
  GeneratedSource source(
      [](int64_t first, int64_t n) -> modalities::Batch {
        if (first == 3) base::data_error("no such object");
        return numbered(first, n);
      },
      {.num_objects = 9, .batch_size = 3});
  EXPECT_TRUE(source.next());
  EXPECT_THROW(source.next(), base::DataError);
  source.seek({0, 2});
  EXPECT_EQ(object_ids(*source.next())[0], "6");
}

}  // namespace
}  // namespace asterism::data
