#include "report/drawing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/temporary_folder.h"
#include "io/base64.h"

namespace asterism::report {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Drawing, LinesBreakWhereANumberIsMissing) {
  Drawing drawing(100, 50);
  drawing.line({{0, 1}, {1, 2}, {2, std::nan("")}, {3, 4}, {4, 5}}, "#000");
  EXPECT_THAT(drawing.svg(), HasSubstr("M0.00,1.00 L1.00,2.00 M3.00,4.00 L4.00,5.00 "));
  EXPECT_THAT(Drawing(9, 9).line({{std::nan(""), 1}}, "#000").svg(), Not(HasSubstr("<path")));
}

TEST(Drawing, AreasGoThereAndBack) {
  Drawing drawing(100, 50);
  drawing.area({0, 1, 2, 3}, {1, 1, std::nan(""), 1}, {2, 3, 2, 2}, "red");
  EXPECT_THAT(drawing.svg(), HasSubstr("M0.00,2.00 L1.00,3.00 L1.00,1.00 L0.00,1.00 Z \""));  // the last stands alone
  EXPECT_THROW(drawing.area({0, 1}, {1}, {2, 2}, "red"), base::CheckError);
}

TEST(Drawing, TextIsText) {
  Drawing drawing(100, 50);
  drawing.text({1, 2}, "a < b & \"c\"", {.size = 9, .anchor = Anchor::end, .colour = "\"/><script>"});
  EXPECT_THAT(drawing.svg(), HasSubstr("a &lt; b &amp; &quot;c&quot;"));
  EXPECT_THAT(drawing.svg(), HasSubstr("text-anchor=\"end\""));
  EXPECT_THAT(drawing.svg(), Not(HasSubstr("<script>")));
}

TEST(Drawing, ThePictureIsInTheFile) {
  base::TemporaryFolder folder;
  const io::Picture8 picture{2, 2, 1, {1, 2, 3, 4}};
  Drawing drawing(100, 50);
  drawing.picture({5, 6, 20, 20}, picture).frame({5, 6, 20, 20}, "#888").dot({1, 1}, 2, "#111");
  drawing.write(folder / "a.svg");
  const auto text = base::read_text(folder / "a.svg");
  EXPECT_TRUE(text.starts_with("<svg xmlns"));
  const std::string before = "data:image/png;base64,";
  const auto begin = text.find(before) + before.size();
  const auto bytes = io::decode_base64(text.substr(begin, text.find('"', begin) - begin), "t");
  EXPECT_EQ(io::decode_picture(bytes, "t").values, picture.values);
  EXPECT_THROW(Drawing(0, 5), base::CheckError);
}

}  // namespace
}  // namespace asterism::report
