#include "data/list_columns.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "data/column_blocks.h"
#include "modalities/light_curve.h"
#include "tests/data/sample_batch.h"

namespace asterism::data {
namespace {

template <class Builder, class T>
std::shared_ptr<arrow::Array> list(const std::vector<std::vector<T>>& rows) {
  auto values = std::make_shared<Builder>();
  arrow::ListBuilder lists(arrow::default_memory_pool(), values);
  for (const auto& row : rows) {
    EXPECT_TRUE(lists.Append().ok());
    EXPECT_TRUE(values->AppendValues(row).ok());
  }
  return *lists.Finish();
}

std::shared_ptr<arrow::Table> one_column(const std::string& name, const std::vector<std::string>& fields,
                                         const arrow::ArrayVector& arrays) {
  const auto column = *arrow::StructArray::Make(arrays, fields);
  return arrow::Table::Make(arrow::schema({arrow::field(name, column->type())}), {column});
}

// What Multimodal Universe's supernova and PLAsTiCC files look like, with their paddings.
TEST(ListColumns, PaddingOfPublishedLightCurvesIsDropped) {
  const auto table = one_column("lightcurve", {"band", "time", "flux", "flux_err"},
                                {list<arrow::StringBuilder, std::string>({{"r", "g", "r", "g"}, {"i", "i"}}),
                                 list<arrow::FloatBuilder, float>({{59002, 59001, -99, 0}, {0, 59001}}),
                                 list<arrow::FloatBuilder, float>({{2, 1, -99, 0}, {0, 7}}),
                                 list<arrow::FloatBuilder, float>({{0.2F, 0.1F, -99, 0}, {0, NAN}})});
  const Layout layout = layout_of(*table->schema(), "plasticc");
  const auto* column = layout.find("lightcurve_plasticc");
  ASSERT_NE(column, nullptr);
  EXPECT_EQ(column->kind, "light_curve");
  EXPECT_EQ(column->time_system, "MJD");
  const auto block = std::get<modalities::LightCurveBlock>(read_block(*table, *column, "file"));
  ASSERT_EQ(block.bands.size(), 3U);
  EXPECT_EQ(block.count, (base::AlignedVector<int32_t>{2, 1}));
  EXPECT_EQ(block.time_day[0], 59001);  // sorted
  EXPECT_EQ(block.bands[size_t(block.band[0])].name, "g");
  EXPECT_EQ(block.value[2], 7);
  EXPECT_EQ(block.error[2], 0);  // unknown, not NaN
}

TEST(ListColumns, QualityIsAMaskAndABandMayBeMissing) {
  const auto table =
      one_column("lightcurve", {"time", "flux", "flux_err", "quality"},
                 {list<arrow::FloatBuilder, float>({{1, 2}}), list<arrow::FloatBuilder, float>({{5, 6}}),
                  list<arrow::FloatBuilder, float>({{1, 1}}), list<arrow::Int32Builder, int>({{0, 128}})});
  const Layout layout = layout_of(*table->schema(), "tess_spoc");
  const auto* column = layout.find("lightcurve_tess");
  ASSERT_NE(column, nullptr);
  const auto block = std::get<modalities::LightCurveBlock>(read_block(*table, *column, "file"));
  EXPECT_EQ(block.mask, (base::AlignedVector<uint8_t>{0, 1}));
  EXPECT_EQ(block.time_system, "day");
}

TEST(ListColumns, ListsThatDisagreeAreNamed) {
  const auto table =
      one_column("lightcurve", {"band", "time", "mag"},
                 {list<arrow::StringBuilder, std::string>({{"r"}}), list<arrow::FloatBuilder, float>({{59002, 59001}}),
                  list<arrow::FloatBuilder, float>({{2, 1}})});
  const Layout layout = layout_of(*table->schema(), "csp");
  try {
    read_block(*table, layout.modalities.at(0), "file");
    FAIL();
  } catch (const base::DataError& error) {
    EXPECT_NE(std::string(error.what()).find("row 0: 1 values of the band at 2 times"), std::string::npos)
        << error.what();
  }
}

TEST(ListColumns, MmuCatalogOfNeighbours) {
  const auto table =
      one_column("catalog", {"X", "Y", "FLUX_G", "SHAPE_R"},
                 {list<arrow::FloatBuilder, float>({{1, 2}, {}}), list<arrow::FloatBuilder, float>({{3, 4}, {}}),
                  list<arrow::FloatBuilder, float>({{5, NAN}, {}}), list<arrow::FloatBuilder, float>({{0, 0}, {}})});
  const Layout layout = layout_of(*table->schema(), "legacysurvey");
  const auto* column = layout.find("catalog_legacy");
  ASSERT_NE(column, nullptr);
  const auto block = std::get<modalities::CatalogBlock>(read_block(*table, *column, "file"));
  EXPECT_EQ(block.columns[2].unit, "nanomaggy");
  EXPECT_EQ(block.count, (base::AlignedVector<int32_t>{2, 0}));
  EXPECT_EQ(block.mask[5], 1);  // the flux that is no number
  EXPECT_EQ(block.value[5], 0);
}

}  // namespace
}  // namespace asterism::data
