#include "data/column_blocks.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "data/arrow_lists.h"

namespace asterism::data {
namespace {

using ArrayPtr = std::shared_ptr<arrow::Array>;

ArrayPtr float_list(const std::vector<float>& values) {
  return gather_floats(values.data(), {0}, {int64_t(values.size())});
}
ArrayPtr float_lists(const std::vector<float>& values, const std::vector<int32_t>& offsets) {
  return list_array(arrow::list(arrow::float32()), offsets, float_list(values));
}

std::shared_ptr<arrow::Table> table_of(const std::string& name, const ArrayPtr& array) {
  return arrow::Table::Make(arrow::schema({arrow::field(name, array->type())}), {array});
}

ArrayPtr spectrum_struct(const std::vector<std::pair<std::string, ArrayPtr>>& fields) {
  arrow::FieldVector types;
  arrow::ArrayVector arrays;
  for (const auto& [name, array] : fields) {
    types.push_back(arrow::field(name, array->type()));
    arrays.push_back(array);
  }
  return *arrow::StructArray::Make(arrays, types);
}

ModalityColumn column_of_kind(const std::string& kind) {
  ModalityColumn c;
  c.modality = c.column = "x";
  c.kind = kind;
  return c;
}

// As published: padded with wavelengths of -1, a NaN in the flux, a negative inverse variance, lsf in pixels.
TEST(ColumnBlocks, SpectraOfTheHubBecomeClean) {
  const auto array = spectrum_struct({{"lambda", float_lists({4000, 4002, 4004, -1, -1, 5000, 5001}, {0, 5, 7})},
                                      {"flux", float_lists({1, NAN, 3, 9, 9, 4, 5}, {0, 5, 7})},
                                      {"ivar", float_lists({1, 1, -2, 0, 0, 1, 1}, {0, 5, 7})},
                                      {"lsf_sigma", float_lists({0.5, 0.5, 0.5, 0, 0, 0.5, 0.5}, {0, 5, 7})}});
  auto c = column_of_kind("spectrum");
  c.quirk = Quirk::kLsfInPixels;
  const auto block = std::get<modalities::SpectrumBlock>(read_block(*table_of("x", array), c, "here"));
  modalities::check("x", block);
  EXPECT_EQ(block.length, 3);
  EXPECT_EQ(block.mask, (base::AlignedVector<uint8_t>{0, 1, 1, 0, 0, 1}));
  EXPECT_EQ(block.flux[1], 0);
  EXPECT_EQ(block.lsf_sigma_angstrom[0], 1.0f) << "0.5 pixels of 2 A";
  EXPECT_EQ(block.lsf_sigma_angstrom[3], 0.5f) << "0.5 pixels of 1 A";
}

TEST(ColumnBlocks, RefusesWavelengthsThatDoNotIncrease) {
  const auto read = [](const std::vector<float>& wavelengths) {
    const auto array = spectrum_struct(
        {{"lambda", float_lists(wavelengths, {0, 2, 5})}, {"flux", float_lists({1, 2, 3, 4, 5}, {0, 2, 5})}});
    return std::get<modalities::SpectrumBlock>(read_block(*table_of("x", array), column_of_kind("spectrum"), "here"));
  };
  EXPECT_EQ(read({4000, 4001, 4000, 4001, 4002}).length, 3);
  EXPECT_EQ(read({4000, 4001, 4000, 4001, -1}).length, 2) << "padded";
  EXPECT_THROW(read({4000, 4001, 4002, 4001, 4000}), base::DataError) << "backwards";
  EXPECT_THROW(read({4000, 4001, 4000, 4000, 4001}), base::DataError) << "twice the same";
  EXPECT_THROW(read({4000, 4001, -1, 4000, 4001}), base::DataError) << "padded in front";
  try {
    read({4000, 4001, 4000, NAN, 4002});
    FAIL() << "a hole";
  } catch (const base::DataError& error) {
    EXPECT_NE(std::string(error.what()).find("lambda, row 1, pixel 1"), std::string::npos) << error.what();
  }
}

TEST(ColumnBlocks, RefusesListsThatDisagree) {
  const auto array =
      spectrum_struct({{"lambda", float_lists({4000, 4001}, {0, 2})}, {"flux", float_lists({1}, {0, 1})}});
  EXPECT_THROW(read_block(*table_of("x", array), column_of_kind("spectrum"), "here"), base::DataError);
  const auto none = spectrum_struct({{"lambda", float_lists({4000, 4001}, {0, 2})}});
  EXPECT_THROW(read_block(*table_of("x", none), column_of_kind("spectrum"), "here"), base::DataError);
  EXPECT_THROW(read_block(*table_of("x", float_list({1})), column_of_kind("spectrum"), "here"), base::DataError);
  EXPECT_THROW(read_block(*table_of("y", float_list({1})), column_of_kind("scalar"), "here"), base::DataError);
}

ArrayPtr images(const std::vector<int32_t>& bands, const std::vector<int32_t>& lines,
                const std::vector<int32_t>& pixels, size_t n) {
  const auto inner = float_lists(std::vector<float>(n, 1.0f), pixels);
  const auto planes = list_array(arrow::list(inner->type()), lines, inner);
  arrow::StringBuilder names;
  for (int32_t i = 0; i < bands.back(); ++i) EXPECT_TRUE(names.Append(i % 2 == 0 ? "g" : "r").ok());
  return spectrum_struct({{"band", list_array(arrow::list(arrow::utf8()), bands, *names.Finish())},
                          {"flux", list_array(arrow::list(planes->type()), bands, planes)}});
}

TEST(ColumnBlocks, ImagesTellTheirOwnSize) {
  // Two rows of two bands of two lines of three pixels.
  const auto array = images({0, 2, 4}, {0, 2, 4, 6, 8}, {0, 3, 6, 9, 12, 15, 18, 21, 24}, 24);
  const auto block =
      std::get<modalities::ImageBlock>(read_block(*table_of("x", array), column_of_kind("image"), "here"));
  modalities::check("x", block);
  EXPECT_EQ(block.height, 2);
  EXPECT_EQ(block.width, 3);
  EXPECT_EQ(block.bands[1].name, "r");
  EXPECT_FALSE(block.has_ivar);
}

// Two rows of two planes of a pixel each, under these four names, and of these four scales where there are any.
ArrayPtr named_images(const std::vector<std::string>& names, const std::vector<float>& scales = {}) {
  arrow::StringBuilder text;
  EXPECT_TRUE(text.AppendValues(names).ok());
  const auto inner = float_lists({1, 2, 3, 4}, {0, 1, 2, 3, 4});
  const auto planes = list_array(arrow::list(inner->type()), {0, 1, 2, 3, 4}, inner);
  std::vector<std::pair<std::string, ArrayPtr>> fields = {
      {"band", list_array(arrow::list(arrow::utf8()), {0, 2, 4}, *text.Finish())},
      {"flux", list_array(arrow::list(planes->type()), {0, 2, 4}, planes)}};
  if (!scales.empty()) fields.emplace_back("scale", float_lists(scales, {0, 2, 4}));
  return spectrum_struct(fields);
}

TEST(ColumnBlocks, RefusesARowWhoseBandsAreNotThoseOfTheOthers) {
  const auto read = [](const std::vector<std::string>& names, const ModalityColumn& c) {
    return std::get<modalities::ImageBlock>(read_block(*table_of("x", named_images(names)), c, "here"));
  };
  auto c = column_of_kind("image");
  EXPECT_EQ(read({"g", "r", "g", "r"}, c).flux[3], 4);
  EXPECT_THROW(read({"g", "r", "r", "g"}, c), base::DataError) << "in another order";
  EXPECT_THROW(read({"g", "r", "g", "i"}, c), base::DataError);
  c.bands = {{"r", 0, 0}, {"g", 0, 0}};  // as the schema describes them
  c.height = c.width = 1;
  EXPECT_EQ(read({"r", "g", "r", "g"}, c).bands[0].name, "r");
  EXPECT_THROW(read({"g", "r", "g", "r"}, c), base::DataError);
}

TEST(ColumnBlocks, RefusesARowOfAnotherPixelScale) {
  const auto read = [](const std::vector<float>& scales, double of_schema) {
    auto c = column_of_kind("image");
    c.pixel_scale_arcsec = of_schema;
    return std::get<modalities::ImageBlock>(
        read_block(*table_of("x", named_images({"g", "r", "g", "r"}, scales)), c, "here"));
  };
  EXPECT_FLOAT_EQ(float(read({0.262f, 0.262f, 0.262f, 0.262f}, 0).pixel_scale_arcsec), 0.262f);
  EXPECT_EQ(read({0.262f, 0.262f, 0.262f, 0.262f}, 0.262).pixel_scale_arcsec, 0.262) << "a float of the same number";
  EXPECT_EQ(read({0, 0, NAN, NAN}, 0.262).pixel_scale_arcsec, 0.262) << "rows that do not tell";
  EXPECT_THROW(read({0.262f, 0.262f, 0.168f, 0.168f}, 0), base::DataError);
  EXPECT_THROW(read({0.168f, 0.168f, 0.168f, 0.168f}, 0.262), base::DataError) << "other than the schema says";
  EXPECT_THROW(read({0.262f, 0.262f, 0.262f, 0.168f}, 0), base::DataError) << "one band of one row";
}

TEST(ColumnBlocks, RefusesRaggedImages) {
  EXPECT_THROW(read_block(*table_of("x", images({0, 2, 4}, {0, 2, 4, 6, 8}, {0, 3, 6, 9, 12, 15, 18, 21, 23}, 23)),
                          column_of_kind("image"), "here"),
               base::DataError);
  EXPECT_THROW(read_block(*table_of("x", images({0, 2, 4}, {0, 2, 4, 6, 7}, {0, 3, 6, 9, 12, 15, 18, 21}, 21)),
                          column_of_kind("image"), "here"),
               base::DataError);
  EXPECT_THROW(read_block(*table_of("x", images({0, 2, 3}, {0, 2, 4, 6}, {0, 3, 6, 9, 12, 15, 18}, 18)),
                          column_of_kind("image"), "here"),
               base::DataError);
}

TEST(ColumnBlocks, ScalarsWithInverseVariances) {
  const auto table =
      arrow::Table::Make(arrow::schema({arrow::field("x", arrow::float32()), arrow::field("v", arrow::float32())}),
                         {float_list({5, 6, NAN}), float_list({4, 0, 1})});
  auto c = column_of_kind("scalar");
  c.extra_column = "v";
  c.error = ErrorKind::kInverseVariance;
  const auto block = std::get<modalities::ScalarBlock>(read_block(*table, c, "here"));
  EXPECT_EQ(block.present, (base::AlignedVector<uint8_t>{1, 0, 0}));
  EXPECT_EQ(block.error[0], 0.5);
}

}  // namespace
}  // namespace asterism::data
