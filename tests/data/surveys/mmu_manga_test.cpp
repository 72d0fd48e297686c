#include "data/surveys/mmu_manga.h"

#include "tests/data/sample_batch.h"
#include "tests/data/surveys/survey_rows.h"

namespace asterism::data {
namespace {

std::filesystem::path manga_file() {
  return std::filesystem::path(tests::kSourceFolder) / "tests/golden/surveys/mmu-manga.hdf5";
}

// Written by h5py as the Multimodal Universe's build script does: 4 spaxels of 5 wavelengths, flux 5 i + k.
TEST(MmuManga, CubesImagesAndMaps) {
  const auto batch = all_rows(open_mmu_manga, {manga_file()});
  ASSERT_EQ(batch.size(), 1);
  EXPECT_EQ(batch.objects[0].id, "8485-1901");
  EXPECT_DOUBLE_EQ(batch.objects[0].ra_deg, 232.5);
  EXPECT_DOUBLE_EQ(scalar(batch, "redshift").value[0], 0.04);
  const auto& cube = std::get<modalities::CubeBlock>(batch.blocks.at("cube_manga"));
  EXPECT_EQ(cube.length, 5);
  EXPECT_EQ(cube.height, 2);
  EXPECT_EQ(cube.flux[size_t((3 * 2 + 0) * 2 + 1)], 8);  // wavelength 3 of spaxel x 1, y 0
  EXPECT_EQ(cube.mask[size_t((3 * 2 + 0) * 2 + 1)], 0);  // although the published mask says 8
  EXPECT_EQ(cube.mask[size_t((3 * 2 + 1) * 2 + 0)], 1);  // padding
  EXPECT_EQ(cube.ivar[0], 9);
  EXPECT_NEAR(cube.lsf_sigma_angstrom[4], 0.9, 1e-6);
  const auto& image = std::get<modalities::ImageBlock>(batch.blocks.at("image_manga"));
  EXPECT_EQ(image.bands[1].name, "manga-r");
  EXPECT_EQ(image.flux[7], 4);
  EXPECT_EQ(image.mask[2], 1);
  const auto& maps = std::get<modalities::MapBlock>(batch.blocks.at("maps_manga"));
  ASSERT_EQ(maps.layers.size(), 1u);
  EXPECT_EQ(maps.layers[0].name, "emline_gvel_ha_6564");
  EXPECT_EQ(maps.layers[0].unit, "km/s");
  EXPECT_EQ(maps.mask[1], 1);
  EXPECT_EQ(maps.value[3], 40);
  const auto& geometry = std::get<modalities::MapBlock>(batch.blocks.at("maps_manga_geometry"));
  EXPECT_FALSE(geometry.has_ivar);
  EXPECT_EQ(geometry.mask[0], 0);  // although published as DONOTUSE
  EXPECT_EQ(geometry.value[1], -0.25f);
}

TEST(MmuManga, DamagedFilesAreBadRows) {
  const base::TemporaryFolder folder;
  std::filesystem::copy(manga_file(), folder / "b.hdf5");
  const std::string bytes = bytes_of(manga_file());
  for (const size_t length : {size_t{0}, size_t{100}, bytes.size() / 2}) {
    write_bytes(folder / "a.hdf5", bytes.substr(0, length));
    const Counts found = counts(open_mmu_manga, {folder.path()});
    EXPECT_EQ(found.rows, 1);
    EXPECT_EQ(found.bad, 1);
  }
}

}  // namespace
}  // namespace asterism::data
