#include "data/surveys/mmu_adapter.h"

#include <gtest/gtest.h>

#include "modalities/image.h"
#include "modalities/scalar.h"
#include "tests/data/sample_batch.h"

namespace asterism::data {
namespace {

TEST(MmuAdapter, GalahFluxesAndIds) {
  modalities::Batch batch;
  batch.objects.push_back({"unknown", "1", true, 1, 2});
  auto spectra = modalities::make_spectra(1, 2, "1e-17 erg/s/cm^2/Angstrom");
  spectra.present[0] = 1;
  spectra.wavelength_angstrom = {4000, 4001};
  spectra.flux = {2e-17f, 3e-17f};
  spectra.ivar = {4e34f, 0};
  spectra.mask = {0, 1};
  batch.blocks.emplace("spectrum_unknown", spectra);
  adapt_mmu("galah", "x", batch);
  const auto& block = std::get<modalities::SpectrumBlock>(batch.blocks.at("spectrum_galah"));
  EXPECT_NEAR(block.flux[1], 3, 1e-5);
  EXPECT_NEAR(block.ivar[0], 4, 1e-4);
  EXPECT_EQ(batch.objects[0].survey, "galah");
}

// Weights of images whose variance nobody knows stay 1, whatever the unit.
TEST(MmuAdapter, UnknownVariancesStayUnknown) {
  modalities::Batch batch;
  batch.objects.push_back({"hsc", "1", false, 0, 0});
  auto images = modalities::make_images(1, {{"hsc-g", 0, 0}, {"odd", 0, 0}}, 1, 1, "counts", 0.168, false);
  images.present[0] = 1;
  images.mask = {0, 0};
  images.ivar = {1, 1};
  images.flux = {100, 100};
  batch.blocks.emplace("image_hsc", images);
  adapt_mmu("hsc", "x", batch);
  const auto& block = std::get<modalities::ImageBlock>(batch.blocks.at("image_hsc"));
  EXPECT_EQ(block.ivar[0], 1);
  EXPECT_NEAR(block.flux[0], 1.58489, 1e-4);
  EXPECT_GT(block.bands[0].wavelength_angstrom, 4000);
  EXPECT_EQ(block.bands[1].wavelength_angstrom, 0);
  EXPECT_NO_THROW(modalities::check(batch));
}

// Tables of a survey are in its units; those of anyone else may hold magnitudes under the same name.
TEST(MmuAdapter, UnitsAreAssumedOfSurveysAlone) {
  for (const char* survey : {"legacy", "unknown"}) {
    modalities::Batch batch;
    batch.objects.push_back({survey, "1", false, 0, 0});
    for (const char* name : {"flux_g", "redshift"}) batch.blocks.emplace(name, modalities::make_scalars(1, "", false));
    auto told = modalities::make_scalars(1, "Jy", false);
    batch.blocks.emplace("flux_r", told);
    adapt_mmu(survey, "x", batch);
    const auto unit = [&](const char* name) { return std::get<modalities::ScalarBlock>(batch.blocks.at(name)).unit; };
    EXPECT_EQ(unit("flux_g"), std::string(survey) == "unknown" ? "" : "nanomaggy");
    EXPECT_EQ(unit("flux_r"), "Jy");
    EXPECT_EQ(unit("redshift"), "");
  }
}

TEST(MmuAdapter, EverySurveySaysWhereItComesFrom) {
  for (const char* survey : {"desi", "galah"}) {
    const auto info = mmu_info(survey);
    EXPECT_FALSE(info.name.empty() || info.licence.empty() || info.citation.empty() || info.provenance.empty());
  }
  const auto anyones = mmu_info("unknown");  // a licence that nobody gave is none
  EXPECT_TRUE(anyones.licence.empty() && anyones.citation.empty());
  EXPECT_FALSE(anyones.name.empty() || anyones.provenance.empty());
  EXPECT_NE(mmu_info("galah").description.find("2 pixels"), std::string::npos);
}

}  // namespace
}  // namespace asterism::data
