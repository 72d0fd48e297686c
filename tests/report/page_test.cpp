#include "report/page.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/atomic_file.h"
#include "base/temporary_folder.h"

namespace asterism::report {
namespace {

Page sample_page() {
  Page page("A <title>", "sub & title");
  page.section("One")
      .paragraph("First, see `asterism tour`.\n\nSecond <b>.")
      .note("Careful.")
      .code("a < b")
      .facts({{"seed", "1"}});
  page.section("Two").heading("Small").table(
      {.columns = {{"x", ""}}, .rows = {{"1.5"}}, .caption = "numbers", .emphasised = {}});
  return page;
}

TEST(Page, AllTextIsEscaped) {
  const std::string html = sample_page().html();
  EXPECT_NE(html.find("<title>A &lt;title&gt;</title>"), std::string::npos);
  EXPECT_NE(html.find("<p>First, see <code>asterism tour</code>.</p>\n<p>Second &lt;b&gt;.</p>"), std::string::npos);
  EXPECT_NE(html.find("<pre>a &lt; b</pre>"), std::string::npos);
  EXPECT_NE(html.find("<b>Table 1.</b> numbers"), std::string::npos);
  EXPECT_NE(html.find("<a href=\"#part-2\">Two</a>"), std::string::npos);
  EXPECT_EQ(html.find("plotly"), std::string::npos);  // not without figures
}

TEST(Page, SectionsAreClosed) {
  const std::string html = sample_page().html();
  size_t opened = 0, closed = 0;
  for (size_t at = 0; (at = html.find("<section", at)) != std::string::npos; ++at) ++opened;
  for (size_t at = 0; (at = html.find("</section>", at)) != std::string::npos; ++at) ++closed;
  EXPECT_EQ(opened, 2u);
  EXPECT_EQ(closed, 2u);
}

TEST(Page, NothingMayBeFetched) {
  const std::string html = sample_page().html();
  EXPECT_NE(html.find("default-src 'none'"), std::string::npos);
  for (const char* word : {"<link", "src=\"http", "href=\"http", "@import"})
    EXPECT_EQ(html.find(word), std::string::npos) << word;
}

TEST(Page, FiguresBringPlotlyOnceAndCannotLeaveTheirScript) {
  Figure figure;
  figure.add(Scatter{.x = {1}, .y = {1}, .name = "</script><script>alert(1)</script>"});
  figure.caption = "two of them";
  Page page("t");
  page.section("s").figures({figure, figure});
  const std::string html = page.html();
  EXPECT_EQ(html.find("<script>alert"), std::string::npos);
  EXPECT_NE(html.find("<b>Figure 2.</b> two of them"), std::string::npos);
  size_t copies = 0;
  for (size_t at = 0; (at = html.find("plotly.js v", at)) != std::string::npos; ++at) ++copies;
  EXPECT_EQ(copies, 1u);
}

TEST(Page, IsWrittenWhole) {
  base::TemporaryFolder folder;
  const Page page = sample_page();
  page.write(folder / "a.html");
  EXPECT_EQ(base::read_text(folder / "a.html"), page.html());
}

}  // namespace
}  // namespace asterism::report
