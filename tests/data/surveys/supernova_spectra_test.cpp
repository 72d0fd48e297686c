#include "data/surveys/supernova_spectra.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/temporary_folder.h"
#include "tests/data/sample_batch.h"

namespace asterism::data {
namespace {

std::filesystem::path supernovae_folder() { return shared_folder() / "realdata" / "supernovae"; }

TEST(SupernovaSpectra, KnownDefectsAreMended) {
  if (!std::filesystem::exists(supernovae_folder()))
    GTEST_SKIP() << "no " << supernovae_folder() << ": set ASTERISM_SHARED";
  const SupernovaSpectra spectra(supernovae_folder());
  ASSERT_EQ(spectra.num_rows(), 700);
  int64_t refused = 0, masked = 0;
  for (int64_t row = 0; row < 700; ++row) {
    try {
      spectra.check_row(row);
    } catch (const base::DataError&) {
      EXPECT_EQ(spectra.name(row), "SN2010dm");
      ++refused;
      continue;
    }
    const auto block = spectra.gather({row});
    modalities::check(spectra.name(row), block);
    int64_t bad = 0;
    for (const uint8_t mask : block.mask) bad += mask;
    masked += bad > 0;
  }
  EXPECT_EQ(refused, 1);
  EXPECT_EQ(masked, 2);  // the two that hold a NaN
}

TEST(SupernovaSpectra, AnIndexOfAnotherFileIsRefused) {
  if (!std::filesystem::exists(supernovae_folder()))
    GTEST_SKIP() << "no " << supernovae_folder() << ": set ASTERISM_SHARED";
  const base::TemporaryFolder temporary;
  std::filesystem::create_symlink(std::filesystem::absolute(supernovae_folder() / "spectra.npz"),
                                  temporary / "spectra.npz");
  base::write_text(temporary / "spectra_index.csv", "name,mjd,u_flux\na,1,erg/s/cm^2/Angstrom\n");
  EXPECT_THROW(SupernovaSpectra(temporary.path()), base::DataError);
}

}  // namespace
}  // namespace asterism::data
