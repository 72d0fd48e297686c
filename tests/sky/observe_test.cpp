#include "sky/observe.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "base/threads.h"
#include "modalities/all.h"

namespace asterism::sky {
namespace {

using modalities::Batch;
using modalities::ImageBlock;
using modalities::ScalarBlock;
using modalities::SpectrumBlock;

template <class T>
bool same(const base::AlignedVector<T>& a, const base::AlignedVector<T>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

void expect_same(const Batch& a, const Batch& b) {
  ASSERT_EQ(a.blocks.size(), b.blocks.size());
  for (const auto& [name, block] : a.blocks) {
    const auto& other = b.blocks.at(name);
    if (const auto* image = std::get_if<ImageBlock>(&block)) {
      EXPECT_TRUE(same(image->flux, std::get<ImageBlock>(other).flux)) << name;
      EXPECT_TRUE(same(image->mask, std::get<ImageBlock>(other).mask)) << name;
    } else if (const auto* spectrum = std::get_if<SpectrumBlock>(&block)) {
      EXPECT_TRUE(same(spectrum->flux, std::get<SpectrumBlock>(other).flux)) << name;
      EXPECT_TRUE(same(spectrum->mask, std::get<SpectrumBlock>(other).mask)) << name;
    } else if (const auto* vector = std::get_if<modalities::VectorBlock>(&block)) {
      EXPECT_TRUE(same(vector->value, std::get<modalities::VectorBlock>(other).value)) << name;
    } else if (const auto* curve = std::get_if<modalities::LightCurveBlock>(&block)) {
      EXPECT_TRUE(same(curve->time_day, std::get<modalities::LightCurveBlock>(other).time_day)) << name;
      EXPECT_TRUE(same(curve->value, std::get<modalities::LightCurveBlock>(other).value)) << name;
    } else {
      EXPECT_TRUE(same(std::get<ScalarBlock>(block).value, std::get<ScalarBlock>(other).value)) << name;
    }
  }
}

TEST(Observe, KeepsThePromisesOfABatch) {
  const Batch batch = observe(1, 100, 24, {"legacy", "sdss", "desi"});
  EXPECT_NO_THROW(modalities::check(batch));
  EXPECT_EQ(batch.objects[3].id, "mock-1-103");
  EXPECT_EQ(batch.objects[3].survey, "mock");
  for (const auto& [name, block] : batch.blocks) {
    const modalities::Known* known = modalities::find(name);
    ASSERT_NE(known, nullptr) << name;
    EXPECT_EQ(known->kind, modalities::kind(block)) << name;
  }
  const auto& r = std::get<ScalarBlock>(batch.blocks.at("r_magnitude"));
  const auto& spectra = std::get<SpectrumBlock>(batch.blocks.at("spectrum_desi"));
  for (size_t row = 0; row < 24; ++row) EXPECT_EQ(spectra.present[row], r.value[row] < 20.5);
  const auto& kind = std::get<ScalarBlock>(batch.blocks.at("object_class"));
  for (size_t row = 0; row < 24; ++row) {
    EXPECT_EQ(std::get<ScalarBlock>(batch.blocks.at("age_gyr")).present[row], kind.value[row] == 0);
    EXPECT_EQ(std::get<ScalarBlock>(batch.blocks.at("teff")).present[row], kind.value[row] == 1);
  }
}

TEST(Observe, SameWhateverTheThreadsAndTheCut) {
  base::set_threads(1);
  const Batch alone = observe(2, 0, 20, {"legacy", "desi"});
  base::set_threads(3);
  const Batch threads = observe(2, 0, 20, {"legacy", "desi"});
  base::set_threads(0);
  expect_same(alone, threads);
  const Batch parts = modalities::concatenate(
      std::vector<Batch>{observe(2, 0, 7, {"legacy", "desi"}), observe(2, 7, 13, {"legacy", "desi"})});
  expect_same(alone, parts);
}

TEST(Observe, WhatIsAskedForBesideChangesNothing) {
  const Batch all = observe(2, 0, 10, {"legacy", "sdss", "desi"}), one = observe(2, 0, 10, {"sdss"});
  EXPECT_TRUE(same(std::get<ImageBlock>(all.blocks.at("image_sdss")).flux,
                   std::get<ImageBlock>(one.blocks.at("image_sdss")).flux));
  const Batch scalars = observe_scalars(2, 0, 10, {"sdss"});
  EXPECT_TRUE(same(std::get<ScalarBlock>(all.blocks.at("flux_sdss_r")).value,
                   std::get<ScalarBlock>(scalars.blocks.at("flux_sdss_r")).value));
  EXPECT_EQ(scalars.blocks.count("image_sdss"), 0u);
}

// Committed figures rest on these draws: they never change. Within what compilers may round otherwise.
TEST(Observe, TheSkyIsTheOneItEverWas) {
  const Batch batch = observe(7, 0, 5, {"legacy", "sdss", "desi"});
  const auto scalar = [&](const char* name, size_t row) {
    return std::get<ScalarBlock>(batch.blocks.at(name)).value[row];
  };
  const auto near = [](double value, double expected) { EXPECT_NEAR(value / expected, 1, 1e-4) << expected; };
  near(scalar("redshift", 0), 0.16877995);
  near(scalar("redshift", 4), 0.00018578560668258874);
  near(scalar("r_magnitude", 1), 18.619944);
  near(scalar("flux_g", 0), 6.4733146);
  near(scalar("flux_g", 4), 7.7755295);
  near(scalar("flux_sdss_u", 3), 1.4015504);
  near(std::get<ScalarBlock>(batch.blocks.at("flux_g")).error[2], 0.075977192);
  const auto& legacy = std::get<ImageBlock>(batch.blocks.at("image_legacy"));
  const auto& sdss = std::get<ImageBlock>(batch.blocks.at("image_sdss"));
  const auto pixel = [](const ImageBlock& image, size_t row, size_t band, size_t y, size_t x) {
    return ((row * image.bands.size() + band) * 96 + y) * 96 + x;
  };
  near(legacy.flux[pixel(legacy, 0, 1, 48, 48)], 0.10784257);
  near(legacy.ivar[pixel(legacy, 1, 1, 48, 48)], 5587.4771);
  near(sdss.flux[pixel(sdss, 2, 2, 40, 50)], 0.061047561);
  const auto& desi = std::get<SpectrumBlock>(batch.blocks.at("spectrum_desi"));
  const auto& spectrum = std::get<SpectrumBlock>(batch.blocks.at("spectrum_sdss"));
  near(desi.flux[2000], 0.79300761);
  near(desi.ivar[3 * 7781 + 2000], 5.2015862);
  near(spectrum.flux[4 * 3840 + 2000], 0.74497986);
}

const std::vector<std::string> kFurther = {"hsc",         "euclid", "lsst",   "gaia",   "ztf",
                                           "lsst_curves", "hst",    "deimos", "vipers", "slitless"};

TEST(Observe, FurtherSurveysKeepThePromisesOfABatch) {
  const Batch batch = observe(1, 100, 32, kFurther);
  EXPECT_NO_THROW(modalities::check(batch));
  for (const auto& [name, block] : batch.blocks) {
    const modalities::Known* known = modalities::find(name);
    ASSERT_NE(known, nullptr) << name;
    EXPECT_EQ(known->kind, modalities::kind(block)) << name;
  }
  for (const char* image : {"image_hsc", "image_euclid", "image_lsst", "image_hst"})
    for (const uint8_t present : modalities::present(batch.blocks.at(image))) EXPECT_EQ(present, 1);
  const auto& kind = std::get<ScalarBlock>(batch.blocks.at("object_class"));
  const auto& gaia = std::get<ScalarBlock>(batch.blocks.at("flux_gaia_g"));
  const auto& prism = modalities::present(batch.blocks.at("bp_coefficients"));
  int sources = 0, spectra = 0;
  for (size_t row = 0; row < 32; ++row) {
    if (kind.value[row] == 0) {
      EXPECT_EQ(gaia.present[row], 0);
    }
    if (prism[row]) {
      EXPECT_EQ(gaia.present[row], 1);
    }
    sources += gaia.present[row];
    spectra += prism[row];
  }
  EXPECT_GT(sources, spectra);
  EXPECT_GT(spectra, 0);
}

TEST(Observe, FurtherSurveysAreTheSameWhateverTheThreadsAndChangeNothing) {
  std::vector<std::string> all = kFurther;
  all.insert(all.end(), {"legacy", "sdss", "desi"});
  base::set_threads(1);
  const Batch alone = observe(2, 0, 12, all), first = observe(2, 0, 12, {"legacy", "sdss", "desi"});
  base::set_threads(3);
  const Batch threads = observe(2, 0, 12, all);
  base::set_threads(0);
  expect_same(alone, threads);
  Batch kept = alone;
  for (auto it = kept.blocks.begin(); it != kept.blocks.end();)
    it = first.blocks.count(it->first) ? std::next(it) : kept.blocks.erase(it);
  expect_same(first, kept);
  const Batch scalars = observe_scalars(2, 0, 12, all);
  EXPECT_TRUE(same(std::get<ScalarBlock>(alone.blocks.at("flux_euclid_vis")).value,
                   std::get<ScalarBlock>(scalars.blocks.at("flux_euclid_vis")).value));
  EXPECT_EQ(scalars.blocks.count("lightcurve_ztf"), 0u);
  EXPECT_EQ(scalars.blocks.count("variable_class"), 1u);
}

// How concentrated a point source is in a band, by the width of the PSF that its image states: the same for all widths.
double concentration(const ImageBlock& image, size_t row, size_t band) {
  const size_t plane = row * image.bands.size() + band, pixels = size_t(image.height * image.width);
  double sum = 0, squares = 0;
  for (size_t i = plane * pixels; i < (plane + 1) * pixels; ++i) {
    sum += double(image.flux[i]);
    squares += std::pow(double(image.flux[i]), 2);
  }
  return squares / (sum * sum) * std::pow(double(image.psf_fwhm_arcsec[plane]) / image.pixel_scale_arcsec, 2);
}

TEST(Observe, OtherSeeingChangesImagesAndTheirFluxesAlone) {
  SkySettings stars;
  stars.galaxy_weight = stars.quasar_weight = 0;
  stars.r_bright = 14.5;
  stars.r_spectroscopic = stars.r_faint = 17;
  stars.spectroscopic_share = 1;
  stars.defects = false;
  SkySettings worse = stars, better = stars;
  worse.seeing = 1.5;
  better.seeing = 0.7;
  const std::vector<std::string> both = {"legacy", "desi"};
  const Batch usual = observe(4, 0, 4, both, stars), wide = observe(4, 0, 4, both, worse),
              narrow = observe(4, 0, 4, both, better);
  const auto& image = std::get<ImageBlock>(usual.blocks.at("image_legacy"));
  for (const auto& [other, factor] : {std::pair{&wide, 1.5}, std::pair{&narrow, 0.7}}) {
    EXPECT_NO_THROW(modalities::check(*other));
    const auto& seen = std::get<ImageBlock>(other->blocks.at("image_legacy"));
    for (size_t i = 0; i < image.psf_fwhm_arcsec.size(); ++i)
      EXPECT_NEAR(double(seen.psf_fwhm_arcsec[i]), factor * double(image.psf_fwhm_arcsec[i]), 1e-5);
    for (size_t i = 0; i < image.ivar.size(); i += 96 * 96)  // a corner: the sky's noise
      EXPECT_NEAR(double(seen.ivar[i] / image.ivar[i]), 1, 0.1);
    for (size_t row = 0; row < 4; ++row)
      EXPECT_NEAR(concentration(seen, row, 1) / concentration(image, row, 1), 1, 0.03) << factor;
    const auto error = [&](const Batch& batch, const char* band) {
      return std::get<ScalarBlock>(batch.blocks.at(band)).error[0];
    };
    EXPECT_EQ(error(usual, "flux_w1"), error(*other, "flux_w1"));
    EXPECT_EQ(factor > 1, error(*other, "flux_z") > error(usual, "flux_z"));
    EXPECT_TRUE(same(std::get<SpectrumBlock>(usual.blocks.at("spectrum_desi")).flux,
                     std::get<SpectrumBlock>(other->blocks.at("spectrum_desi")).flux));
  }
}

TEST(Observe, SeeingIsOfImages) {
  SkySettings settings;
  settings.seeing = 1.5;
  EXPECT_THROW(observe(1, 0, 1, {"desi"}, settings), base::UserError);
  EXPECT_EQ(observe_scalars(1, 0, 2, {"desi", "sdss"}, settings).size(), 2);
  settings.seeing = 11;
  EXPECT_THROW(observe(1, 0, 1, {"legacy"}, settings), base::UserError);
}

TEST(Observe, UnknownSurveysAreRefused) {
  try {
    observe(1, 0, 1, {"legasy"});
    FAIL();
  } catch (const base::UserError& error) {
    EXPECT_NE(std::string(error.what()).find("nearest is 'legacy'"), std::string::npos) << error.what();
  }
  EXPECT_THROW(observe(1, 0, 1, {"desi", "desi"}), base::UserError);
  EXPECT_THROW(observe(1, -1, 1, {"desi"}), base::UserError);
  EXPECT_EQ(observe(1, 0, 0, {"desi"}).size(), 0);
}

}  // namespace
}  // namespace asterism::sky
