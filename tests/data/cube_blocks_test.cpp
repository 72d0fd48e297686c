#include "data/cube_blocks.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "data/batch_table.h"
#include "tests/data/sample_batch.h"

namespace asterism::data {
namespace {

TEST(CubeBlocks, RoundTripOfCubesAndMaps) {
  const auto batch = sample_batch(11);
  const auto schema = schema_for(batch, {.name = "x"});
  const Layout layout = layout_of(*schema, "x");
  EXPECT_EQ(layout.find("cube_muse")->column, "cube");
  EXPECT_EQ(layout.find("maps_segmentation")->column, "maps");
  const auto back = from_table(*to_table(batch, schema), layout, {}, "x");
  for (const char* name : {"cube_muse", "maps_segmentation"})
    EXPECT_TRUE(same_block(back.blocks.at(name), batch.blocks.at(name))) << name;
}

TEST(CubeBlocks, RefusesFieldsThatDoNotFit) {
  const auto batch = sample_batch(5);
  const auto schema = schema_for(batch, {.name = "x"});
  ModalityColumn layout = *layout_of(*schema, "x").find("cube_muse");
  const auto table = to_table(batch, schema);
  const auto column = std::static_pointer_cast<arrow::StructArray>(table->GetColumnByName("cube")->chunk(0));
  EXPECT_NO_THROW(read_cubes(*column, layout, "x"));
  layout.height = 3;
  EXPECT_THROW(read_cubes(*column, layout, "x"), base::DataError);
  layout.height = 2;
  const auto other = std::static_pointer_cast<arrow::StructArray>(table->GetColumnByName("image")->chunk(0));
  EXPECT_THROW(read_cubes(*other, layout, "x"), base::DataError);  // no lambda
}

TEST(CubeBlocks, ADatasetKeepsItsLayersAndSizes) {
  const auto batch = sample_batch(5);
  const auto schema = schema_for(batch, {.name = "x"});
  auto other = batch;
  std::get<modalities::MapBlock>(other.blocks.at("maps_segmentation")).layers[0].name = "arms";
  EXPECT_THROW(to_table(other, schema), base::DataError);
  other = batch;
  other.blocks.at("cube_muse") = modalities::make_cubes(5, 5, 3, 3, "1e-17 erg/s/cm^2/Angstrom", 0.2);
  EXPECT_THROW(to_table(other, schema), base::DataError);
}

}  // namespace
}  // namespace asterism::data
