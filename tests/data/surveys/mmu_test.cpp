#include "data/surveys/mmu.h"

#include "tests/data/sample_batch.h"
#include "tests/data/surveys/survey_rows.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;

const modalities::SpectrumBlock& spectrum(const modalities::Batch& batch, const std::string& name) {
  return std::get<modalities::SpectrumBlock>(batch.blocks.at(name));
}

TEST(Mmu, TheDesiParquet) {
  const auto path = shared_folder() / "realdata" / "desi" / "mmu-desi.parquet";
  if (!fs::exists(path)) GTEST_SKIP() << "no " << path << ": set ASTERISM_SHARED";
  const auto batch = all_rows(open_mmu, {path});
  ASSERT_EQ(batch.size(), 2);
  const auto& z = scalar(batch, "redshift");
  const size_t low = z.value[0] < 1 ? 0 : 1;
  EXPECT_NEAR(z.value[low], 0.5354, 1e-4);
  EXPECT_NEAR(z.value[1 - low], 1.5632, 1e-4);
  EXPECT_EQ(scalar(batch, "redshift_ok").value[low], 0);      // ZWARN false: not good, in these tables
  EXPECT_EQ(scalar(batch, "redshift_ok").value[1 - low], 1);  // ZWARN true: good
  EXPECT_EQ(spectrum(batch, "spectrum_desi").length, 7781);
  EXPECT_NEAR(spectrum(batch, "spectrum_desi").lsf_sigma_angstrom[3000], 0.86 * 0.8, 0.02);  // from pixels
  for (const uint8_t p : scalar(batch, "flux_g").present) EXPECT_EQ(p, 0);
}

TEST(Mmu, SdssHdf5) {
  const auto batch = all_rows(open_mmu, {golden_file("mmu-sdss.hdf5")});
  ASSERT_EQ(batch.size(), 2);
  EXPECT_EQ(batch.objects[0].id, "2575025233207519232");  // not b'...'
  EXPECT_EQ(batch.objects[0].survey, "sdss");
  EXPECT_DOUBLE_EQ(batch.objects[1].dec_deg, 89);
  const auto& block = spectrum(batch, "spectrum_sdss");
  EXPECT_EQ(block.wavelength_angstrom[5], 4010);
  EXPECT_EQ(block.wavelength_angstrom[6], 0);  // padding
  EXPECT_EQ(block.mask[6], 1);
  EXPECT_NEAR(block.lsf_sigma_angstrom[3], 3, 1e-5);  // 1.5 pixels of 2 A
  EXPECT_EQ(scalar(batch, "redshift_ok").value[0], 1);
  EXPECT_EQ(scalar(batch, "redshift_ok").value[1], 0);
  EXPECT_NEAR(scalar(batch, "redshift").error[1], 2e-4, 1e-9);
  EXPECT_NEAR(scalar(batch, "spectroflux_r").error[0], 0.5, 1e-9);
  EXPECT_EQ(scalar(batch, "spectroflux_r").present[1], 0);
}

// A published 8.6e-17 is a noise of 0.116 (in 1e-17) whose square was forgotten.
TEST(Mmu, VipersInverseVariances) {
  const auto batch = all_rows(open_mmu, {golden_file("mmu-vipers_w4.h5")});
  EXPECT_EQ(batch.objects[0].id, "404055346");
  const auto& block = spectrum(batch, "spectrum_vipers");
  EXPECT_NEAR(1 / std::sqrt(double(block.ivar[0])), 0.116, 5e-4);
  EXPECT_EQ(block.mask[3], 1);
  EXPECT_EQ(batch.blocks.count("redflag"), 0u);
  EXPECT_NEAR(scalar(batch, "redshift").value[0], 0.7, 1e-6);
}

TEST(Mmu, HscAndJwstBecomeNanomaggies) {
  const auto hsc = all_rows(open_mmu, {golden_file("mmu-hsc.hdf5")});
  const auto& block = image(hsc, "image_hsc");
  EXPECT_EQ(hsc.objects[0].id, "37484563299062823");
  EXPECT_EQ(block.unit, "nanomaggy");
  EXPECT_NEAR(block.flux[0], 1, 1e-5);  // 63.1 counts of zero point 27 are magnitude 22.5
  EXPECT_NEAR(block.ivar[0] / (0.04 * 63.0957344 * 63.0957344), 1, 1e-4);
  EXPECT_NEAR(block.bands[0].wavelength_angstrom, 4800, 150);
  EXPECT_NEAR(block.pixel_scale_arcsec, 0.168, 1e-6);
  EXPECT_FLOAT_EQ(block.psf_fwhm_arcsec[1], 0.7f);
  const auto jwst = all_rows(open_mmu, {golden_file("mmu-jwst-ceers.hdf5")});
  EXPECT_NEAR(image(jwst, "image_jwst").flux[0], 1000 / 3630.7805, 1e-4);
  EXPECT_EQ(jwst.objects[0].id, "ceers-214.900000+52.800000");
}

TEST(Mmu, LegacyWithLzf) {
  const auto batch = all_rows(open_mmu, {golden_file("mmu-legacysurvey.hdf5")});
  ASSERT_EQ(batch.size(), 2);
  const auto& block = image(batch, "image_legacy");
  for (size_t i = 0; i < block.flux.size(); ++i) ASSERT_EQ(block.flux[i], float(i % 7)) << i;
  EXPECT_EQ(block.ivar[17], 9);
  EXPECT_EQ(block.bands[1].name, "des-z");
  EXPECT_EQ(scalar(batch, "flux_g").value[1], 6);
}

