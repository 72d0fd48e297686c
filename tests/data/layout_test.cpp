#include "data/layout.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/data/sample_batch.h"

namespace asterism::data {
namespace {

TEST(Layout, TellsWhatTheSchemaWasMadeFrom) {
  const auto schema = schema_for(sample_batch(4), {.name = "test"});
  const Layout layout = layout_of(*schema, "test");
  const auto* image = layout.find("image_legacy");
  ASSERT_NE(image, nullptr);
  EXPECT_EQ(image->column, "image");
  EXPECT_EQ(image->height, 6);
  EXPECT_EQ(image->width, 5);
  EXPECT_EQ(image->unit, "nanomaggy");
  EXPECT_EQ(image->pixel_scale_arcsec, 0.262);
  EXPECT_EQ(image->bands, (std::vector<modalities::Band>{{"des-g", 4800, 1300}, {"des-r", 6400, 1400}}));
  EXPECT_EQ(layout.find("flux_g")->extra_column, "flux_g_error");
  EXPECT_EQ(layout.find("nothing"), nullptr);
  EXPECT_EQ(layout.columns_for({"flux_g"}),
            (std::vector<std::string>{"object_id", "ra", "dec", "survey", "flux_g", "flux_g_error"}));
  EXPECT_THROW(layout.columns_for({"flux_h"}), base::UserError);
}

TEST(Layout, RefusesColumnsThatAreNotWhatTheyClaim) {
  const auto field = [](const std::string& kind, const std::string& bands,
                        const std::shared_ptr<arrow::DataType>& type) {
    return arrow::schema({arrow::field(
        "x", type, true,
        arrow::key_value_metadata({"asterism:modality", "asterism:kind", "asterism:role", "asterism:bands"},
                                  {"x", kind, "value", bands}))});
  };
  const auto any = arrow::struct_({arrow::field("flux", arrow::float32())});
  EXPECT_NO_THROW(layout_of(*field("image", "[]", any), "t"));
  EXPECT_THROW(layout_of(*field("painting", "[]", any), "t"), base::DataError);
  EXPECT_THROW(layout_of(*field("scalar", "", any), "t"), base::DataError);
  EXPECT_THROW(layout_of(*field("image", "", arrow::float64()), "t"), base::DataError);
  EXPECT_THROW(layout_of(*field("image", "{", any), "t"), base::DataError);
  EXPECT_THROW(layout_of(*field("image", "[1]", any), "t"), base::DataError);
}

TEST(Layout, RefusesTwoModalitiesOfOneColumn) {
  modalities::Batch batch;
  batch.objects.push_back({"s", "a", false, 0, 0});
  batch.blocks.emplace("flux_g", modalities::make_scalars(1, "nanomaggy", true));
  batch.blocks.emplace("flux_g_error", modalities::make_scalars(1, "nanomaggy", false));
  EXPECT_THROW(schema_for(batch, {.name = "x"}), base::DataError);
}

}  // namespace
}  // namespace asterism::data
