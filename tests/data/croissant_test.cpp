#include "data/croissant.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include "io/json.h"

namespace asterism::data {
namespace {

TEST(Croissant, DescribesFilesAndFieldsWithUnits) {
  const auto unit = [](const char* text) { return arrow::key_value_metadata({"unit"}, {text}); };
  const auto schema = arrow::schema(
      {arrow::field("object_id", arrow::utf8()), arrow::field("ra", arrow::float64(), true, unit("deg")),
       arrow::field("spectrum",
                    arrow::struct_({arrow::field("mask", arrow::list(arrow::boolean())),
                                    arrow::field("flux", arrow::list(arrow::float32()), true, unit("Jy"))}))});
  const auto json = io::parse_json(
      croissant(*schema, {.name = "t", .title = "T", .licence = "CC BY 4.0"}, "t", "2025-08-22"), "croissant");
  EXPECT_EQ(json["conformsTo"], "http://mlcommons.org/croissant/1.0");
  EXPECT_EQ(json["license"], "CC BY 4.0");
  EXPECT_EQ(json["distribution"][0]["includes"], "t/dataset/Norder=*/Dir=*/Npix=*.parquet");
  const auto& fields = json["recordSet"][0]["field"];
  ASSERT_EQ(fields.size(), 3u);
  EXPECT_EQ(fields[1]["unitText"], "deg");
  EXPECT_EQ(fields[1]["dataType"], "sc:Float");
  EXPECT_EQ(fields[1]["source"]["extract"]["column"], "ra");
  const auto& flux = fields[2]["subField"][1];
  EXPECT_EQ(flux["@id"], "rows/spectrum/flux");
  EXPECT_EQ(flux["unitText"], "Jy");
  EXPECT_EQ(flux["repeated"], true);
  EXPECT_EQ(flux["source"]["extract"]["column"], "spectrum");
  EXPECT_EQ(fields[2]["subField"][0]["dataType"], "sc:Boolean");
}

}  // namespace
}  // namespace asterism::data
