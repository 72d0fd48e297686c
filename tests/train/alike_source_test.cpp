#include "train/alike_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "base/error.h"
#include "data/memory_source.h"
#include "tests/train/linear_task.h"
#include "train/filtered_source.h"

namespace asterism::train {
namespace {

// 64 objects in eight batches an epoch; every tenth without its x.
std::unique_ptr<data::BatchSource> pairs_source() {
  auto objects = line_objects(64);
  auto& x = std::get<modalities::ScalarBlock>(objects.blocks.at("x"));
  for (size_t i = 0; i < 64; i += 10) x.present[i] = 0, x.value[i] = 0;
  return std::make_unique<data::MemorySource>(objects, data::MemoryOptions{.batch_size = 8, .seed = 5});
}

AlikeSource alike(int64_t pool = 4, std::vector<std::string> modalities = {}) {
  return AlikeSource(pairs_source(), "x", pool, 5, std::move(modalities));
}

double spread_of_x(const modalities::Batch& batch) {
  const auto& x = std::get<modalities::ScalarBlock>(batch.blocks.at("x"));
  double low = 1e9, high = -1e9;
  for (size_t i = 0; i < x.value.size(); ++i)
    if (x.present[i] != 0) low = std::min(low, x.value[i]), high = std::max(high, x.value[i]);
  return high > low ? high - low : 0;
}

std::vector<std::string> ids_of_pairs(const modalities::Batch& batch) {
  std::vector<std::string> out;
  for (const auto& object : batch.objects) out.push_back(object.id);
  return out;
}

TEST(AlikeSource, AnEpochHoldsEveryObjectOnceAndBatchesAreAlike) {
  auto plain = pairs_source();
  auto sorted = alike();
  for (int64_t epoch = 0; epoch < 2; ++epoch) {
    std::set<std::string> seen;
    double any = 0, close = 0;
    for (int64_t b = 0; b < 8; ++b) {
      EXPECT_EQ(sorted.position(), (data::BatchSource::Position{epoch, b}));
      any += spread_of_x(*plain->next());
      const auto batch = sorted.next();
      EXPECT_EQ(batch->size(), 8);
      close += spread_of_x(*batch);
      for (const auto& id : ids_of_pairs(*batch)) EXPECT_TRUE(seen.insert(id).second) << id;
    }
    EXPECT_EQ(seen.size(), 64u);
    EXPECT_LT(close, 0.5 * any);
  }
}

TEST(AlikeSource, ResumesWhereItWas) {
  for (const int64_t pool : {3, 4, 100}) {  // one that does not divide the epoch, one larger than it
    auto whole = alike(pool);
    std::vector<std::vector<std::string>> batches;
    std::vector<data::BatchSource::Position> positions;
    for (int64_t b = 0; b < 20; ++b) {
      positions.push_back(whole.position());
      batches.push_back(ids_of_pairs(*whole.next()));
    }
    for (const size_t b : {0, 1, 5, 7, 8, 13, 19}) {
      auto other = alike(pool);
      other.seek(positions[b]);
      EXPECT_EQ(ids_of_pairs(*other.next()), batches[b]) << b;
      if (b + 1 < batches.size()) {
        EXPECT_EQ(ids_of_pairs(*other.next()), batches[b + 1]) << b;
      }
    }
    EXPECT_NE(batches[0], batches[8]) << "another epoch";
    whole.seek(positions[2]);
    EXPECT_EQ(ids_of_pairs(*whole.next()), batches[2]) << "back";
  }
}

TEST(AlikeSource, TheScalarIsReadForTheOrderAlone) {
  auto sorted = alike(4, {"y"});
  const auto batch = sorted.next();
  EXPECT_FALSE(batch->blocks.contains("x"));
  EXPECT_TRUE(batch->blocks.contains("y"));
}

TEST(AlikeSource, NamesAScalarThatIsNotThere) {
  AlikeSource sorted(pairs_source(), "xx", 4, 5, {});
  try {
    sorted.next();
    FAIL();
  } catch (const base::UserError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("'x'"));
  }
  EXPECT_THROW(alike().seek({0, 100}), base::UserError);
}

// Batches are then shorter, and which objects they hold is still a function of where the source stands.
TEST(AlikeSource, SortsWhatAFilterLeaves) {
  const auto make = [] {
    auto objects = line_objects(64);
    auto flag = modalities::make_scalars(64, "", false);
    for (size_t i = 0; i < 64; ++i) flag.present[i] = 1, flag.value[i] = i % 16 == 0;
    objects.blocks["good"] = flag;
    return AlikeSource(
        std::make_unique<FilteredSource>(
            std::make_unique<data::MemorySource>(objects, data::MemoryOptions{.batch_size = 4, .seed = 5}),
            std::map<std::string, double>{{"good", 1}}, std::vector<std::string>{}),
        "x", 4, 5, {});
  };
  auto whole = make();
  std::set<std::string> seen;
  for (int64_t b = 0; b < 16; ++b)
    for (const auto& id : ids_of_pairs(*whole.next())) EXPECT_TRUE(seen.insert(id).second) << id << " twice";
  EXPECT_EQ(seen.size(), 4u);
  const auto position = whole.position();
  const auto expected = ids_of_pairs(*whole.next());
  auto other = make();
  other.seek(position);
  EXPECT_EQ(ids_of_pairs(*other.next()), expected);
}

}  // namespace
}  // namespace asterism::train
