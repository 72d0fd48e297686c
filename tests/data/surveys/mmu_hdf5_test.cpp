#include "data/surveys/mmu_hdf5.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/data/surveys/survey_rows.h"

namespace asterism::data {
namespace {

TEST(MmuHdf5, IsATableOfTheNewerSchema) {
  MmuHdf5 file(io::Hdf5File::open(golden_file("mmu-legacysurvey.hdf5")));
  EXPECT_EQ(file.num_rows(), 2);
  const auto& schema = *file.schema();
  ASSERT_NE(schema.GetFieldByName("image"), nullptr);
  const auto& image = static_cast<const arrow::StructType&>(*schema.GetFieldByName("image")->type());
  for (const char* name : {"band", "flux", "ivar", "mask", "psf_fwhm", "scale"})
    EXPECT_GE(image.GetFieldIndex(name), 0) << name;
  ASSERT_NE(schema.GetFieldByName("catalog"), nullptr);
  EXPECT_EQ(schema.GetFieldIndex("image_array"), -1);
  const auto table = file.read(1, 1);
  EXPECT_TRUE(table->ValidateFull().ok());
  EXPECT_EQ(table->num_rows(), 1);
  EXPECT_THROW(file.read(1, 2), base::DataError);
}

TEST(MmuHdf5, NeedsRowsAndIds) {
  EXPECT_THROW(MmuHdf5(io::Hdf5File::open(golden_file("everything.h5"))),
               base::DataError);  // datasets of different lengths
}

}  // namespace
}  // namespace asterism::data
