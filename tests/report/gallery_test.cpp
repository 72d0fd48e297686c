#include "report/gallery.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "io/base64.h"

namespace asterism::report {
namespace {

TEST(Gallery, PicturesAndEscapedCaptions) {
  const io::Picture8 picture{2, 2, 1, {1, 2, 3, 4}};
  const std::string uri = png_uri(picture);
  EXPECT_EQ(uri.find("data:image/png;base64,"), 0u);
  EXPECT_EQ(io::decode_picture(io::decode_base64(uri.substr(22), "t"), "t").values, picture.values);
  EXPECT_EQ(jpeg_uri(picture).find("data:image/jpeg;base64,"), 0u);
  Gallery gallery;
  gallery.rows = {{"<query>", {{uri, "z = 0.3 & more", "S/N^2", true}}}};
  const std::string html = gallery_html(gallery);
  EXPECT_NE(html.find("&lt;query&gt;"), std::string::npos);
  EXPECT_NE(html.find("z = 0.3 &amp; more"), std::string::npos);
  EXPECT_NE(html.find("tile marked"), std::string::npos);
  EXPECT_NE(html.find("class=\"small\""), std::string::npos);  // two pixels shown on 112: square pixels
}

TEST(Gallery, NoPictureFromOutside) {
  for (const char* uri : {"http://127.0.0.1/a.png", "javascript:alert(1)", "data:text/html,x"}) {
    Gallery gallery;
    gallery.rows = {{"", {{uri, "", "", false}}}};
    EXPECT_THROW(gallery_html(gallery), base::UserError) << uri;
  }
}

// An object without a picture kept all others from being shown.
TEST(Gallery, WithoutAPictureTheLinesStandAlone) {
  Gallery gallery;
  gallery.rows = {{"", {{"", "z = 0.3", "0.98", false}}}};
  const auto html = gallery_html(gallery);
  EXPECT_NE(html.find("z = 0.3"), std::string::npos);
  EXPECT_EQ(html.find("<img"), std::string::npos);
}

}  // namespace
}  // namespace asterism::report
