#include "data/column_faults.h"

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "data/batch_table.h"
#include "tests/data/sample_batch.h"

namespace asterism::data {
namespace {

using testing::ElementsAre;

// Sample objects as they are stored, with faults that reading would make harmless.
struct Planted {
  Planted() {
    batch = sample_batch(40);
    batch.blocks["image_legacy"] = modalities::select(batch.blocks.at("image_legacy"), std::vector<int64_t>(40, 0));
    schema = schema_for(batch, {.name = "test"});
    layout = layout_of(*schema, "test");
  }
  std::vector<std::string> lines() {
    const auto table = to_table(batch, schema);
    ColumnFaults faults(layout);
    for (int64_t row = 0; row < 40; row += 15) faults.add(*table->Slice(row, 15), row);
    return faults.lines();
  }
  modalities::Batch batch;
  std::shared_ptr<arrow::Schema> schema;
  Layout layout;
};

TEST(ColumnFaults, FindsNoneInWhatIsWell) { EXPECT_THAT(Planted().lines(), ElementsAre()); }

TEST(ColumnFaults, NamesColumnCountAndFirstRow) {
  Planted p;
  auto& spectra = std::get<modalities::SpectrumBlock>(p.batch.blocks.at("spectrum_desi"));
  auto& flux = std::get<modalities::ScalarBlock>(p.batch.blocks.at("flux_g"));
  for (const size_t row : {22, 36}) {
    ASSERT_EQ(spectra.present[row], 1);
    spectra.ivar[row * size_t(spectra.length) + 3] = spectra.ivar[row * size_t(spectra.length) + 5] = -2;
  }
  flux.present[31] = 1;
  flux.error[31] = -0.5;
  p.batch.objects[18].dec_deg = NAN;
  EXPECT_THAT(p.lines(), ElementsAre("column dec: NaN in 1 rows, the first is row 18",
                                     "column flux_g_error: 1 values below 0 in 1 rows, the first -0.5 in row 31",
                                     "column spectrum.ivar: 4 values below 0 in 2 rows, the first -2 in row 22"));
}

TEST(ColumnFaults, NamesPixelScalesThatAreNone) {
  Planted p;
  std::get<modalities::ImageBlock>(p.batch.blocks.at("image_legacy")).pixel_scale_arcsec = -1;  // 0 is stored as null
  EXPECT_THAT(p.lines(), ElementsAre("column image.scale: 80 values not above 0 in 40 rows, the first -1 in row 0"));
}

}  // namespace
}  // namespace asterism::data
