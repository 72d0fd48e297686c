#include "data/prefetch.h"

#include <gtest/gtest.h>

#include <atomic>

#include "base/error.h"

namespace asterism::data {
namespace {

using Position = BatchSource::Position;

modalities::Batch named(Position p) {
  modalities::Batch batch;
  batch.objects.push_back({"s", std::to_string(p.epoch) + "/" + std::to_string(p.batch), false, 0, 0});
  return batch;
}

TEST(Prefetch, GivesWhatIsWantedWhateverWasExpected) {
  std::atomic<int> running = 0;
  Prefetcher prefetcher([&](Position p) {
    EXPECT_EQ(++running, 1) << "never twice at once";
    auto batch = named(p);
    --running;
    return batch;
  });
  for (int i = 0; i < 200; ++i) {
    const Position wanted{i % 3, i % 7};
    // Sometimes the next one is foretold rightly, sometimes wrongly, sometimes not at all.
    const std::optional<Position> after =
        i % 5 == 0 ? std::nullopt : std::optional(Position{(i + 1) % 3, i % 2 == 0 ? (i + 1) % 7 : 99});
    EXPECT_EQ(prefetcher.take(wanted, after).objects[0].id, named(wanted).objects[0].id);
  }
}

TEST(Prefetch, FailuresReachTheOneWhoAsked) {
  Prefetcher prefetcher([](Position p) {
    if (p.batch == 1) base::data_error("batch 1 is broken");
    return named(p);
  });
  EXPECT_NO_THROW(prefetcher.take({0, 0}, Position{0, 1}));
  EXPECT_THROW(prefetcher.take({0, 1}, Position{0, 2}), base::DataError);
  EXPECT_EQ(prefetcher.take({0, 2}, std::nullopt).objects[0].id, "0/2");
}

TEST(Prefetch, Positions) {
  EXPECT_EQ(*position_after({0, 1}, 3, false), (Position{0, 2}));
  EXPECT_EQ(*position_after({0, 2}, 3, true), (Position{1, 0}));
  EXPECT_FALSE(position_after({0, 2}, 3, false));
  EXPECT_EQ(batches_of(10, 4, true), 2);
  EXPECT_EQ(batches_of(10, 4, false), 3);
  EXPECT_THROW(batches_of(3, 4, true), base::UserError);
  EXPECT_THROW(batches_of(3, 0, true), base::UserError);
  EXPECT_EQ(checked_position({2, 3}, 3, true), (Position{3, 0}));
  EXPECT_THROW(checked_position({1, 0}, 3, false), base::UserError);
}

}  // namespace
}  // namespace asterism::data
