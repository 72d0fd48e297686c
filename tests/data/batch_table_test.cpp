#include "data/batch_table.h"

#include <arrow/api.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "io/parquet.h"
#include "tests/data/sample_batch.h"

namespace asterism::data {
namespace {

void expect_same_batch(const modalities::Batch& a, const modalities::Batch& b) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.objects.size(); ++i) EXPECT_TRUE(same_object(a.objects[i], b.objects[i])) << i;
  ASSERT_EQ(a.blocks.size(), b.blocks.size());
  for (const auto& [name, block] : a.blocks) EXPECT_TRUE(same_block(block, b.blocks.at(name))) << name;
}

TEST(BatchTable, GoesToATableAndBack) {
  const auto batch = sample_batch(30);
  const auto schema = schema_for(batch, {.name = "test"});
  const auto table = to_table(batch, schema);
  ASSERT_TRUE(table->ValidateFull().ok()) << table->ValidateFull().ToString();
  const auto back = from_table(*table, layout_of(*schema, "test"), {}, "test");
  modalities::check(back);
  expect_same_batch(batch, back);
}

TEST(BatchTable, SurvivesParquet) {
  const base::TemporaryFolder folder;
  const auto batch = sample_batch(30);
  const auto schema = schema_for(batch, {.name = "test"});
  io::write_parquet(folder / "x.parquet", *to_table(batch, schema), {.rows_per_group = 7});
  const auto table = io::read_parquet(folder / "x.parquet");
  expect_same_batch(batch, from_table(*table, layout_of(*table->schema(), "x"), {}, "x"));
  const auto some =
      from_table(*table->Slice(11, 9), layout_of(*table->schema(), "x"), {"image_legacy", "flux_g"}, "x", 11);
  std::vector<int64_t> rows;
  for (int64_t i = 11; i < 20; ++i) rows.push_back(i);
  auto part = modalities::select(batch, rows);
  std::erase_if(part.blocks,
                [](const auto& entry) { return entry.first != "image_legacy" && entry.first != "flux_g"; });
  expect_same_batch(part, some);
}

// Rows are read a few hundred at a time: which of them is damaged is told by its id.
TEST(BatchTable, NamesTheObjectThatCannotBeRead) {
  for (const size_t row : {size_t{0}, size_t{17}, size_t{29}}) {
    auto batch = sample_batch(30);
    auto& block = batch.blocks.at("spectrum_desi");
    const auto& there = modalities::present(block);
    const auto one = std::find(there.begin(), there.end(), 1) - there.begin();
    block = modalities::select(block, std::vector<int64_t>(30, one));
    auto& spectra = std::get<modalities::SpectrumBlock>(block);
    float* wavelength = spectra.wavelength_angstrom.data() + row * size_t(spectra.length);
    std::swap(wavelength[0], wavelength[1]);
    const auto schema = schema_for(batch, {.name = "test"});
    try {
      from_table(*to_table(batch, schema), layout_of(*schema, "test"), {"spectrum_desi"}, "test");
      FAIL() << row;
    } catch (const base::DataError& error) {
      EXPECT_NE(std::string(error.what()).find(fmt::format("(object mock/obj-{})", row)), std::string::npos)
          << error.what();
    }
  }
}

TEST(BatchTable, RowsWithoutAnIdAreRefused) {
  auto batch = sample_batch(3);
  batch.objects[1].id = "";
  const auto schema = schema_for(batch, {.name = "test"});
  const auto table = to_table(batch, schema);
  const auto layout = layout_of(*schema, "test");
  EXPECT_THROW(from_table(*table, layout, {}, "test"), base::DataError);
  const int column = table->schema()->GetFieldIndex("object_id");
  const auto without = table->RemoveColumn(column).ValueOrDie();
  EXPECT_EQ(from_table(*without, layout_of(*without->schema(), "test"), {}, "test").objects[1].id, "row-1");
}

