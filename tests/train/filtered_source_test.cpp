#include "train/filtered_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "data/memory_source.h"
#include "tests/train/linear_task.h"

namespace asterism::train {
namespace {

std::unique_ptr<data::BatchSource> ten_objects(bool shuffle) {
  auto objects = line_objects(40);
  auto flag = modalities::make_scalars(40, "", false);
  for (int64_t i = 0; i < 40; ++i) {
    flag.present[size_t(i)] = i % 4 != 3;
    flag.value[size_t(i)] = flag.present[size_t(i)] != 0 ? double(i % 2) : 0;
  }
  objects.blocks["good"] = flag;
  return std::make_unique<data::MemorySource>(
      objects, data::MemoryOptions{.batch_size = 8, .shuffle = shuffle, .drop_last = false});
}

TEST(FilteredSource, LetsOnlyThoseThroughThatQualify) {
  FilteredSource filtered(ten_objects(false), {{"good", 1}}, {"x"});
  int64_t count = 0;
  while (auto batch = filtered.next()) {
    EXPECT_FALSE(batch->blocks.contains("good"));  // it was read for the filter alone
    EXPECT_TRUE(batch->blocks.contains("x"));
    for (const auto& object : batch->objects) {
      const int64_t number = std::stoll(object.id.substr(7));
      EXPECT_EQ(number % 4, 1);  // odd, and not the absent ones
    }
    count += batch->size();
  }
  EXPECT_EQ(count, 10);
}

TEST(FilteredSource, ResumesWhereItWas) {
  FilteredSource a(ten_objects(true), {{"good", 1}}, {});
  a.next();
  const auto position = a.position();
  const auto expected = a.next();
  FilteredSource b(ten_objects(true), {{"good", 1}}, {});
  b.seek(position);
  const auto found = b.next();
  ASSERT_EQ(expected->size(), found->size());
  for (int64_t i = 0; i < found->size(); ++i) EXPECT_EQ(expected->objects[size_t(i)].id, found->objects[size_t(i)].id);
}

TEST(FilteredSource, NamesAScalarThatIsNotThere) {
  FilteredSource filtered(ten_objects(false), {{"godo", 1}}, {});
  try {
    filtered.next();
    FAIL();
  } catch (const base::UserError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("'good'"));
  }
}

TEST(FilteredSource, GivesUpWhereNobodyQualifies) {
  FilteredSource filtered(ten_objects(true), {{"good", 17}}, {});
  EXPECT_THROW(filtered.next(), base::UserError);
}

}  // namespace
}  // namespace asterism::train
