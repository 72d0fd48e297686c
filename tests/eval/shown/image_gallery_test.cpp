#include "eval/shown/image_gallery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/eval/shown/shown_blocks.h"

namespace asterism::eval {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(ImageGallery, AColumnAnObjectAndARowABand) {
  auto observed = sloping_images(3, {{"g", 4800, 1000}, {"r", 6200, 1000}});
  const auto rebuilt = fainter_by(observed, 0.4F);
  const auto gallery = image_gallery("image_legacy", observed, rebuilt, {{2, "bright"}, {0, "faint"}}, 60);
  ASSERT_EQ(gallery.rows.size(), 4u);
  EXPECT_EQ(gallery.rows[3].label, "residual, r");
  for (const auto& row : gallery.rows) EXPECT_EQ(row.tiles.size(), 2u) << row.label;
  EXPECT_EQ(gallery.rows[0].tiles[1].caption, "faint");
  EXPECT_EQ(gallery.rows[2].tiles[0].caption, "chi2/px 4.00");
  EXPECT_THAT(gallery.caption, HasSubstr("60 bits"));
  EXPECT_THAT(gallery.caption, HasSubstr("in units of the noise"));
  EXPECT_NO_THROW(report::gallery_html(gallery));
  observed.has_ivar = false;
  const auto without = image_gallery("image_legacy", observed, rebuilt, {{0, "one"}}, 60);
  EXPECT_EQ(without.rows[2].tiles[0].caption, "");
  EXPECT_THAT(without.caption, HasSubstr("its own scatter"));
  EXPECT_THAT(without.caption, Not(HasSubstr("the noise")));
}

}  // namespace
}  // namespace asterism::eval
