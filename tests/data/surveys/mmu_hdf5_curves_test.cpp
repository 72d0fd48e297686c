#include "data/surveys/mmu_hdf5_curves.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/where.h"

namespace asterism::data {
namespace {

io::Hdf5File open_golden(const std::string& name) {
  return io::Hdf5File::open(std::filesystem::path(tests::kSourceFolder) / "tests/golden/surveys" / name);
}

TEST(MmuHdf5Curves, AreFoundInEachLayout) {
  auto planes = open_golden("mmu-plasticc.hdf5");
  const auto of_planes = MmuHdf5Curves::find(planes);
  ASSERT_TRUE(of_planes);
  EXPECT_FALSE(of_planes->one_object());
  EXPECT_EQ(of_planes->values_per_row(), 6 * 4 * 3);
  const auto rows = of_planes->read(planes, 1, 2);
  EXPECT_TRUE(rows->ValidateFull().ok());
  EXPECT_EQ(rows->length(), 2);
  auto single = open_golden("mmu-cfa3-sn1994ae.hdf5");
  const auto of_one = MmuHdf5Curves::find(single);
  ASSERT_TRUE(of_one);
  EXPECT_TRUE(of_one->one_object());
  EXPECT_TRUE(of_one->uses("bands"));
  EXPECT_FALSE(of_one->uses("ra"));
  EXPECT_TRUE(of_one->read(single, 0, 1)->ValidateFull().ok());
  auto tess = open_golden("mmu-tess.hdf5");
  ASSERT_TRUE(MmuHdf5Curves::find(tess));
  auto spectra = open_golden("mmu-sdss.hdf5");
  EXPECT_FALSE(MmuHdf5Curves::find(spectra));
}

}  // namespace
}  // namespace asterism::data
