#include <cmath>

#include "io/fits.h"
#include "io/fits_writer.h"
#include "tests/io/files.h"

namespace asterism::io {
namespace {

class FitsTable : public ::testing::Test {
 protected:
  FitsFile file_ = FitsFile::open(golden_path("kinds.fits"));
  FitsHdu table_ = file_.hdu("TABLE");
};

TEST_F(FitsTable, ColumnsAsTheyAre) {
  EXPECT_EQ(table_.num_rows(), 4);
  ASSERT_EQ(table_.columns().size(), 13u);
  const auto& flux = table_.need_column("FLUX");
  EXPECT_EQ(flux.unit, "nanomaggy");
  EXPECT_EQ(flux.type, FitsType::kFloat);
  EXPECT_EQ(flux.per_row, 3);
  EXPECT_EQ(table_.need_column("ID").type, FitsType::kInt64);
  EXPECT_EQ(table_.need_column("COUNT").type, FitsType::kInt32);
  EXPECT_EQ(table_.need_column("UNSIGNED").type, FitsType::kUint32);
  EXPECT_EQ(table_.need_column("FLAG").type, FitsType::kBool);
  EXPECT_EQ(table_.need_column("BITS").type, FitsType::kBit);
  EXPECT_EQ(table_.need_column("BITS").per_row, 10);
  EXPECT_EQ(table_.need_column("NAME").per_row, 8);
  EXPECT_EQ(table_.need_column("GRID").shape, (std::vector<int64_t>{2, 3}));
  EXPECT_TRUE(table_.need_column("LIST").variable_length);
}

TEST_F(FitsTable, NumbersAndNulls) {
  const auto flux = table_.column<double>("FLUX");
  EXPECT_EQ(flux.shape, (std::vector<int64_t>{4, 3}));
  EXPECT_EQ(flux.values[3], 4);
  EXPECT_EQ(flux.valid, (std::vector<uint8_t>{1, 1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1}));  // NaN and infinity
  EXPECT_TRUE(std::isnan(flux.values[8]));
  EXPECT_EQ(table_.column<int64_t>("ID").values, (std::vector<int64_t>{1, int64_t{1} << 62, -5, 7}));
  const auto count = table_.column<int32_t>("COUNT");
  EXPECT_EQ(count.values, (std::vector<int32_t>{1, 0, 3, 4}));
  EXPECT_EQ(count.valid, (std::vector<uint8_t>{1, 0, 1, 1}));
  EXPECT_TRUE(std::isnan(table_.column<float>("COUNT").values[1]));
  const auto small = table_.column<double>("SMALL");
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(small.values[i], (std::array{5.0, 5.5, 6.0, 4.0})[i], 1e-12);
  EXPECT_EQ(table_.column<int64_t>("UNSIGNED").values, (std::vector<int64_t>{0, 1, 4294967295, 2147483648}));
  EXPECT_EQ(table_.column<double>("GRID").shape, (std::vector<int64_t>{4, 2, 3}));
  EXPECT_EQ(table_.column<double>("GRID").values[23], 23);
  EXPECT_EQ(table_.column<uint8_t>("BYTE").values, (std::vector<uint8_t>{0, 1, 200, 255}));
}

TEST_F(FitsTable, BooleansAndBits) {
  EXPECT_EQ(table_.column<uint8_t>("FLAG").values, (std::vector<uint8_t>{1, 0, 1, 1}));
  const auto bits = table_.column<int32_t>("BITS");
  EXPECT_EQ(bits.shape, (std::vector<int64_t>{4, 10}));
  for (int i = 0; i < 40; ++i) EXPECT_EQ(bits.values[static_cast<size_t>(i)], i % 3 == 0) << i;
}

TEST_F(FitsTable, TextAndLists) {
  EXPECT_EQ(table_.text_column("NAME"), (std::vector<std::string>{"NGC 1", "", "M 31", "12345678"}));
  EXPECT_EQ(table_.text_column("WORDS"), (std::vector<std::string>{"a", "", "longer text", "z"}));
  const auto list = table_.list_column<float>("LIST");
  EXPECT_EQ(list.offsets, (std::vector<int64_t>{0, 2, 2, 5, 6}));
  EXPECT_EQ(list.valid, (std::vector<uint8_t>{1, 1, 1, 0, 1, 1}));
  EXPECT_EQ(list.values[5], 6);
}

TEST_F(FitsTable, PartOfTheRows) {
  const auto part = table_.column<double>("FLUX", 1, 2);
  EXPECT_EQ(part.shape, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(part.values[0], 4);
  EXPECT_EQ(part.values[4], 8);
  EXPECT_TRUE(table_.column<double>("FLUX", 4, 0).values.empty());
  EXPECT_THROW(table_.column<double>("FLUX", 3, 2), base::CheckError);
}

TEST_F(FitsTable, WrongKindsAreRefused) {
  EXPECT_NE(message_of([&] { table_.column<int32_t>("FLUX"); }).find("column 'FLUX' holds floating"),
            std::string::npos);
  EXPECT_THROW(table_.column<int32_t>("SMALL"), base::DataError);
  EXPECT_NE(message_of([&] { table_.column<float>("NAME"); }).find("holds text"), std::string::npos);
  EXPECT_NE(message_of([&] { table_.column<float>("COMPLEX"); }).find("complex"), std::string::npos);
  EXPECT_NE(message_of([&] { table_.column<float>("LIST"); }).find("list column"), std::string::npos);
  EXPECT_THROW(table_.list_column<float>("FLUX"), base::DataError);
  EXPECT_THROW(table_.text_column("FLUX"), base::DataError);
  const std::string message = message_of([&] { table_.column<int32_t>("ID"); });  // 2^62 is in row 1
  EXPECT_NE(message.find("column 'ID', row 1"), std::string::npos) << message;
}

TEST_F(FitsTable, AsciiTables) {
  const FitsHdu ascii = file_.hdu("ASCII");
  EXPECT_EQ(ascii.num_rows(), 2);
  EXPECT_EQ(ascii.need_column("RA").unit, "deg");
  EXPECT_NEAR(ascii.column<double>("RA").values[1], 359.99999, 1e-9);
  EXPECT_EQ(ascii.text_column("NAME"), (std::vector<std::string>{"a b", "xyz"}));
  EXPECT_EQ(ascii.column<int64_t>("N").values, (std::vector<int64_t>{12, -7}));
}

TEST(FitsTableText, MustBeUtf8) {
  const auto bytes = FitsWriter().table("T", {{"NAME", "", std::vector<std::string>{"ok", "caf\xe9"}}}).bytes();
  const FitsFile file = FitsFile::from_bytes(bytes, "f");
  EXPECT_NE(message_of([&] { file.hdu("T").text_column("NAME"); }).find("column 'NAME', row 1"), std::string::npos);
}

TEST(FitsTableReal, AsAstropyReadsIt) {
  ASTERISM_NEED_REAL_DATA();
  for (const auto& entry : golden()["fits"]) {
    const FitsFile file = FitsFile::open(real_path(entry["file"]));
    const FitsHdu hdu = file.hdu(entry["hdu"].get<int>());
    EXPECT_EQ(hdu.num_rows(), entry["rows"].get<int64_t>());
    const std::string column = entry["column"];
    if (entry["sum"].is_null()) {
      const auto texts = hdu.text_column(column);
      ASSERT_EQ(texts.size(), entry["count"].get<size_t>());
      EXPECT_EQ(texts.front(), entry["first"][0].get<std::string>());
      continue;
    }
    const auto values = hdu.column<double>(column);
    ASSERT_EQ(values.values.size(), entry["count"].get<size_t>()) << entry;
    double sum = 0;
    for (const double value : values.values) sum += value;
    EXPECT_NEAR(sum, entry["sum"].get<double>(), 1e-12 * std::abs(sum)) << entry;
    for (size_t i = 0; i < entry["first"].size(); ++i)
      EXPECT_EQ(values.values[i], entry["first"][i].get<double>()) << entry;
  }
}

}  // namespace
}  // namespace asterism::io
