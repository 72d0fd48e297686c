#include "data/inspect.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "base/signals.h"
#include "base/temporary_folder.h"
#include "data/batch_table.h"
#include "data/hats_write.h"
#include "io/json.h"
#include "io/parquet.h"
#include "tests/data/sample_batch.h"

namespace asterism::data {
namespace {

TEST(Inspect, CountsAndSuspects) {
  const base::TemporaryFolder folder;
  auto batch = sample_batch(50);
  auto constant = modalities::make_scalars(50, "", false), sentinel = constant, nowhere = constant;
  for (size_t i = 0; i < 50; ++i) {
    constant.present[i] = sentinel.present[i] = 1;
    constant.value[i] = 3;
    sentinel.value[i] = i % 10 == 0 ? -99 : double(i);
  }
  batch.blocks.emplace("constant", constant);
  batch.blocks.emplace("sentinel", sentinel);
  batch.blocks.emplace("nowhere", nowhere);
  HatsWriter writer(folder / "set", {.name = "set", .title = "A set"});
  writer.add(batch);
  writer.finish();
  const auto dataset = HatsReader::open(folder / "set");
  const auto report = inspect(dataset);
  EXPECT_EQ(report.rows, 50);
  EXPECT_EQ(report.placed, 43);
  for (const auto& c : report.columns) {
    int64_t present = 0;
    for (const uint8_t p : modalities::present(batch.blocks.at(c.modality))) present += p;
    EXPECT_EQ(c.present, present) << c.modality;
    const bool planted = c.modality == "constant" || c.modality == "sentinel" || c.modality == "nowhere";
    EXPECT_EQ(!c.suspicions.empty(), planted) << c.modality;
    if (c.modality == "image_legacy") {
      EXPECT_NEAR(c.masked_fraction, 0.1, 0.03);
    }
  }
  const std::string text = report_text(report);
  for (const char* word : {"A set", "50 rows", "image_legacy", "nanomaggy", "-99 looks like"})
    EXPECT_NE(text.find(word), std::string::npos) << word;
  EXPECT_EQ(io::parse_json(report_json(report), "report")["rows"], 50);
  EXPECT_EQ(find_object(dataset, "obj-17").objects[0].id, "obj-17");
  EXPECT_EQ(find_object(dataset, "mock/obj-18").size(), 1);
  EXPECT_THROW(find_object(dataset, "obj-50"), base::UserError);
  base::request_stop();
  EXPECT_THROW(inspect(dataset), base::Interrupted);
  base::clear_stop_request();
}

// Reading makes them harmless: what is stored must be looked at.
TEST(Inspect, NamesFaultsOfColumns) {
  const base::TemporaryFolder folder;
  auto batch = sample_batch(50);
  std::get<modalities::ScalarBlock>(batch.blocks.at("flux_g")).present[5] = 1;
  std::get<modalities::ScalarBlock>(batch.blocks.at("flux_g")).error[5] = -1;
  for (auto& object : batch.objects) object.ra_deg = object.dec_deg = NAN;
  io::write_parquet(folder / "x.parquet", *to_table(batch, schema_for(batch, {.name = "test"})));
  const std::string text = report_text(inspect(HatsReader::open(folder / "x.parquet")));
  for (const char* line : {"column ra: NaN in 43 rows, the first is row 0\n", "column dec: NaN in 43 rows",
                           "column flux_g_error: 1 values below 0 in 1 rows, the first -1 in row 5\n"})
    EXPECT_NE(text.find(line), std::string::npos) << text;
}

}  // namespace
}  // namespace asterism::data
