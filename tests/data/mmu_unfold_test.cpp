#include "data/mmu_unfold.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "data/hats_read.h"
#include "data/survey.h"
#include "data/surveys/mmu.h"
#include "io/parquet.h"

namespace asterism::data {
namespace {

template <class Builder, class T>
std::shared_ptr<arrow::Array> field_column(const std::vector<T>& values) {
  Builder builder;
  EXPECT_TRUE(builder.AppendValues(values).ok());
  return *builder.Finish();
}

std::shared_ptr<arrow::Array> field_lists(const std::vector<std::vector<float>>& rows) {
  const auto values = std::make_shared<arrow::FloatBuilder>();
  arrow::ListBuilder out(arrow::default_memory_pool(), values);
  for (const auto& row : rows) EXPECT_TRUE(out.Append().ok() && values->AppendValues(row).ok());
  return *out.Finish();
}

std::shared_ptr<arrow::Array> structure(const arrow::ArrayVector& children, const std::vector<std::string>& names) {
  return *arrow::StructArray::Make(children, names);
}

std::vector<float> counted(float first, size_t n) {
  std::vector<float> out(n);
  std::iota(out.begin(), out.end(), first);
  return out;
}

std::shared_ptr<arrow::Table> gaia(size_t coefficients) {
  const auto floats = [](float value) { return field_column<arrow::FloatBuilder, float>({value}); };
  return arrow::Table::Make(
      arrow::schema(
          {arrow::field("object_id", arrow::int64()), arrow::field("ra", arrow::float32()),
           arrow::field("dec", arrow::float32()),
           arrow::field("spectral_coefficients",
                        arrow::struct_({arrow::field("coeff", arrow::list(arrow::float32())),
                                        arrow::field("coeff_error", arrow::list(arrow::float32()))})),
           arrow::field("photometry", arrow::struct_({arrow::field("phot_g_mean_flux", arrow::float32()),
                                                      arrow::field("phot_g_mean_flux_error", arrow::float32())})),
           arrow::field("astrometry", arrow::struct_({arrow::field("ra", arrow::float32()),
                                                      arrow::field("parallax", arrow::float32())}))}),
      {field_column<arrow::Int64Builder, int64_t>({4295806720}), floats(44.99F), floats(0.005F),
       structure({field_lists({counted(1, coefficients)}), field_lists({counted(0.5F, coefficients)})},
                 {"coeff", "coeff_error"}),
       structure({floats(500), floats(5)}, {"phot_g_mean_flux", "phot_g_mean_flux_error"}),
       structure({floats(44.99F), floats(2.5F)}, {"ra", "parallax"})});
}

TEST(MmuUnfold, StructsOfNumbersAndCoefficients) {
  const MmuUnfolding unfolding(*gaia(110)->schema());
  const auto table = unfolding.unfold(*gaia(110), "rows");
  ASSERT_TRUE(table->ValidateFull().ok());
  for (const char* name : {"bp_coefficients", "rp_coefficients_error", "phot_g_mean_flux", "astrometry_ra", "parallax"})
    EXPECT_GE(table->schema()->GetFieldIndex(name), 0) << name;
  EXPECT_EQ(table->schema()->GetFieldIndex("spectral_coefficients"), -1);
  EXPECT_TRUE(unfolding.schema()->Equals(*table->schema()));
  EXPECT_THROW(unfolding.unfold(*gaia(109), "rows"), base::DataError);
  EXPECT_EQ(unfolding.source("rp_coefficients"), "spectral_coefficients");
  EXPECT_EQ(unfolding.source("astrometry_ra"), "astrometry");
  EXPECT_EQ(unfolding.source("ra"), "");
  // A part of the columns gets the same names as all of them.
  const auto part = unfolding.unfold(*gaia(110)->SelectColumns({5}).ValueOrDie(), "rows");
  EXPECT_EQ(part->schema()->field_names(), (std::vector<std::string>{"astrometry_ra", "parallax"}));
}

TEST(MmuUnfold, GaiaIsImportedWithUnits) {
  const base::TemporaryFolder folder;
  io::write_parquet(folder / "part.parquet", *gaia(110), {});
  BadRows bad(0);
  const auto import = open_mmu({folder / "part.parquet"}, {}, bad);
  const auto batch = import->next();
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->objects[0].survey, "gaia");
  const auto& rp = std::get<modalities::VectorBlock>(batch->blocks.at("rp_coefficients"));
  EXPECT_EQ(rp.width, 55);
  EXPECT_EQ(rp.value[0], 56);
  const auto& flux = std::get<modalities::ScalarBlock>(batch->blocks.at("phot_g_mean_flux"));
  EXPECT_EQ(flux.unit, "electron/s");
  EXPECT_EQ(flux.error[0], 5);
  EXPECT_EQ(std::get<modalities::ScalarBlock>(batch->blocks.at("parallax")).unit, "mas");
}

// A catalogue that is opened as it is has what an import of it has.
TEST(MmuUnfold, GaiaIsReadDirectlyAsItIsImported) {
  const base::TemporaryFolder folder;
  io::write_parquet(folder / "part.parquet", *gaia(110), {});
  BadRows bad(0);
  const auto imported = open_mmu({folder / "part.parquet"}, {}, bad)->next();
  ASSERT_TRUE(imported);
  const auto reader = HatsReader::open(folder / "part.parquet");
  const auto names = reader.layout().names();
  const auto batch = reader.read(reader.groups()[0]);
  EXPECT_EQ(batch.blocks.size(), imported->blocks.size());
  for (const auto& [name, block] : imported->blocks) {
    ASSERT_EQ(batch.blocks.count(name), 1u) << name;
    EXPECT_NE(std::find(names.begin(), names.end(), name), names.end()) << name;
    if (const auto* scalar = std::get_if<modalities::ScalarBlock>(&block)) {
      const auto& direct = std::get<modalities::ScalarBlock>(batch.blocks.at(name));
      EXPECT_EQ(direct.value, scalar->value) << name;
      EXPECT_EQ(direct.error, scalar->error) << name;
      EXPECT_EQ(direct.unit, scalar->unit) << name;
    } else {
      EXPECT_EQ(std::get<modalities::VectorBlock>(batch.blocks.at(name)).value,
                std::get<modalities::VectorBlock>(block).value);
    }
  }
  // Some of it reads the columns of these alone, and gives them the same names.
  const auto some = reader.read(reader.groups()[0], {"astrometry_ra", "rp_coefficients"});
  EXPECT_EQ(some.blocks.size(), 2u);
  EXPECT_NEAR(std::get<modalities::ScalarBlock>(some.blocks.at("astrometry_ra")).value[0], 44.99, 1e-5);
  EXPECT_EQ(reader.schema()->field_names(), gaia(110)->schema()->field_names());  // the files are as they are
  EXPECT_EQ(reader.read_table(reader.groups()[0])->num_columns(), 6);
}

TEST(MmuUnfold, StampsHaveBandsAndFlux) {
  const auto views = std::make_shared<arrow::StringBuilder>();
  arrow::ListBuilder names(arrow::default_memory_pool(), views);
  ASSERT_TRUE(names.Append().ok() && views->AppendValues({"science", "difference"}).ok());
  const auto pixels = std::make_shared<arrow::FloatBuilder>();
  const auto lines = std::make_shared<arrow::ListBuilder>(arrow::default_memory_pool(), pixels);
  const auto planes = std::make_shared<arrow::ListBuilder>(arrow::default_memory_pool(), lines);
  arrow::ListBuilder arrays(arrow::default_memory_pool(), planes);
  ASSERT_TRUE(arrays.Append().ok());
  for (int plane = 0; plane < 2; ++plane) {
    ASSERT_TRUE(planes->Append().ok());
    for (int line = 0; line < 2; ++line)
      ASSERT_TRUE(lines->Append().ok() && pixels->AppendValues({float(plane), float(line)}).ok());
  }
  const auto image = structure({*names.Finish(), *arrays.Finish()}, {"view", "array"});
  const auto table = arrow::Table::Make(
      arrow::schema({arrow::field("object_id", arrow::int64()), arrow::field("image", image->type())}),
      {field_column<arrow::Int64Builder, int64_t>({7}), image});
  const base::TemporaryFolder folder;
  io::write_parquet(folder / "btsbot.parquet", *table, {});
  BadRows bad(0);
  const auto batch = open_mmu({folder / "btsbot.parquet"}, {}, bad)->next();
  ASSERT_TRUE(batch);
  const auto& block = std::get<modalities::ImageBlock>(batch->blocks.at("image_btsbot"));
  EXPECT_EQ(block.bands[1].name, "ztf-difference");
  EXPECT_EQ(block.flux[4], 1);
  EXPECT_EQ(block.unit, "counts");
}

}  // namespace
}  // namespace asterism::data