TEST(BatchTable, ColumnsAreThoseOfTheMultimodalUniverse) {
  const auto batch = sample_batch(3);
  const auto schema = schema_for(batch, {.name = "test"});
  EXPECT_GE(schema->GetFieldIndex("image"), 0);
  EXPECT_GE(schema->GetFieldIndex("spectrum"), 0);
  EXPECT_GE(schema->GetFieldIndex("flux_g_error"), 0);
  const auto image = schema->GetFieldByName("image")->type();
  for (const char* child : {"band", "flux", "ivar", "mask", "psf_fwhm", "scale"})
    EXPECT_GE(static_cast<const arrow::StructType&>(*image).GetFieldIndex(child), 0) << child;
  for (const auto& field : schema->fields()) {
    ASSERT_TRUE(field->metadata()) << field->name();
    EXPECT_GE(field->metadata()->FindKey("description"), 0) << field->name();
  }
  // Two spectra: each under its own name.
  auto two = batch;
  two.blocks.emplace("spectrum_sdss", two.blocks.at("spectrum_desi"));
  const auto other = schema_for(two, {.name = "test"});
  EXPECT_GE(other->GetFieldIndex("spectrum_sdss"), 0);
  EXPECT_GE(other->GetFieldIndex("spectrum_desi"), 0);
  EXPECT_LT(other->GetFieldIndex("spectrum"), 0);
}

// Lists of one struct and row have equal lengths, as nested-pandas wants, also where a field is unknown.
TEST(BatchTable, ListsOfAStructHaveEqualLengths) {
  auto batch = sample_batch(10);
  batch.blocks.at("image_legacy") = sample_images(10, 5, false);
  const auto table = to_table(batch, schema_for(batch, {.name = "test"}));
  for (const char* name : {"image", "spectrum"}) {
    const auto& column = static_cast<const arrow::StructArray&>(*table->GetColumnByName(name)->chunk(0));
    for (int64_t row = 0; row < column.length(); ++row) {
      for (int c = 1; c < column.num_fields(); ++c) {
        const auto length = [&](int k) {
          return static_cast<const arrow::ListArray&>(*column.field(k)).value_length(row);
        };
        EXPECT_EQ(length(c), length(0)) << name << " " << row << " " << c;
      }
    }
  }
}

TEST(BatchTable, RefusesABatchOfAnotherKind) {
  const auto batch = sample_batch(5);
  const auto schema = schema_for(batch, {.name = "test"});
  auto other = batch;
  std::get<modalities::ScalarBlock>(other.blocks.at("flux_g")).unit = "counts";
  EXPECT_THROW(to_table(other, schema), base::DataError);
  other = batch;
  other.blocks.erase("redshift");
  EXPECT_THROW(to_table(other, schema), base::DataError);
  other = batch;
  other.blocks.emplace("new", other.blocks.at("redshift"));
  EXPECT_THROW(to_table(other, schema), base::DataError);
  EXPECT_THROW(from_table(*to_table(batch, schema), layout_of(*schema, "x"), {"flux_q"}, "x"), base::UserError);
}

TEST(BatchTable, ReadsAMultimodalUniverseFile) {
  const auto path = shared_folder() / "realdata" / "desi" / "mmu-desi.parquet";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no " << path << ": set ASTERISM_SHARED";
  const auto table = io::read_parquet(path);
  const Layout layout = layout_of(*table->schema(), "mmu-desi");
  const auto batch = from_table(*table, layout, {}, "mmu-desi");
  modalities::check(batch);
  ASSERT_EQ(batch.size(), 2);
  EXPECT_FALSE(batch.objects[0].has_position);
  EXPECT_EQ(batch.objects[0].survey, "desi");
  const auto& spectrum = std::get<modalities::SpectrumBlock>(batch.blocks.at("spectrum_desi"));
  EXPECT_EQ(spectrum.length, 7781);
  EXPECT_NEAR(spectrum.wavelength_angstrom[0], 3600, 0.01);
  EXPECT_NEAR(spectrum.lsf_sigma_angstrom[4000], 0.8725 * 0.8, 0.01) << "pixels of 0.8 A become Angstrom";
  const auto& z = std::get<modalities::ScalarBlock>(batch.blocks.at("redshift"));
  EXPECT_NEAR(z.value[0], 0.5354, 1e-4);
  EXPECT_TRUE(z.has_error);
  const auto& good = std::get<modalities::ScalarBlock>(batch.blocks.at("redshift_ok"));
  EXPECT_EQ(good.value[0], 0);
  EXPECT_EQ(good.value[1], 1) << "ZWARN true is good in this survey's files";
  const auto& flux = std::get<modalities::ScalarBlock>(batch.blocks.at("flux_g"));
  EXPECT_EQ(flux.present[0], 0) << "an inverse variance of 0: not measured";
}

}  // namespace
}  // namespace asterism::data
