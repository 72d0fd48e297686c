#include "io/parquet_lists.h"

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <gtest/gtest.h>
#include <parquet/arrow/reader.h>
#include <parquet/file_reader.h>

#include "base/random.h"
#include "base/temporary_folder.h"
#include "io/parquet.h"

namespace asterism::io {
namespace {

using ArrayPtr = std::shared_ptr<arrow::Array>;

// What is wrong in one row of a column, and where.
enum class Flaw { kNone, kLonger, kMissingValue, kEmpty, kMissingList };

template <class Builder>
void append_value(Builder& builder, base::Random& random) {
  if constexpr (std::is_same_v<Builder, arrow::BooleanBuilder>) {
    check_arrow(builder.Append(random.uniform() < 0.3), "x");
  } else {
    check_arrow(builder.Append(random.normal()), "x");
  }
}

// n rows of `shape`; of `missing` the rows whose lists are null.
template <class Builder>
ArrayPtr lists(int64_t n, const std::vector<int64_t>& shape, const std::vector<int64_t>& missing,
               Flaw flaw = Flaw::kNone) {
  base::Random random(uint64_t(n), 0, 0, "lists");
  auto* pool = arrow::default_memory_pool();
  auto values = std::make_shared<Builder>(pool);
  std::vector<std::shared_ptr<arrow::ListBuilder>> builders;
  std::shared_ptr<arrow::ArrayBuilder> inner = values;
  for (size_t d = 0; d < shape.size(); ++d) {
    builders.insert(builders.begin(), std::make_shared<arrow::ListBuilder>(pool, inner));
    inner = builders.front();
  }
  std::function<void(size_t, int64_t)> fill = [&](size_t d, int64_t row) {
    if (d == shape.size()) {
      append_value(*values, random);
      return;
    }
    const bool here = row == n / 2 && d + 1 == shape.size();
    if (here && flaw == Flaw::kMissingList) return check_arrow(builders[d]->AppendNull(), "x");
    check_arrow(builders[d]->Append(), "x");
    if (here && flaw == Flaw::kEmpty) return;
    for (int64_t i = 0; i < shape[d]; ++i) fill(d + 1, row);
    if (here && flaw == Flaw::kLonger) append_value(*values, random);
    if (here && flaw == Flaw::kMissingValue) check_arrow(values->AppendNull(), "x");
  };
  for (int64_t row = 0; row < n; ++row) {
    if (std::find(missing.begin(), missing.end(), row) != missing.end()) {
      check_arrow(builders[0]->AppendNull(), "x");
    } else {
      fill(0, row);
    }
  }
  return need_arrow(builders[0]->Finish(), "x");
}

std::shared_ptr<arrow::Buffer> bits(const std::vector<int64_t>& missing, int64_t n) {
  auto out = need_arrow(arrow::AllocateEmptyBitmap(n), "x");
  for (int64_t i = 0; i < n; ++i) {
    if (std::find(missing.begin(), missing.end(), i) == missing.end())
      out->mutable_data()[i / 8] |= uint8_t(1 << (i % 8));
  }
  return out;
}

class ParquetListsTest : public testing::Test {
 protected:
  void write(const arrow::FieldVector& fields, const arrow::ArrayVector& columns, int64_t rows_per_group = 1000) {
    write_parquet(path(), *arrow::Table::Make(arrow::schema(fields), columns), {.rows_per_group = rows_per_group});
  }
  std::filesystem::path path() const { return folder_ / "x.parquet"; }

