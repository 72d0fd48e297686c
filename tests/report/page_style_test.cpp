#include "report/page_style.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace asterism::report {
namespace {

TEST(PageStyle, FetchesNothing) {
  for (const std::string text : {page_style(), page_script()}) {
    for (const char* word :
         {"http:", "https:", "//cdn", "url(", "@import", "fetch(", "XMLHttpRequest", "</script", "</style"}) {
      EXPECT_EQ(text.find(word), std::string::npos) << word;
    }
    EXPECT_EQ(std::count(text.begin(), text.end(), '{'), std::count(text.begin(), text.end(), '}'));
  }
}

TEST(PageStyle, HasBothSchemesAndPrint) {
  const std::string style = page_style();
  EXPECT_NE(style.find("prefers-color-scheme: dark"), std::string::npos);
  EXPECT_NE(style.find("@media print"), std::string::npos);
}

}  // namespace
}  // namespace asterism::report
