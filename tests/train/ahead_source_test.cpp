#include "train/ahead_source.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/train/linear_task.h"
#include "train/wrapped_source.h"

namespace asterism::train {
namespace {

std::vector<std::string> ids_in_order(const modalities::Batch& batch) {
  std::vector<std::string> out;
  for (const auto& object : batch.objects) out.push_back(object.id);
  return out;
}

TEST(AheadSource, GivesTheSameBatchesAtTheSamePositions) {
  auto plain = line_source(), under = line_source();
  AheadSource ahead(under);
  EXPECT_EQ(ahead.num_objects(), plain.num_objects());
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(ahead.position(), plain.position()) << i;
    EXPECT_EQ(ids_in_order(*ahead.next()), ids_in_order(*plain.next())) << i;
    EXPECT_EQ(ahead.batches_per_epoch(), plain.batches_per_epoch());
  }
}

TEST(AheadSource, GoesBack) {
  auto under = line_source();
  AheadSource ahead(under);
  ahead.next();
  const auto position = ahead.position();
  const auto second = ids_in_order(*ahead.next());
  ahead.next();
  ahead.seek(position);
  EXPECT_EQ(ahead.position(), position);
  EXPECT_EQ(ids_in_order(*ahead.next()), second);
}

// Fails at its second batch.
class FailsAtItsSecond : public WrappedSource {
 public:
  FailsAtItsSecond() : WrappedSource(std::make_unique<data::MemorySource>(line_source())) {}
  std::optional<modalities::Batch> next() override {
    if (++calls_ == 2) base::data_error("a damaged file");
    return from().next();
  }

 private:
  int calls_ = 0;
};

TEST(AheadSource, AnErrorComesWithItsBatch) {
  FailsAtItsSecond under;
  AheadSource ahead(under);
  EXPECT_TRUE(ahead.next());
  EXPECT_THROW(ahead.next(), base::DataError);
  EXPECT_TRUE(ahead.next()) << "the one after it";
}

TEST(AheadSource, AnErrorThatNobodyWaitsForIsNone) {
  FailsAtItsSecond under;
  AheadSource ahead(under);
  EXPECT_TRUE(ahead.next());
  ahead.seek({0, 0});
  EXPECT_TRUE(ahead.next());
}

}  // namespace
}  // namespace asterism::train