// Objects that are there twice come once, as in the doubled catalogues; they are no bad rows.
TEST(Mmu, PicturesAndDoubledObjects) {
  const auto batch = all_rows(open_mmu, {golden_file("mmu-gz10.h5")});
  ASSERT_EQ(batch.size(), 2);
  const auto& block = image(batch, "rgb_image");
  EXPECT_EQ(block.unit, "display");
  EXPECT_FLOAT_EQ(block.flux[0], 0);
  EXPECT_FLOAT_EQ(block.flux[16], 1 / 255.0f);  // the first pixel's green
  EXPECT_EQ(scalar(batch, "gz10_label").value[1], 4);
}

const modalities::LightCurveBlock& curve(const modalities::Batch& batch, const std::string& name) {
  return std::get<modalities::LightCurveBlock>(batch.blocks.at(name));
}

// Planes of six bands; one object is there twice; positions are random numbers.
TEST(Mmu, PlasticcsPlanesOfBands) {
  const auto batch = all_rows(open_mmu, {golden_file("mmu-plasticc.hdf5")});
  ASSERT_EQ(batch.size(), 2);
  EXPECT_FALSE(batch.objects[0].has_position);
  const auto& block = curve(batch, "lightcurve_lsst");
  EXPECT_EQ(block.unit, "nanomaggy");
  EXPECT_EQ(block.count, (base::AlignedVector<int32_t>{2, 3}));
  EXPECT_EQ(block.time_day[1], 59853);
  EXPECT_FLOAT_EQ(block.value[1], 2);
  EXPECT_FLOAT_EQ(block.error[1], 0.2F);
  EXPECT_EQ(block.bands[size_t(block.band[size_t(block.length) + 2])].name, "lsst-z");
  EXPECT_NEAR(scalar(batch, "redshift").value[1], 1, 1e-6);
}

TEST(Mmu, KeplerAndTessAreMjdOfOneBand) {
  const auto kepler = all_rows(open_mmu, {golden_file("mmu-kepler.hdf5")});
  const auto& one = curve(kepler, "lightcurve_kepler");
  EXPECT_EQ(one.count[0], 2);
  EXPECT_EQ(one.time_day[0], 131.5 + 54832.5);
  EXPECT_EQ(one.value[1], 11);  // PDCSAP rather than SAP
  EXPECT_EQ(one.error[1], 2);
  EXPECT_EQ(one.unit, "electron/s");
  EXPECT_EQ(one.time_system, "MJD");
  const auto tess = all_rows(open_mmu, {golden_file("mmu-tess.hdf5")});
  const auto& two = curve(tess, "lightcurve_tess");
  EXPECT_EQ(two.count[0], 2);
  EXPECT_EQ(two.time_day[0], 1325.5 + 56999.5);
  EXPECT_EQ(two.mask[1], 1);  // quality 8
  EXPECT_TRUE(tess.objects[0].has_position);
}

// A file an object, of single values.
TEST(Mmu, SupernovaeOfOneFileEach) {
  const auto cfa = all_rows(open_mmu, {golden_file("mmu-cfa3-sn1994ae.hdf5")});
  ASSERT_EQ(cfa.size(), 1);
  EXPECT_EQ(cfa.objects[0].id, "sn1994ae");
  EXPECT_NEAR(cfa.objects[0].ra_deg, 161.7, 1e-9);
  const auto& block = curve(cfa, "lightcurve_cfa");
  EXPECT_EQ(block.unit, "mag");
  ASSERT_EQ(block.count[0], 4);  // -99 is padding
  EXPECT_EQ(block.bands.size(), 2u);
  const auto ps1 = all_rows(open_mmu, {golden_file("mmu-ps1_sne_ia-psc000001.hdf5")});
  const auto& flux = curve(ps1, "lightcurve_ps1_sne_ia");
  EXPECT_EQ(flux.unit, "nanomaggy");
  EXPECT_FLOAT_EQ(flux.value[0], 1);  // FLUXCAL 100
}

TEST(Mmu, TripletsOfStampsAreThreeBands) {
  const auto batch = all_rows(open_mmu, {golden_file("mmu-btsbot.hdf5")});
  const auto& block = image(batch, "image_btsbot");
  ASSERT_EQ(block.bands.size(), 3u);
  EXPECT_EQ(block.bands[2].name, "ztf-difference");
  EXPECT_EQ(block.height, 4);
  EXPECT_EQ(block.width, 5);
  EXPECT_EQ(block.flux[0], 0);
  EXPECT_EQ(block.flux[1], 3);
  EXPECT_EQ(block.flux[20], 1);  // the first pixel of the second view
  EXPECT_NEAR(scalar(batch, "magpsf").value[0], 18.5, 1e-6);
}

TEST(Mmu, DamagedFilesAreDataErrors) {
  const base::TemporaryFolder folder;
  for (const char* name : {"mmu-sdss.hdf5", "mmu-legacysurvey.hdf5"}) {
    const std::string bytes = bytes_of(golden_file(name));
    for (const size_t length : {size_t{0}, size_t{8}, size_t{600}, bytes.size() / 2, bytes.size() - 100}) {
      write_bytes(folder / "cut.hdf5", bytes.substr(0, length));
      EXPECT_THROW(all_rows(open_mmu, {folder / "cut.hdf5"}), base::DataError) << length;
    }
    for (size_t at = 3; at < bytes.size(); at += bytes.size() / 24) {  // whatever it does, only DataError comes out
      std::string flipped = bytes;
      flipped[at] = char(flipped[at] ^ 0x10);
      write_bytes(folder / "flipped.hdf5", flipped);
      try {
        counts(open_mmu, {folder / "flipped.hdf5"});
      } catch (const base::DataError&) {
      }
    }
  }
}

}  // namespace
}  // namespace asterism::data
