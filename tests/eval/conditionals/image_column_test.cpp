#include "eval/conditionals/image_column.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/eval/conditionals/tiny_table.h"

namespace asterism::eval {
namespace {

TEST(ImageColumn, TheMiddleIsTheMiddle) {
  const auto image = models::tiny::image(2);
  auto numbered = image;
  for (size_t i = 0; i < numbered.flux.size(); ++i) numbered.flux[i] = float(i);
  const auto middle = middle_of(numbered, 4, 6);
  EXPECT_EQ(middle.flux.size(), 2U * 3 * 4 * 6);
  EXPECT_EQ(middle.flux[0], 16 * 6 + 5);  // row 8 - 2, column 8 - 3
  EXPECT_EQ(middle.flux[4 * 6], 256 + 16 * 6 + 5);
  EXPECT_EQ(middle.flux.back(), 5 * 256 + 9 * 16 + 10);
  EXPECT_EQ(middle.ivar[3], image.ivar[0]);
  EXPECT_EQ(middle.mask[3], 0);
  EXPECT_EQ(middle_of(numbered, 99, 16).flux, numbered.flux);
}

TEST(ImageColumn, APerfectAnswerHasNoResidual) {
  auto table = planted::tiny_table(models::tiny::sky(1, 40), {"image_legacy", "redshift"});
  auto& blocks = table.cells[1][0].prediction.blocks.at("image_legacy");
  auto truth = std::get<modalities::ImageBlock>(table.object.blocks.at("image_legacy"));
  blocks.samples.assign(3, truth);
  report::Drawing drawing(100, 100);
  const ImageColumn column(table, 0);
  EXPECT_EQ(column.draw_predicted(drawing, {0, 0, 90, 40}, table.cells[1][0].prediction), "chi² 0 a pixel");
  for (auto& flux : truth.flux) flux += 0.2f;  // two sigma: ivar is 100
  blocks.samples.assign(3, truth);
  EXPECT_EQ(column.draw_predicted(drawing, {0, 0, 90, 40}, table.cells[1][0].prediction), "chi² 4 a pixel");
  EXPECT_EQ(column.draw_observed(drawing, {0, 0, 90, 40}), "3 bands, 16 x 16 pixels");
}

}  // namespace
}  // namespace asterism::eval
