#include "eval/dense/feature_page.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/temporary_folder.h"

namespace asterism::eval {
namespace {

TEST(FeaturePage, PicturesAreTurnedWhereRowsRunUpwards) {
  auto colours = at::zeros({2, 3, 3});
  colours[0][1][0] = 1;  // lowest row, red
  const auto up = coloured_picture(colours, true, 9), down = coloured_picture(colours, false, 9);
  EXPECT_EQ(up.width, 9) << "3 pixels a cell";
  EXPECT_EQ(up.at(4, 4, 0), 255);
  EXPECT_EQ(up.at(1, 4, 0), 0);
  EXPECT_EQ(down.at(1, 4, 0), 255);
  EXPECT_EQ(coloured_picture(at::full({1, 1}, 0.5), false, 1).at(0, 0, 2), 128);
}

FeaturePage page_of_three() {
  FeaturePage page;
  page.looks = "CLS";
  page.pictures_NHW3 = at::rand({3, 16, 16, 3});
  page.colours_Nhw3 = at::rand({3, 4, 4, 3});
  page.objects_Nhw = at::ones({3, 4, 4}, at::kBool);
  page.brightness_Nhw = at::rand({3, 4, 4});
  return page;
}

PatchGrid grid_of_three() {
  PatchGrid grid;
  grid.features_NhwD = at::randn({3, 4, 4, 5}, at::detail::createCPUGenerator(1), at::kFloat);
  grid.is_token_Nhw = at::ones({3, 4, 4}, at::kBool);
  grid.attention_NHrc = at::rand({3, 2, 4, 4});
  grid.patch = 4;
  grid.first = 1.5;
  grid.spacing = 4;
  return grid;
}

std::string written(const FeaturePage& page, const PatchGrid& grid) {
  const base::TemporaryFolder folder;
  page.write(folder / "index.html", {{"s", "one"}, {"s", "two<b>"}, {"s", "three"}}, grid);
  std::stringstream text;
  text << std::ifstream(folder / "index.html").rdbuf();
  return text.str();
}

size_t count_of(const std::string& text, const std::string& what) {
  size_t count = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

TEST(FeaturePage, ShowsEveryImageWithItsNearestElsewhere) {
  auto page = page_of_three();
  const auto text = written(page, grid_of_three());
  EXPECT_NE(text.find("two&lt;b&gt;"), std::string::npos);
  EXPECT_NE(text.find("what CLS looks at"), std::string::npos);
  EXPECT_EQ(text.find("may be none"), std::string::npos);
  EXPECT_EQ(count_of(text, "data:image/png"), 3U * (4 + 2));
  page.brightness_correlation = 0.1;
  EXPECT_NE(written(page, grid_of_three()).find("may be none"), std::string::npos) << "brightness says little";
}

TEST(FeaturePage, DoesWithoutAttentionAndTokens) {
  auto page = page_of_three();
  auto grid = grid_of_three();
  grid.attention_NHrc = at::Tensor();
  page.looks = "";
  auto text = written(page, grid);
  EXPECT_EQ(text.find("looks at"), std::string::npos);
  EXPECT_NE(text.find("brightest"), std::string::npos);
  EXPECT_EQ(count_of(text, "data:image/png"), 3U * (3 + 2));
  grid.is_token_Nhw[2].fill_(false);  // nothing was seen of the third
  page.objects_Nhw[2].fill_(false);
  EXPECT_EQ(count_of(written(page, grid), "data:image/png"), 2U * (3 + 1) + 2);
}

TEST(FeaturePage, TheNearestPatchIsThatOfTheSameFeatures) {
  auto page = page_of_three();
  auto grid = grid_of_three();
  page.brightness_Nhw = at::zeros({3, 4, 4});
  grid.attention_NHrc = at::Tensor();
  page.brightness_Nhw[0][1][2].fill_(1);
  grid.features_NhwD[2][3][0].copy_(2 * grid.features_NhwD[0][1][2]);  // as good as its own, in the third image
  EXPECT_NE(written(page, grid).find("1.000 in three"), std::string::npos);
}

}  // namespace
}  // namespace asterism::eval
