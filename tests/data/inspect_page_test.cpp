#include "data/inspect_page.h"

#include <gtest/gtest.h>

#include "base/atomic_file.h"
#include "base/temporary_folder.h"
#include "data/hats_write.h"
#include "tests/data/sample_batch.h"

namespace asterism::data {
namespace {

TEST(InspectPage, ShowsEveryModality) {
  const base::TemporaryFolder folder;
  HatsWriter writer(folder / "set", {.name = "set", .title = "A <set>"});
  writer.add(sample_batch(20));
  writer.finish();
  const auto dataset = HatsReader::open(folder / "set");
  write_inspect_page(dataset, inspect(dataset), folder / "page.html");
  const std::string html = base::read_text(folder / "page.html");
  for (const char* word :
       {"A &lt;set&gt;", "image_legacy", "spectrum_desi", "rgb_image", "redshift", "lightcurve_ztf", "catalog_legacy"})
    EXPECT_NE(html.find(word), std::string::npos) << word;
}

}  // namespace
}  // namespace asterism::data
