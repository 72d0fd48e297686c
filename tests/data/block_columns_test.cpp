#include "data/block_columns.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include <cmath>

#include "data/layout.h"
#include "io/image_file.h"
#include "tests/data/sample_batch.h"

namespace asterism::data {
namespace {

TEST(BlockColumns, PixelsLieWhereTheyShould) {
  const auto batch = sample_batch(8);
  const auto& block = std::get<modalities::ImageBlock>(batch.blocks.at("image_legacy"));
  const auto type = schema_for(batch, {.name = "x"})->GetFieldByName("image")->type();
  const auto array = std::static_pointer_cast<arrow::StructArray>(image_array(block, type));
  ASSERT_TRUE(array->ValidateFull().ok());
  EXPECT_TRUE(array->IsNull(3)) << "an absent row is a null";
  // Row 4 (the fourth present one), band 1, line 2, pixel 3, walked down the lists.
  const auto bands = std::static_pointer_cast<arrow::ListArray>(array->GetFieldByName("flux"));
  const auto lines = std::static_pointer_cast<arrow::ListArray>(bands->values());
  const auto pixels = std::static_pointer_cast<arrow::ListArray>(lines->values());
  const auto values = std::static_pointer_cast<arrow::FloatArray>(pixels->values());
  const auto line = lines->value_offset(bands->value_offset(4) + 1) + 2;
  EXPECT_EQ(values->Value(pixels->value_offset(line) + 3), block.flux[size_t(((4 * 2 + 1) * 6 + 2) * 5 + 3)]);
  const auto psf = std::static_pointer_cast<arrow::ListArray>(array->GetFieldByName("psf_fwhm"));
  EXPECT_TRUE(psf->values()->IsNull(1)) << "an unknown PSF is a null, not a zero";
}

TEST(BlockColumns, SpectraLoseTheirPadding) {
  const auto batch = sample_batch(6);
  const auto& block = std::get<modalities::SpectrumBlock>(batch.blocks.at("spectrum_desi"));
  const auto type = schema_for(batch, {.name = "x"})->GetFieldByName("spectrum")->type();
  const auto array = std::static_pointer_cast<arrow::StructArray>(spectrum_array(block, type));
  const auto lambda = std::static_pointer_cast<arrow::ListArray>(array->GetFieldByName("lambda"));
  EXPECT_EQ(lambda->value_length(0), 40);
  EXPECT_EQ(lambda->value_length(1), 0) << "absent";
  EXPECT_LT(lambda->value_length(2), 40);
  const auto values = std::static_pointer_cast<arrow::FloatArray>(lambda->values());
  for (int64_t i = 0; i < values->length(); ++i) EXPECT_GT(values->Value(i), 0);
}

TEST(BlockColumns, PicturesAreFilesThatOthersOpen) {
  const auto block = sample_pictures(4, 1);
  const auto array = std::static_pointer_cast<arrow::StructArray>(picture_array(block));
  const auto bytes = std::static_pointer_cast<arrow::BinaryArray>(array->GetFieldByName("bytes"));
  const auto view = bytes->GetView(0);
  const auto picture = io::decode_picture({reinterpret_cast<const std::byte*>(view.data()), view.size()}, "x");
  EXPECT_EQ(picture.height, 8);
  EXPECT_EQ(picture.at(2, 3, 1), std::lround(255 * block.flux[size_t(56 + 2 * 7 + 3)]));
  EXPECT_TRUE(array->IsNull(2));
  const auto masks = picture_mask_array(block);
  EXPECT_TRUE(masks->IsNull(0)) << "nothing is masked";
  EXPECT_FALSE(masks->IsNull(1));
}

TEST(BlockColumns, AbsentNumbersAreNulls) {
  auto block = modalities::make_scalars(3, "", true);
  block.present[1] = 1;
  block.value[1] = 7;
  block.error[1] = 0.5;
  EXPECT_EQ(scalar_array(block)->null_count(), 2);
  EXPECT_EQ(std::static_pointer_cast<arrow::DoubleArray>(scalar_error_array(block))->Value(1), 0.5);
}

// An error of nought would say that a value is certain.
TEST(BlockColumns, AnErrorThatIsNotKnownIsNull) {
  modalities::ScalarBlock block;
  block.n = 3;
  block.has_error = true;
  block.present = {1, 1, 0};
  block.value = {5, 6, 0};
  block.error = {0, 0.5, 0};
  EXPECT_EQ(scalar_array(block)->null_count(), 1);
  const auto errors = scalar_error_array(block);
  EXPECT_TRUE(errors->IsNull(0));
  EXPECT_TRUE(errors->IsValid(1));
  EXPECT_TRUE(errors->IsNull(2));
}

}  // namespace
}  // namespace asterism::data
