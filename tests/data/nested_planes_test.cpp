#include "data/nested_planes.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "data/batch_table.h"
#include "tests/data/sample_batch.h"

namespace asterism::data {
namespace {

TEST(NestedPlanes, FindsThePixelsAndRefusesOtherSizes) {
  const auto batch = sample_batch(4);
  const auto schema = schema_for(batch, {.name = "x"});
  const auto table = to_table(batch, schema);
  const auto column = std::static_pointer_cast<arrow::StructArray>(table->GetColumnByName("image")->chunk(0));
  const PlaneField flux = plane_field(*column, "flux", "here");
  ASSERT_TRUE(flux.known);
  const int64_t start = planes_start(flux, 2, 6, 5, 1, "here");
  const auto& values = static_cast<const arrow::FloatArray&>(*flux.pixels.values);
  const auto& images = std::get<modalities::ImageBlock>(batch.blocks.at("image_legacy"));
  for (int64_t i = 0; i < 60; ++i) EXPECT_EQ(values.Value(start + i), images.flux[size_t(60 + i)]);
  EXPECT_THROW(planes_start(flux, 3, 6, 5, 1, "here"), base::DataError);
  EXPECT_THROW(planes_start(flux, 2, 5, 6, 1, "here"), base::DataError);
  EXPECT_THROW(planes_start(flux, 2, 6, 4, 1, "here"), base::DataError);
  EXPECT_FALSE(plane_field(*column, "nothing", "here").known);
  EXPECT_THROW(plane_field(*column, "band", "here"), base::DataError);
}

}  // namespace
}  // namespace asterism::data
