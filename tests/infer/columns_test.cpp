#include "infer/columns.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace asterism::infer {
namespace {

TEST(Columns, VectorsWithAbsentRows) {
  const auto values = at::arange(6, at::kFloat).view({3, 2});
  const auto array = list_column(values, at::tensor({1, 0, 1}).to(at::kBool));
  ASSERT_EQ(array->length(), 3);
  EXPECT_EQ(array->null_count(), 1);
  const auto& list = static_cast<const arrow::FixedSizeListArray&>(*array);
  EXPECT_EQ(static_cast<const arrow::FloatArray&>(*list.values()).Value(list.value_offset(2) + 1), 5);
}

TEST(Columns, WhatIsNotFiniteNamesItsObject) {
  const std::vector<modalities::ObjectKey> objects = {{"sdss", "7"}, {"sdss", "8"}};
  const auto values = at::tensor({1.0, NAN, 3.0, 4.0}, at::kFloat).view({2, 2});
  EXPECT_NO_THROW(check_finite("vector", *list_column(values, at::tensor({0, 1}).to(at::kBool)), objects));
  EXPECT_NO_THROW(check_finite("token", *token_column(at::zeros({2, 1}, at::kLong), {}, 9), objects));
  try {
    check_finite("vector", *list_column(values.flip({0}), {}), objects);
    FAIL();
  } catch (const base::DataError& error) {
    EXPECT_NE(std::string(error.what()).find("object sdss/8"), std::string::npos) << error.what();
  }
}

TEST(Columns, TokensTakeTheSmallestType) {
  const auto ids = at::zeros({1, 1}, at::kLong);
  EXPECT_EQ(token_column(ids, {}, 65536)->type()->field(0)->type()->id(), arrow::Type::UINT16);
  EXPECT_EQ(token_column(ids, {}, 65537)->type()->field(0)->type()->id(), arrow::Type::UINT32);
  EXPECT_THROW(token_column(ids + 7, {}, 7), base::CheckError);
}

TEST(Columns, NumbersThatAreNoneAreNull) {
  const auto array = number_column(at::tensor({1.0, NAN, 3.0, 4.0}), at::tensor({1, 1, 1, 0}).to(at::kBool));
  EXPECT_EQ(array->null_count(), 2);
  EXPECT_EQ(static_cast<const arrow::DoubleArray&>(*array).Value(2), 3);
}

}  // namespace
}  // namespace asterism::infer
