#include "infer/token_vectors.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include <limits>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "infer/columns.h"
#include "io/parquet.h"

namespace asterism::infer {
namespace {

// Two tokens, none, three tokens, of which one is of no modality.
models::Model::TokenRows some_tokens() {
  models::Model::TokenRows out;
  out.rows_RD = at::arange(10, at::kFloat).view({5, 2}) + 1;
  for (const int64_t length : {2, 0, 3}) out.objects.add(length);
  out.names = {"image", "flux"};
  out.modality_R = {0, 1, -1, 1, 1};
  return out;
}

void expect_as_given(const arrow::Array& array) {
  ASSERT_EQ(array.length(), 3);
  const auto& tokens = static_cast<const arrow::StructArray&>(array);
  EXPECT_FALSE(tokens.IsNull(0));
  EXPECT_TRUE(tokens.IsNull(1));
  EXPECT_EQ(tokens.null_count(), 1);
  const auto member = tokens.field(0), values = tokens.field(1);
  const auto& names = static_cast<const arrow::ListArray&>(*member);
  const auto& vectors = static_cast<const arrow::ListArray&>(*values);
  EXPECT_EQ(names.value_length(0), 2);
  EXPECT_EQ(names.value_length(2), 3);
  EXPECT_EQ(vectors.value_length(2), 3);
  const auto& text = static_cast<const arrow::StringArray&>(*names.values());
  EXPECT_EQ(text.GetString(names.value_offset(0)), "image");
  EXPECT_EQ(text.GetString(names.value_offset(2)), "");
  EXPECT_EQ(text.GetString(names.value_offset(2) + 1), "flux");
  const auto& rows = static_cast<const arrow::FixedSizeListArray&>(*vectors.values());
  EXPECT_EQ(rows.value_length(), 2);
  const auto& numbers = static_cast<const arrow::FloatArray&>(*rows.values());
  EXPECT_EQ(numbers.Value(rows.value_offset(vectors.value_offset(2)) + 1), 6);
}

TEST(TokenVectors, AnObjectHasAsManyAsItHas) {
  const auto array = token_vectors_column(some_tokens(), false);
  EXPECT_TRUE(array->type()->Equals(*token_vectors_type(2)));
  EXPECT_TRUE(array->ValidateFull().ok());
  expect_as_given(*array);
  const auto unit = token_vectors_column(some_tokens(), true);
  const auto values = static_cast<const arrow::StructArray&>(*unit).field(1);
  const auto rows = static_cast<const arrow::ListArray&>(*values).values();
  const auto numbers = static_cast<const arrow::FixedSizeListArray&>(*rows).values();
  for (int64_t r = 0; r < 5; ++r) {
    const double x = static_cast<const arrow::FloatArray&>(*numbers).Value(2 * r),
                 y = static_cast<const arrow::FloatArray&>(*numbers).Value(2 * r + 1);
    EXPECT_NEAR(x * x + y * y, 1, 1e-5) << r;
  }
}

TEST(TokenVectors, AFileKeepsThem) {
  const base::TemporaryFolder folder;
  const auto field = token_vectors_field("tokens", 2, "some");
  const auto table =
      arrow::Table::Make(arrow::schema({field}), arrow::ArrayVector{token_vectors_column(some_tokens(), false)});
  io::write_parquet(folder / "tokens.parquet", *table, {.rows_per_group = 2});
  const auto back = io::need_arrow(io::read_parquet(folder / "tokens.parquet")->CombineChunks(), "tokens");
  EXPECT_EQ(back->schema()->field(0)->metadata()->Get("description").ValueOr(""), "some");
  expect_as_given(*back->column(0)->chunk(0));
}

TEST(TokenVectors, WhatIsNotFiniteNamesItsObject) {
  const std::vector<modalities::ObjectKey> objects = {{"sdss", "7"}, {"sdss", "8"}, {"sdss", "9"}};
  auto tokens = some_tokens();
  EXPECT_NO_THROW(check_finite("tokens", *token_vectors_column(tokens, false), objects));
  tokens.rows_RD[3][1] = std::numeric_limits<float>::infinity();
  try {
    check_finite("tokens", *token_vectors_column(tokens, false), objects);
    FAIL();
  } catch (const base::DataError& error) {
    EXPECT_NE(std::string(error.what()).find("object sdss/9"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace asterism::infer
