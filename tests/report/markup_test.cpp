#include "report/markup.h"

#include <gtest/gtest.h>

namespace asterism::report {
namespace {

TEST(Markup, EscapesWhatHtmlReads) {
  EXPECT_EQ(escaped("<script>alert(\"x\" & 'y')</script>"),
            "&lt;script&gt;alert(&quot;x&quot; &amp; &#39;y&#39;)&lt;/script&gt;");
  EXPECT_EQ(escaped(std::string_view("a\0b\x1b\x7f\tc\n", 8)), "ab\tc\n");
  EXPECT_EQ(escaped("caf\xe9 \u03bb"), "caf\uFFFD \u03bb");
}

TEST(Markup, RaisesPowers) {
  EXPECT_EQ(with_powers("erg s^-1 cm^-2"), "erg s<sup>\u22121</sup> cm<sup>\u22122</sup>");
  EXPECT_EQ(with_powers("10^6 draws, x^2."), "10<sup>6</sup> draws, x<sup>2</sup>.");
  EXPECT_EQ(with_powers("^ a^b 2^1.5 ^-"), "^ a^b 2<sup>1.5</sup> ^-");
  EXPECT_EQ(with_powers("<b>^2"), "&lt;b&gt;<sup>2</sup>");
  EXPECT_EQ(with_unit("flux", "nanomaggy^-2"), "flux [nanomaggy<sup>\u22122</sup>]");
  EXPECT_EQ(with_unit("redshift", ""), "redshift");
}

TEST(Markup, JsonCannotLeaveItsScript) {
  EXPECT_EQ(script_safe(R"({"a":"</script><!--"})"), "{\"a\":\"\\u003c/script>\\u003c!--\"}");
}

}  // namespace
}  // namespace asterism::report
