#include "data/cache_cube.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "tests/data/sample_batch.h"

namespace asterism::data {
namespace {

TEST(CacheCube, RefusesAFileOfAnotherSize) {
  const base::TemporaryFolder folder;
  const auto cubes = sample_cubes(4, 1);
  const auto writer = write_cache_cubes(folder / "cube.arrow");
  writer->add(cubes);
  writer->close();
  ModalityColumn column;
  column.kind = "cube";
  column.unit = cubes.unit;
  column.height = 2;
  column.width = 3;
  column.pixel_scale_arcsec = 0.2;
  const auto open = open_cache_cubes(folder / "cube.arrow", column);
  EXPECT_EQ(open->num_rows(), 3);
  EXPECT_TRUE(same_block(open->gather({2, -1, 0}), modalities::select(modalities::Block(cubes), {3, 2, 0})));
  column.height = 4;
  EXPECT_THROW(open_cache_cubes(folder / "cube.arrow", column), base::DataError);
}

}  // namespace
}  // namespace asterism::data
