#include "eval/rebuild.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "eval/held_out.h"
#include "modalities/cube.h"
#include "modalities/image.h"
#include "modalities/light_curve.h"
#include "modalities/spectrum.h"
#include "tokenizers/cube_templates.h"
#include "tokenizers/image_codec.h"
#include "tokenizers/light_curve_codec.h"
#include "tokenizers/scalar_bins.h"
#include "tokenizers/spectrum_codec.h"
#include "tokenizers/spectrum_templates.h"

namespace asterism::eval {
namespace {

modalities::SpectrumBlock spectra(bool one_grid) {
  auto out = modalities::make_spectra(3, 300, "1e-17 erg/s/cm^2/Angstrom");
  for (int64_t i = 0; i < 3; ++i) {
    out.present[size_t(i)] = 1;
    const int64_t length = one_grid ? 300 : 300 - 20 * i;
    for (int64_t p = 0; p < length; ++p) {
      const auto at = size_t(i * 300 + p);
      out.wavelength_angstrom[at] = float(4000 + 10 * p + (one_grid ? 0 : i));
      out.flux[at] = 2;
      out.ivar[at] = 25;
      out.mask[at] = 0;
    }
  }
  return out;
}

tokenizers::SpectrumCodec codec() {
  tokenizers::SpectrumCodecSettings settings;
  settings.wavelength_low = 4200;
  settings.wavelength_high = 6800;
  settings.pixels = 64;
  settings.strides = {4, 2};
  settings.depths = {1, 1};
  settings.widths = {8, 8};
  return tokenizers::SpectrumCodec(settings, 1);
}

// A kind that reads line spread draws each spectrum through its own, on its own pixels, whether they share a grid or
// not.
TEST(Rebuild, LineSpreadIsTheSpectrumsOwn) {
  tokenizers::SpectrumTemplatesSettings settings;
  settings.wavelength_low = 4200;
  settings.wavelength_high = 6800;
  settings.pixels = 400;
  settings.redshift_low = {0};
  settings.redshift_high = {0.1};
  settings.directions = {2};
  settings.lsf_kms = 100;
  const tokenizers::SpectrumTemplates templates(settings, 1);
  for (const bool one_grid : {true, false}) {
    auto observed = spectra(one_grid);
    std::fill(observed.lsf_sigma_angstrom.begin() + 300, observed.lsf_sigma_angstrom.begin() + 600, 40.0f);
    tokenizers::Tokens tokens;
    const auto block = rebuild(templates, observed, &tokens);
    const auto& back = std::get<modalities::SpectrumBlock>(block);
    EXPECT_NO_THROW(modalities::check("rebuilt", block));
    EXPECT_EQ(back.wavelength_angstrom, observed.wavelength_angstrom);
    tokenizers::DecodeRequest request;
    const auto used = one_grid ? 300 : 280;
    request.wavelength_angstrom.assign(observed.wavelength_angstrom.begin() + 300,
                                       observed.wavelength_angstrom.begin() + 300 + used);
    request.lsf_sigma_angstrom.assign(size_t(used), 40.0f);
    const auto alone = std::get<modalities::SpectrumBlock>(
        templates.decode({tokens.ids.narrow(0, 1, 1), tokens.present.narrow(0, 1, 1)}, request));
    request.lsf_sigma_angstrom.clear();
    const auto plain = std::get<modalities::SpectrumBlock>(
        templates.decode({tokens.ids.narrow(0, 1, 1), tokens.present.narrow(0, 1, 1)}, request));
    double off = 0, off_plain = 0;
    for (size_t p = 0; p < size_t(used); ++p) {
      EXPECT_EQ(back.mask[300 + p], alone.mask[p]);
      off = std::max(off, std::abs(double(back.flux[300 + p] - alone.flux[p])));
      off_plain = std::max(off_plain, std::abs(double(back.flux[300 + p] - plain.flux[p])));
    }
    EXPECT_LT(off, 1e-4);
    EXPECT_GT(off_plain, 1e-3) << "templates at random are rough";
  }
}

TEST(Rebuild, ComesBackOnItsOwnPixels) {
  for (const bool one_grid : {true, false}) {
    const auto observed = spectra(one_grid);
    const auto block = rebuild(codec(), observed);
    const auto& back = std::get<modalities::SpectrumBlock>(block);
    ASSERT_EQ(back.length, observed.length);
    int64_t good = 0;
    for (size_t i = 0; i < back.flux.size(); ++i) {
      EXPECT_EQ(back.wavelength_angstrom[i], observed.wavelength_angstrom[i]);
      if (back.mask[i] == 0) {
        EXPECT_GE(observed.wavelength_angstrom[i], 4150);
        EXPECT_LE(observed.wavelength_angstrom[i], 6850);
        ++good;
      }
    }
    EXPECT_GT(good, 3 * 240);
  }
}

TEST(Rebuild, CubesComeBackOnTheirOwnSpaxelsAndPlanes) {
  tokenizers::CubeTemplatesSettings settings;
  settings.wavelength_low = 4200;
  settings.wavelength_high = 6800;
  settings.pixels = 64;
  settings.directions = 2;
  const tokenizers::CubeTemplates codec(settings, 1);
  for (const bool one_grid : {true, false}) {
    auto observed = modalities::make_cubes(2, 300, 3, 5, "1e-17 erg/s/cm^2/Angstrom", 0.2);
    for (int64_t i = 0; i < 2; ++i) {
      observed.present[size_t(i)] = 1;
      for (int64_t k = 0; k < 300; ++k)
        observed.wavelength_angstrom[size_t(i * 300 + k)] = float(4000 + 10 * k + (one_grid ? 0 : i));
    }
    for (size_t at = 0; at < observed.flux.size(); ++at) {
      if (at % 15 == 7) continue;  // one spaxel is missing
      observed.flux[at] = 2;
      observed.ivar[at] = 25;
      observed.mask[at] = 0;
    }
    tokenizers::Tokens tokens;
    const auto back = std::get<modalities::CubeBlock>(rebuild(codec, modalities::Block(observed), &tokens));
    EXPECT_EQ(tokens.ids.size(1), codec.num_tokens(3, 5));
    EXPECT_EQ(back.wavelength_angstrom, observed.wavelength_angstrom);
    ASSERT_EQ(back.flux.size(), observed.flux.size());
    EXPECT_EQ(back.pixel_scale_arcsec, 0.2);
    EXPECT_NO_THROW(modalities::check("back", back));
    EXPECT_EQ(back.mask[0], 1);             // below the grid
    EXPECT_EQ(back.mask[100 * 15], 0);      // 5,000 A
    EXPECT_EQ(back.mask[299 * 15 + 1], 1);  // above
  }
}

modalities::ImageBlock images() {
  auto out = modalities::make_images(2, {{"g", 4800, 1000}, {"r", 6200, 1000}}, 16, 16, "nanomaggy", 0.2, true);
  for (size_t i = 0; i < out.flux.size(); ++i) {
    out.present[i % 2] = 1;
    out.flux[i] = float(i % 7);
    out.ivar[i] = 4;
    out.mask[i] = 0;
  }
  return out;
}

TEST(Rebuild, UnderAnotherNameWithJoinedPixels) {
  tokenizers::ImageCodecSettings settings;
  settings.size = 8;
  settings.embed = settings.widths[0] = settings.widths[1] = 4;
  tokenizers::ImageCodec codec(settings, 1);
  codec.fit(images());
  auto strange = images();
  strange.bands[1].name = "i";
  EXPECT_THROW(rebuild(codec, strange), base::UserError);
  const auto both = rebuild_as(codec, strange, {2, {{"i", "r"}}});
  const auto& observed = std::get<modalities::ImageBlock>(both.observed);
  const auto& back = std::get<modalities::ImageBlock>(both.rebuilt);
  EXPECT_EQ(observed.height, 8);
  EXPECT_EQ(back.bands[1].name, "i");
  EXPECT_EQ(both.tokens.ids.sizes(), at::IntArrayRef({2, codec.num_tokens()}));
  // the same as an image that has these pixels and names
  const auto plain = rebuild(codec, modalities::binned(images(), 2));
  EXPECT_EQ(back.flux, std::get<modalities::ImageBlock>(plain).flux);
}

TEST(Rebuild, WhatWasObservedIsInTheUnitOfWhatIsDrawn) {
  tokenizers::ImageCodecSettings settings;
  settings.size = 16;
  settings.embed = settings.widths[0] = settings.widths[1] = 4;
  tokenizers::ImageCodec pictures(settings, 1);
  pictures.fit(images());
  auto other = images();
  other.unit = "uJy";
  for (auto& flux : other.flux) flux *= 3.6307805F;
  for (auto& ivar : other.ivar) ivar /= 3.6307805F * 3.6307805F;
  const auto plain = rebuild_as(pictures, images(), {}), converted = rebuild_as(pictures, other, {});
  const auto& observed = std::get<modalities::ImageBlock>(converted.observed);
  EXPECT_EQ(observed.unit, "nanomaggy");
  const auto &drawn = std::get<modalities::ImageBlock>(plain.rebuilt).flux,
             &again = std::get<modalities::ImageBlock>(converted.rebuilt).flux;
  for (size_t i = 0; i < observed.flux.size(); ++i) {
    EXPECT_NEAR(observed.flux[i], float(i % 7), 1e-4);
    EXPECT_NEAR(again[i], drawn[i], 1e-3);  // the noise that is asked for is of that unit too
  }
  auto lines = spectra(true);
  const auto as_given = rebuild_as(codec(), lines, {});
  lines.unit = "1e-16 erg/s/cm^2/Angstrom";
  for (auto& flux : lines.flux) flux /= 10;
  for (auto& ivar : lines.ivar) ivar *= 100;
  const auto tenth = rebuild_as(codec(), lines, {});
  EXPECT_NEAR(std::get<modalities::SpectrumBlock>(tenth.observed).flux[0], 2, 1e-5);
  EXPECT_EQ(std::get<modalities::SpectrumBlock>(tenth.observed).unit,
            std::get<modalities::SpectrumBlock>(as_given.observed).unit);
}

// Joined first: the noise of joined pixels is that of their border, whatever neighbours share.
TEST(Rebuild, CountsGoThroughByTheirZeroPoints) {
  tokenizers::ImageCodecSettings settings;
  settings.size = 8;
  settings.embed = settings.widths[0] = settings.widths[1] = 4;
  tokenizers::ImageCodec codec(settings, 1);
  codec.fit(images());
  auto counts = images();
  counts.unit = "counts";
  counts.has_ivar = false;
  for (auto& ivar : counts.ivar) ivar = 1;
  RebuildAs how;
  how.bin = 2;
  EXPECT_THROW(rebuild_as(codec, counts, how), base::UserError);
  how.calibration.zero_point = {{"g", 22.5}, {"r", 20}};
  const auto both = rebuild_as(codec, counts, how);
  const auto joined = modalities::binned(images(), 2);
  const auto& observed = std::get<modalities::ImageBlock>(both.observed);
  EXPECT_EQ(observed.unit, "nanomaggy");
  EXPECT_TRUE(observed.has_ivar);
  EXPECT_FLOAT_EQ(observed.flux[5], joined.flux[5]);
  EXPECT_FLOAT_EQ(observed.flux[69], 10 * joined.flux[69]);
  EXPECT_FLOAT_EQ(observed.ivar[0], 100 * observed.ivar[64]);
  EXPECT_NO_THROW(modalities::check("observed", both.observed));
}

// Said of other blocks they changed nothing, in silence.
TEST(Rebuild, WhatIsToldHasAPartInTheBlocks) {
  const auto refused = [](const RebuildAs& how, const modalities::Block& block) -> std::string {
    try {
      check_rebuild_as(how, block);
      return "";
    } catch (const base::UserError& error) {
      return error.what();
    }
  };
  const modalities::Block images = modalities::make_images(1, {{"des-g"}}, 4, 4, "nanomaggy", 0.262, true);
  const modalities::Block curves = spectra(true);
  EXPECT_EQ(refused({.bin = 2, .read_as = {{"des-g", "des-r"}}}, images), "");
  EXPECT_NE(refused({.bin = 2}, curves).find("--bin is of images, and what is judged is of kind 'spectrum'"),
            std::string::npos);
  EXPECT_NE(refused({.read_as = {{"des-g", "des-r"}}}, curves).find("--read-as"), std::string::npos);
  EXPECT_NE(refused({.read_as = {{"des-q", "des-r"}}}, images).find("the images have the bands 'des-g'"),
            std::string::npos);
  EXPECT_NE(refused({.calibration = {.psf_arcsec = {{"des-g", 1}}}}, curves).find("--psf"), std::string::npos);
  EXPECT_NE(refused({.calibration = {.counts_as = "nanomaggy"}}, images).find("--counts-as"), std::string::npos);
}

TEST(Rebuild, BitsOfTokens) {
  const tokenizers::Tokens one{at::zeros({3, 1}, at::kLong), at::ones({3}, at::kBool)};
  EXPECT_EQ(bits_of(tokenizers::ScalarBins({.bins = 256}), one), 8);
  const tokenizers::Tokens three{at::zeros({3, 3}, at::kLong), at::ones({3}, at::kBool)};
  EXPECT_EQ(bits_of(tokenizers::ScalarBins({.bins = 256}), three), 24);
}

TEST(Rebuild, LightCurvesComeBackAtTheirOwnTimesAlsoWhereTheyWereHeldBack) {
  tokenizers::LightCurveCodecSettings settings;
  settings.width = 8;
  settings.heads = 2;
  settings.latents = 2;
  const tokenizers::LightCurveCodec codec(settings, 1);
  auto block = modalities::make_light_curves(2, 50, {{"r", 6200, 0}}, "nanomaggy", "MJD");
  std::vector<modalities::LightCurvePoint> points;
  for (int k = 0; k < 50; ++k)
    points.push_back({55000.0 + k, 0, 10 + 3 * std::sin(0.3F * float(k)), 0.1F, false, false});
  modalities::set_points(block, 0, points);
  tokenizers::Tokens tokens;
  const auto all = std::get<modalities::LightCurveBlock>(rebuild(codec, modalities::Block(block), &tokens));
  EXPECT_EQ(all.time_day, block.time_day);
  EXPECT_EQ(std::count(all.mask.begin(), all.mask.begin() + 50, 0), 50);
  EXPECT_EQ(all.present[1], 0);
  const auto shown = without_held_out(block);
  EXPECT_NE(shown.mask, block.mask);
  EXPECT_TRUE(at::equal(tokens.ids, codec.encode(modalities::Block(shown)).ids));
}

TEST(Rebuild, SpectraAreInterpolatedOntoOtherWavelengths) {
  modalities::SpectrumBlock from = modalities::make_spectra(1, 4, "u"), onto = modalities::make_spectra(1, 5, "u");
  from.wavelength_angstrom = {10, 20, 30, 40};
  from.flux = {1, 3, 5, 9};
  from.mask = {0, 0, 0, 1};
  onto.wavelength_angstrom = {5, 12, 20, 35, 0};
  const auto out = on_wavelengths(from, onto);
  EXPECT_EQ(out.mask, (base::AlignedVector<uint8_t>{1, 0, 0, 1, 1}));
  EXPECT_FLOAT_EQ(out.flux[1], 1.4f);
  EXPECT_FLOAT_EQ(out.flux[2], 3);
  EXPECT_EQ(out.ivar[0], 0);
  EXPECT_EQ(out.ivar[1], 1);
}

}  // namespace
}  // namespace asterism::eval
