#include "data/surveys/mmu_light_curves.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "io/parquet.h"
#include "tests/data/sample_batch.h"

namespace asterism::data {
namespace {

template <class Builder, class T>
std::shared_ptr<arrow::Array> curve_lists(const std::vector<std::vector<T>>& rows) {
  auto values = std::make_shared<Builder>();
  arrow::ListBuilder out(arrow::default_memory_pool(), values);
  for (const auto& row : rows) EXPECT_TRUE(out.Append().ok() && values->AppendValues(row).ok());
  return *out.Finish();
}

template <class Builder, class T>
std::shared_ptr<arrow::Array> curve_column(const std::vector<T>& values) {
  Builder builder;
  EXPECT_TRUE(builder.AppendValues(values).ok());
  return *builder.Finish();
}

std::shared_ptr<arrow::Table> table(const std::vector<std::string>& names, const arrow::ArrayVector& arrays) {
  arrow::FieldVector fields;
  for (size_t i = 0; i < names.size(); ++i) fields.push_back(arrow::field(names[i], arrays[i]->type()));
  return arrow::Table::Make(arrow::schema(fields), arrays);
}

using Texts = std::vector<std::vector<std::string>>;
using Floats = std::vector<std::vector<float>>;

std::shared_ptr<arrow::Table> plasticc_table(float flux) {
  const auto curve =
      *arrow::StructArray::Make({curve_lists<arrow::StringBuilder>(Texts{{"LSST g", "LSST u", "LSST u"}, {"z"}}),
                                 curve_lists<arrow::FloatBuilder>(Floats{{59851, 59850, 0}, {60000}}),
                                 curve_lists<arrow::FloatBuilder>(Floats{{flux, 100, 0}, {5}}),
                                 curve_lists<arrow::FloatBuilder>(Floats{{1, 2, 0}, {1}})},
                                std::vector<std::string>{"band", "time", "flux", "flux_err"});
  return table({"object_id", "ra", "dec", "lightcurve", "redshift"},
               {curve_column<arrow::StringBuilder, std::string>({"615", "713"}),
                curve_column<arrow::FloatBuilder, float>({1, 2}), curve_column<arrow::FloatBuilder, float>({3, 4}),
                curve, curve_column<arrow::FloatBuilder, float>({0.5F, 1})});
}

TEST(MmuLightCurves, PlasticcOnceEachAndInNanomaggies) {
  const base::TemporaryFolder folder;
  const auto rows = plasticc_table(-200);
  const auto twice = *arrow::ConcatenateTables({rows, rows});
  io::write_parquet(folder / "a.parquet", *twice, {.rows_per_group = 1});
  BadRows bad(1);
  const auto import = open_plasticc({folder.path()}, {}, bad);
  std::vector<modalities::Batch> parts;
  while (auto batch = import->next()) {
    modalities::check(*batch);
    parts.push_back(std::move(*batch));
  }
  const auto all = modalities::concatenate(parts);
  ASSERT_EQ(all.size(), 2);
  EXPECT_EQ(import->expected_rows(), 4);
  EXPECT_EQ(bad.count(), 0);
  EXPECT_FALSE(all.objects[0].has_position);  // the published ones are random numbers
  const auto& curve = std::get<modalities::LightCurveBlock>(all.blocks.at("lightcurve_lsst"));
  EXPECT_EQ(curve.count, (base::AlignedVector<int32_t>{2, 1}));  // the padding is gone
  EXPECT_EQ(curve.unit, "nanomaggy");
  EXPECT_EQ(curve.bands.size(), 6U);
  EXPECT_FLOAT_EQ(curve.value[0], 1);  // u came first in time: FLUXCAL 100
  EXPECT_EQ(curve.bands[size_t(curve.band[0])].name, "lsst-u");
  EXPECT_FLOAT_EQ(curve.value[1], -2);
  EXPECT_TRUE(all.blocks.count("redshift") == 1);

  io::write_parquet(folder / "b.parquet", *plasticc_table(7), {});
  BadRows some(1);
  const auto again = open_plasticc({folder.path()}, {}, some);
  while (again->next()) {
  }
  EXPECT_EQ(some.count(), 1);
  EXPECT_NE(some.csv().find("came before with other values"), std::string::npos);
}

TEST(MmuLightCurves, TessTimesAndQuality) {
  const base::TemporaryFolder folder;
  const auto curve = *arrow::StructArray::Make(
      {curve_lists<arrow::DoubleBuilder>(std::vector<std::vector<double>>{{1325.5, 1325.6, 0}}),
       curve_lists<arrow::FloatBuilder>(Floats{{1000, 1001, 0}}), curve_lists<arrow::FloatBuilder>(Floats{{3, 3, 0}}),
       curve_lists<arrow::Int32Builder>(std::vector<std::vector<int>>{{0, 16, 0}})},
      std::vector<std::string>{"time", "flux", "flux_err", "quality"});
  io::write_parquet(folder / "t.parquet", *table({"object_id", "RA", "DEC", "lightcurve"},
                                                 {curve_column<arrow::StringBuilder, std::string>({"b'  261136679'"}),
                                                  curve_column<arrow::DoubleBuilder, double>({84.29}),
                                                  curve_column<arrow::DoubleBuilder, double>({-80.47}), curve}));
  BadRows bad(0);
  const auto import = open_tess({folder / "t.parquet"}, {}, bad);
  const auto batch = import->next();
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->objects[0].id, "261136679");
  EXPECT_NEAR(batch->objects[0].ra_deg, 84.29, 1e-9);
  const auto& block = std::get<modalities::LightCurveBlock>(batch->blocks.at("lightcurve_tess"));
  EXPECT_EQ(block.count[0], 2);
  EXPECT_NEAR(block.time_day[0], 1325.5 + 56999.5, 1e-9);
  EXPECT_EQ(block.mask, (base::AlignedVector<uint8_t>{0, 1}));
}

TEST(MmuLightCurves, AnotherSchemaIsRefused) {
  const base::TemporaryFolder folder;
  io::write_parquet(folder / "t.parquet",
                    *table({"object_id"}, {curve_column<arrow::StringBuilder, std::string>({"1"})}));
  BadRows bad(0);
  const auto import = open_tess({folder / "t.parquet"}, {}, bad);
  EXPECT_THROW(import->next(), base::DataError);
}

}  // namespace
}  // namespace asterism::data
