#include "eval/features.h"

#include <gtest/gtest.h>

#include "modalities/image.h"
#include "modalities/scalar.h"
#include "modalities/spectrum.h"

namespace asterism::eval {
namespace {

modalities::Batch fluxes(int64_t n, bool with_r) {
  modalities::Batch batch;
  auto g = modalities::make_scalars(n, "nanomaggy", true), r = g;
  for (int64_t i = 0; i < n; ++i) {
    batch.objects.push_back({.survey = "t", .id = std::to_string(i)});
    const auto at = size_t(i);
    g.present[at] = r.present[at] = 1;
    g.value[at] = double(i + 1);
    r.value[at] = 2 * double(i + 1);
    g.error[at] = r.error[at] = 0.01;
  }
  batch.blocks["flux_g"] = g;
  if (with_r) batch.blocks["flux_r"] = r;
  batch.blocks["redshift"] = g;
  return batch;
}

TEST(Features, ColoursOfFluxesAndNothingOfTheTruth) {
  FeatureGatherer gatherer({"flux_g", "flux_r"});
  gatherer.add(fluxes(3, true));
  const auto made = gatherer.finish();
  ASSERT_EQ(made.size(), 1u);
  const auto& table = made.at("magnitudes and colours").values_NF;
  EXPECT_EQ(table.sizes(), (at::IntArrayRef{3, 3}));  // g, r, g - r
  for (int64_t i = 0; i < 3; ++i) EXPECT_NEAR(table[i][2].item<double>(), -std::log(2.0), 1e-4);
}

TEST(Features, ColoursAreOfNeighboursInWavelength) {
  modalities::Batch batch;
  batch.objects.resize(1);
  for (const auto& [name, value] : {std::pair{"flux_cosmos_k", 8.0}, {"flux_cosmos_b", 1.0}, {"flux_cosmos_r", 4.0}}) {
    auto block = modalities::make_scalars(1, "", true);
    block.present[0] = 1;
    block.value[0] = value * 1e6;
    block.error[0] = 1;
    batch.blocks[name] = block;
  }
  FeatureGatherer gatherer({"flux_cosmos_k", "flux_cosmos_b", "flux_cosmos_r"});
  gatherer.add(batch);
  const auto row = gatherer.finish().at("magnitudes and colours").values_NF[0];  // b, r, b - r, k, r - k
  EXPECT_NEAR(row[2].item<double>(), -std::log(4.0), 1e-6);
  EXPECT_NEAR(row[4].item<double>(), -std::log(2.0), 1e-6);
}

TEST(Features, SaysWhoHasAny) {
  auto batch = fluxes(3, true);
  for (const char* name : {"flux_g", "flux_r"}) {
    auto& block = std::get<modalities::ScalarBlock>(batch.blocks.at(name));
    block.present[1] = 0;
    block.value[1] = block.error[1] = 0;
  }
  FeatureGatherer gatherer({"flux_g", "flux_r"});
  gatherer.add(batch);
  EXPECT_EQ(gatherer.finish().at("magnitudes and colours").present, (std::vector<uint8_t>{1, 0, 1}));
}

TEST(Features, MissingBandsTakeTheMean) {
  FeatureGatherer gatherer({"flux_g", "flux_r"});
  gatherer.add(fluxes(2, true));
  gatherer.add(fluxes(2, false));
  const auto table = gatherer.finish().at("magnitudes and colours").values_NF;
  EXPECT_EQ(table.size(0), 4);
  EXPECT_TRUE(table.isfinite().all().item<bool>());
  EXPECT_NEAR(table[2][1].item<double>(), 0.5 * (table[0][1] + table[1][1]).item<double>(), 1e-12);
}

TEST(Features, ApertureIgnoresMaskedPixels) {
  modalities::Batch batch;
  batch.objects.resize(2);
  auto image = modalities::make_images(2, {{"g", 4800, 1000}}, 16, 16, "nanomaggy", 0.26, true);
  for (size_t i = 0; i < image.flux.size(); ++i) {
    image.flux[i] = 1;
    image.ivar[i] = 100;
    image.mask[i] = 0;
  }
  image.present = {1, 1};
  const size_t centre = 8 * 16 + 8;
  image.flux[centre] = 0;
  image.ivar[centre] = 0;
  image.mask[centre] = 1;
  batch.blocks["image_legacy"] = image;
  FeatureGatherer gatherer({"image_legacy"});
  gatherer.add(batch);
  const auto table = gatherer.finish().at("aperture colours of image_legacy").values_NF;
  EXPECT_LT(table[0][0].item<double>(), table[1][0].item<double>());
}

// Two surveys that list their bands the other way about: a colour stays the same colour.
TEST(Features, BandsAreToldByTheirNames) {
  const auto sky = [](const std::vector<std::string>& bands) {
    modalities::Batch batch;
    batch.objects.resize(2);
    auto image = modalities::make_images(2, {{bands[0], 0, 0}, {bands[1], 0, 0}}, 16, 16, "nanomaggy", 0.26, true);
    image.present = {1, 1};
    for (size_t i = 0; i < 2; ++i)
      for (size_t band = 0; band < 2; ++band)
        for (size_t k = 0; k < 256; ++k) {
          const size_t at = (i * 2 + band) * 256 + k;
          image.flux[at] = (bands[band] == "r" ? 10.0F : 1.0F) * float(i + 1);
          image.ivar[at] = 100;
          image.mask[at] = 0;
        }
    batch.blocks["image_own"] = image;
    return batch;
  };
  FeatureGatherer gatherer({"image_own"});
  gatherer.add(sky({"g", "r"}));
  gatherer.add(sky({"r", "g"}));
  const auto colours = gatherer.finish().at("aperture colours of image_own").values_NF;
  const auto levels = gatherer.levels().at("image_own").values_NF;
  ASSERT_EQ(colours.sizes(), (at::IntArrayRef{4, 3})) << "two bands and a colour";
  ASSERT_EQ(levels.sizes(), (at::IntArrayRef{4, 2}));
  for (int64_t i = 0; i < 2; ++i) {
    EXPECT_TRUE(at::equal(colours[i], colours[2 + i]));
    EXPECT_TRUE(at::equal(levels[i], levels[2 + i]));
  }
}

TEST(Features, BinsOfASpectrumDoNotSeeItsBrightness) {
  modalities::Batch batch;
  batch.objects.resize(2);
  auto spectra = modalities::make_spectra(2, 500, "u");
  for (int64_t i = 0; i < 2; ++i)
    for (int64_t p = 0; p < 500; ++p) {
      const auto at = size_t(i * 500 + p);
      spectra.wavelength_angstrom[at] = float(4000 + 10 * p);
      spectra.flux[at] = float((i + 1) * (1 + 0.001 * double(p)));
      spectra.ivar[at] = 1;
      spectra.mask[at] = 0;
    }
  spectra.present = {1, 1};
  batch.blocks["spectrum_desi"] = spectra;
  FeatureGatherer gatherer({"spectrum_desi"});
  gatherer.add(batch);
  const auto table = gatherer.finish().at("binned spectrum_desi").values_NF;
  const int64_t last = table.size(1) - 1;
  EXPECT_TRUE(at::allclose(table[0].slice(0, 0, last), table[1].slice(0, 0, last), 1e-5, 1e-5));
  EXPECT_NEAR((table[1][last] - table[0][last]).item<double>(), std::log(2.0), 1e-5);
}

}  // namespace
}  // namespace asterism::eval
