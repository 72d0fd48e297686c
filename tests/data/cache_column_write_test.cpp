#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "data/cache_column.h"
#include "io/arrow_ipc.h"
#include "tests/data/sample_batch.h"

namespace asterism::data {
namespace {

// Spectra on one grid share it: the file holds its wavelengths once.
TEST(CacheColumnWrite, SharedGridsAreKeptOnce) {
  const base::TemporaryFolder folder;
  auto block = modalities::make_spectra(50, 1000, "counts");
  for (size_t row = 0; row < 50; ++row) {
    block.present[row] = 1;
    for (size_t i = 0; i < 1000; ++i) {
      block.wavelength_angstrom[row * 1000 + i] = 4000 + float(i);
      block.ivar[row * 1000 + i] = 1;
      block.mask[row * 1000 + i] = 0;
    }
  }
  const auto writer = write_cache_column(folder.path(), "s", "spectrum");
  writer->add(block);
  writer->close();
  EXPECT_EQ(io::IpcFile::open(folder / "s.grids.arrow").num_rows(), 1);
  EXPECT_LT(std::filesystem::file_size(folder / "s.arrow"), 50u * 1000 * 9)
      << "flux, ivar and bits of mask, no wavelengths";
}

}  // namespace
}  // namespace asterism::data