  // Both ways, for each row group; how many of the columns were read as regular.
  void expect_same(const std::vector<std::string>& columns, size_t regular) {
    const auto ours = ParquetFile::open(path());
    auto reader = need_arrow(parquet::arrow::OpenFile(need_arrow(arrow::io::ReadableFile::Open(path().string()), "x"),
                                                      arrow::default_memory_pool()),
                             "x");
    const auto& leaves = *reader->parquet_reader()->metadata()->schema();
    std::vector<int> wanted;
    for (int i = 0; i < leaves.num_columns(); ++i) {
      const auto name = leaves.Column(i)->path()->ToDotString();
      const bool named = std::any_of(columns.begin(), columns.end(),
                                     [&](const std::string& c) { return name == c || name.starts_with(c + "."); });
      if (named || columns.empty()) wanted.push_back(i);
    }
    for (int group = 0; group < reader->num_row_groups(); ++group) {
      const auto theirs = need_arrow(reader->ReadRowGroups({group}, wanted), "x");
      const auto table = ours.read_groups({group}, columns);
      check_arrow(table->ValidateFull(), "x");
      EXPECT_TRUE(table->schema()->Equals(*theirs->schema(), true))
          << table->schema()->ToString(true) << theirs->schema()->ToString(true);
      EXPECT_TRUE(table->Equals(*theirs)) << "row group " << group;
      size_t others = 0;
      const auto read_others = [&](const std::vector<int>& rest) {
        others = rest.size();
        return need_arrow(reader->ReadRowGroups({group}, rest), "x");
      };
      if (!read_with_regular_lists(*reader->parquet_reader(), *ours.schema(), group, wanted, read_others))
        others = wanted.size();
      EXPECT_EQ(wanted.size() - others, regular) << "row group " << group;
    }
  }

  const base::TemporaryFolder folder_;
};

TEST_F(ParquetListsTest, ImagesWithMissingRows) {
  constexpr int64_t kRows = 70;
  const std::vector<int64_t> missing = {0, 3, 4, 33, 69};
  const auto flux = lists<arrow::FloatBuilder>(kRows, {3, 20, 24}, missing),
             mask = lists<arrow::BooleanBuilder>(kRows, {3, 20, 24}, missing),
             scale = lists<arrow::FloatBuilder>(kRows, {3}, missing);
  const auto type = arrow::struct_(
      {arrow::field("flux", flux->type()), arrow::field("scale", scale->type()), arrow::field("mask", mask->type())});
  const auto image =
      std::make_shared<arrow::StructArray>(type, kRows, arrow::ArrayVector{flux, scale, mask}, bits(missing, kRows));
  const auto spectrum = lists<arrow::DoubleBuilder>(kRows, {900}, {1, 2});
  const auto numbers = lists<arrow::FloatBuilder>(kRows, {1}, {});
  write({arrow::field("image", type, true, arrow::key_value_metadata({"unit"}, {"nanomaggy"})),
         arrow::field("numbers", numbers->type()), arrow::field("spectrum", spectrum->type())},
        {image, numbers, spectrum}, 40);
  expect_same({}, 3);
  expect_same({"image.mask", "spectrum"}, 2);
  expect_same({"image.scale", "image.flux"}, 1);
}

TEST_F(ParquetListsTest, WhatIsNotRegularIsReadByArrow) {
  for (const Flaw flaw : {Flaw::kLonger, Flaw::kMissingValue, Flaw::kEmpty, Flaw::kMissingList}) {
    const auto column = lists<arrow::FloatBuilder>(50, {5, 100}, {}, flaw),
               good = lists<arrow::FloatBuilder>(50, {2, 250}, {});
    write({arrow::field("a", column->type()), arrow::field("b", good->type())}, {column, good});
    expect_same({}, 1);
  }
  // A list that is missing in a struct that is there.
  const auto column = lists<arrow::FloatBuilder>(50, {500}, {7});
  const auto type = arrow::struct_({arrow::field("flux", column->type())});
  write({arrow::field("s", type)}, {std::make_shared<arrow::StructArray>(type, 50, arrow::ArrayVector{column})});
  expect_same({}, 0);
}

TEST_F(ParquetListsTest, OneRowNoneAndAllMissing) {
  const auto one = lists<arrow::FloatBuilder>(1, {4, 8000}, {});
  write({arrow::field("a", one->type())}, {one});
  expect_same({}, 1);
  const auto none = lists<arrow::FloatBuilder>(20000, {4}, [] {
    std::vector<int64_t> all(20000);
    for (size_t i = 0; i < all.size(); ++i) all[i] = int64_t(i);
    return all;
  }());
  write({arrow::field("a", none->type())}, {none}, 20000);
  expect_same({}, 0);
  const auto many = lists<arrow::BooleanBuilder>(3, {70001}, {});  // rows longer than what is read at once
  write({arrow::field("a", many->type())}, {many});
  expect_same({}, 1);
}

}  // namespace
}  // namespace asterism::io
