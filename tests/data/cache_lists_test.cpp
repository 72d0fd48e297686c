#include "data/cache_lists.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "tests/data/sample_batch.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;

TEST(CacheLists, LightCurvesComeBackWithTheirBands) {
  const base::TemporaryFolder folder;
  auto a = sample_light_curves(9, 1), b = sample_light_curves(5, 2);
  b.bands = {{"r", 6400, 1400}, {"g", 4800, 1300}};  // the same names in another order
  const auto writer = write_light_curve_cache(folder.path(), "lightcurve_ztf");
  writer->add(a);
  writer->add(b);
  writer->close();
  ModalityColumn column;
  column.modality = "lightcurve_ztf";
  column.kind = "light_curve";
  column.unit = "mag";
  column.time_system = "MJD";
  const auto reader = open_light_curve_cache(folder.path(), column);
  const auto all = modalities::concatenate(std::vector<modalities::Block>{a, b});
  std::vector<int64_t> places;
  int64_t next = 0;
  for (const uint8_t present : modalities::present(all)) places.push_back(present != 0 ? next++ : -1);
  EXPECT_EQ(reader->num_rows(), next);
  EXPECT_TRUE(same_block(reader->gather(places), all));
  EXPECT_NO_THROW(modalities::check("cached", reader->gather(places)));
}

TEST(CacheLists, ListsOfSourcesComeBack) {
  const base::TemporaryFolder folder;
  const auto a = sample_catalogs(9, 1), b = sample_catalogs(5, 2);
  const auto writer = write_catalog_cache(folder.path(), "catalog_legacy");
  writer->add(a);
  writer->add(b);
  writer->close();
  ModalityColumn column;
  column.modality = "catalog_legacy";
  column.kind = "catalog";
  column.lists = a.columns;
  const auto reader = open_catalog_cache(folder.path(), column);
  const auto all = modalities::concatenate(std::vector<modalities::Block>{a, b});
  std::vector<int64_t> places;
  int64_t next = 0;
  for (const uint8_t present : modalities::present(all)) places.push_back(present != 0 ? next++ : -1);
  EXPECT_TRUE(same_block(reader->gather(places), all));
  column.lists.push_back({"Y", "pixel"});  // a width that does not divide every list
  column.lists.push_back({"Z", "pixel"});
  column.lists.push_back({"Q", "pixel"});
  EXPECT_THROW(open_catalog_cache(folder.path(), column), base::DataError);
}

}  // namespace
}  // namespace asterism::data
