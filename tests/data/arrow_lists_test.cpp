#include "data/arrow_lists.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"

namespace asterism::data {
namespace {

std::shared_ptr<arrow::Array> one_list(const std::vector<float>& values) {
  return gather_floats(values.data(), {0}, {int64_t(values.size())});
}

TEST(ArrowLists, GatherTakesRangesInOrder) {
  const float values[] = {0, 1, 2, 3, 4, 5};
  const auto array = gather_floats(values, {4, 0, 2}, {2, 1, 0}, true);
  ASSERT_EQ(array->length(), 3);
  const auto& f = static_cast<const arrow::FloatArray&>(*array);
  EXPECT_EQ(f.Value(0), 4);
  EXPECT_EQ(f.Value(1), 5);
  EXPECT_TRUE(f.IsNull(2)) << "zero: unknown";
  const uint8_t flags[] = {1, 0, 1, 1, 0, 0, 0, 1, 1, 0, 1};
  const auto bits = gather_bits(flags, {0}, {11});
  for (int64_t i = 0; i < 11; ++i)
    EXPECT_EQ(static_cast<const arrow::BooleanArray&>(*bits).Value(i), flags[i] != 0) << i;
}

TEST(ArrowLists, RangesOfListsSlicesAndNulls) {
  const auto lists = list_array(arrow::list(arrow::float32()), {0, 2, 2, 5}, one_list({1, 2, 3, 4, 5}));
  const auto sliced = list_ranges(*lists->Slice(1), "here");
  EXPECT_EQ(sliced.first, (std::vector<int64_t>{2, 2}));
  EXPECT_EQ(sliced.length, (std::vector<int64_t>{0, 3}));
  const auto fixed = std::make_shared<arrow::FixedSizeListArray>(arrow::fixed_size_list(arrow::float32(), 2), 2,
                                                                 one_list({1, 2, 3, 4}));
  EXPECT_EQ(list_ranges(*fixed->Slice(1), "here").first, (std::vector<int64_t>{2}));
  EXPECT_THROW(list_ranges(*one_list({1}), "here"), base::DataError);
}

TEST(ArrowLists, NumbersOfAnyTypeWithTheBadOnesMarked) {
  arrow::Int32Builder ints;
  ASSERT_TRUE(ints.AppendValues({1, 2, 3}).ok());
  ASSERT_TRUE(ints.AppendNull().ok());
  const auto array = *ints.Finish();
  double out[4];
  uint8_t bad[4] = {};
  read_doubles(*array, 0, 4, out, bad, "here");
  EXPECT_EQ(out[2], 3);
  EXPECT_EQ(out[3], 0);
  EXPECT_EQ(bad[3], 1);
  float values[3];
  uint8_t bad_float[3] = {};
  read_floats(*one_list({1, NAN, INFINITY}), 0, 3, values, bad_float, "here");
  EXPECT_EQ(values[1], 0);
  EXPECT_EQ(bad_float[0] + bad_float[1] + bad_float[2], 2);
  arrow::StringBuilder text;
  ASSERT_TRUE(text.Append("x").ok());
  EXPECT_THROW(read_doubles(**text.Finish(), 0, 1, out, bad, "here"), base::DataError);
}

TEST(ArrowLists, TextOfIdsHoweverStored) {
  arrow::Int64Builder ints;
  ASSERT_TRUE(ints.Append(587724240151707835).ok());
  ASSERT_TRUE(ints.AppendNull().ok());
  const auto array = *ints.Finish();
  EXPECT_EQ(read_text(*array, 0, "here"), "587724240151707835");
  EXPECT_EQ(read_text(*array, 1, "here"), "");
  EXPECT_THROW(read_text(*one_list({1}), 0, "here"), base::DataError);
}

}  // namespace
}  // namespace asterism::data
