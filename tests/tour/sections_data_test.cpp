#include "tour/sections_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "tests/similar/tiny_dataset.h"

namespace asterism::tour {
namespace {

TEST(SectionsData, ShowsCountsMapAndPictures) {
  const base::TemporaryFolder folder;
  const auto ring = similar::write_ring(folder / "ring");
  report::Page page("test");
  add_dataset_section(page, ring, "ring", "twelve on a ring", true);
  const std::string html = page.html();
  for (const char* text :
       {"Data: ring", "twelve on a ring", "12 objects, 3 modalities", "image_legacy", "ring-11", "z = 0.300"})
    EXPECT_THAT(html, ::testing::HasSubstr(text)) << text;
}

}  // namespace
}  // namespace asterism::tour
