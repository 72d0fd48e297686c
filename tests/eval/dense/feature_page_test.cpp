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

TEST(FeaturePage, ShowsEveryImageWithItsNearestElsewhere) {
  const base::TemporaryFolder folder;
  const auto generator = at::detail::createCPUGenerator(1);
  PatchGrid grid{at::randn({3, 4, 4, 5}, generator, at::kFloat), 1.5, 4};
  const models::ImageInputSettings input;
  const FeaturePage page(input, true, grid);
  page.write(folder / "index.html", {{"s", "one"}, {"s", "two<b>"}, {"s", "three"}}, at::rand({3, 3, 16, 16}),
             at::rand({3, 4, 4, 3}), at::ones({3, 4, 4}, at::kBool), at::rand({3, 4, 4}), 0.1);
  std::stringstream text;
  text << std::ifstream(folder / "index.html").rdbuf();
  EXPECT_NE(text.str().find("two&lt;b&gt;"), std::string::npos);
  EXPECT_NE(text.str().find("may be none"), std::string::npos) << "brightness says little";
  size_t pictures = 0;
  for (size_t at = text.str().find("data:image/png"); at != std::string::npos;
       at = text.str().find("data:image/png", at + 1))
    ++pictures;
  EXPECT_EQ(pictures, 3U * (4 + 2));
}

}  // namespace
}  // namespace asterism::eval
