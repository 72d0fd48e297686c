#include "models/observation_key.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "modalities/catalog.h"
#include "modalities/cube.h"
#include "modalities/light_curve.h"
#include "modalities/map.h"
#include "modalities/scalar.h"
#include "modalities/vector.h"
#include "tiny_sky.h"

namespace asterism::models {
namespace {

TEST(ObservationKeys, AnythingMeasuredOtherwiseIsAnotherKey) {
  const auto batch = tiny::sky(3);
  for (const char* name : {"image_legacy", "spectrum_desi"}) {
    const auto key = observation_key(batch.blocks.at(name), 1, 11);
    EXPECT_EQ(observation_key(modalities::select(batch.blocks.at(name), {1}), 0, 11), key) << "whatever lies around it";
    EXPECT_NE(observation_key(batch.blocks.at(name), 2, 11).content, key.content);
    auto changed = batch.blocks.at(name);
    std::visit(
        [](auto& block) {
          if constexpr (requires { block.ivar; }) block.ivar[block.ivar.size() / 2] *= 2;
        },
        changed);
    EXPECT_NE(observation_key(changed, 1, 11).content, key.content) << name;
  }
  auto padded = std::get<modalities::SpectrumBlock>(batch.blocks.at("spectrum_desi"));
  const auto key = observation_key(padded, 0, 1);
  auto longer = modalities::select(batch.blocks.at("spectrum_desi"), {0});
  auto& s = std::get<modalities::SpectrumBlock>(longer);
  s.length = 120;
  for (auto* values : {&s.flux, &s.ivar, &s.wavelength_angstrom, &s.lsf_sigma_angstrom}) values->resize(120, 0);
  s.mask.resize(120, 1);
  EXPECT_EQ(observation_key(longer, 0, 1), key) << "padding does not count";
}

// Encoders read the filters, the pixel scale and the line spread too: an archive that says them otherwise is another.
TEST(ObservationKeys, WhatTheNumbersStandForCounts) {
  const auto batch = tiny::sky(2);
  std::vector<uint32_t> seen;
  const auto add = [&](const modalities::Block& block) { seen.push_back(observation_key(block, 0, 1).content); };
  const auto& images = std::get<modalities::ImageBlock>(batch.blocks.at("image_legacy"));
  add(images);
  const auto with = [&](const auto& change) {
    auto other = images;
    change(other);
    add(other);
  };
  with([](auto& b) { b.unit = "counts"; });
  with([](auto& b) { b.pixel_scale_arcsec *= 2; });
  with([](auto& b) { b.bands[1].name = "des-i"; });
  with([](auto& b) { b.bands[1].wavelength_angstrom += 1000; });
  with([](auto& b) { b.bands[1].width_angstrom += 100; });
  auto spectra = std::get<modalities::SpectrumBlock>(batch.blocks.at("spectrum_desi"));
  add(spectra);
  spectra.lsf_sigma_angstrom[3] = 2;
  add(spectra);
  spectra.unit = "counts";
  add(spectra);
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(std::adjacent_find(seen.begin(), seen.end()), seen.end());
}

// Two objects of every other kind; whichever number is changed, the key of its object is another, that of the other
// stays.
TEST(ObservationKeys, EveryKindAndEveryNumberCounts) {
  auto curves = modalities::make_light_curves(2, 3, {{"g", 0, 0}}, "mag", "MJD");
  curves.count = {3, 2};
  auto lists = modalities::make_catalogs(2, 3, {{"X", ""}, {"Y", ""}});
  lists.count = {3, 2};
  auto cubes = modalities::make_cubes(2, 4, 2, 2, "nanomaggy", 1);
  for (size_t i = 0; i < cubes.wavelength_angstrom.size(); ++i) cubes.wavelength_angstrom[i] = float(4000 + i);
  const std::vector<modalities::Block> blocks{curves,
                                              lists,
                                              cubes,
                                              modalities::make_maps(2, {{"source", ""}}, 2, 2, 1, false, true),
                                              modalities::make_vectors(2, 3),
                                              modalities::make_scalars(2, "", true)};
  for (const auto& block : blocks) {
    SCOPED_TRACE(modalities::kind(block));
    const auto first = observation_key(block, 0, 1), second = observation_key(block, 1, 2);
    int changes = 0;
    const auto with = [&](auto part) {
      auto changed = block;
      std::visit(
          [&](auto& b) {
            if constexpr (requires { (b.*part)[0]; }) (b.*part)[0] += 1, ++changes;
          },
          changed);
      return changed;
    };
    const auto check = [&](const modalities::Block& changed, int before) {
      if (changes == before) return;
      EXPECT_NE(observation_key(changed, 0, 1), first) << changes;
      EXPECT_EQ(observation_key(changed, 1, 2), second) << changes;
    };
    std::visit(
        [&](const auto& b) {
          using B = std::decay_t<decltype(b)>;
          const auto each = [&](auto part) {
            const int before = changes;
            check(with(part), before);
          };
          if constexpr (requires { b.value; }) each(&B::value);
          if constexpr (requires { b.error; }) each(&B::error);
          if constexpr (requires { b.flux; }) each(&B::flux);
          if constexpr (requires { b.ivar; }) each(&B::ivar);
          if constexpr (requires { b.mask; }) each(&B::mask);
          if constexpr (requires { b.time_day; }) each(&B::time_day);
          if constexpr (requires { b.band; }) each(&B::band);
          if constexpr (requires { b.upper_limit; }) each(&B::upper_limit);
          if constexpr (requires { b.wavelength_angstrom; }) each(&B::wavelength_angstrom);
        },
        block);
    EXPECT_GE(changes, 1);
  }
}

TEST(ObservationKeys, OfAnObjectInSeveralModalities) {
  const auto batch = tiny::sky(3);
  const std::vector<std::string> names{"flux_g", "spectrum_desi"};
  const auto key = observation_key(batch, names, 1);
  EXPECT_EQ(observation_key(modalities::select(batch, {1}), names, 0), key);
  EXPECT_NE(observation_key(batch, {"flux_g"}, 1), key);
  auto other = batch;  // a modality that is not named does not count
  std::get<modalities::ScalarBlock>(other.blocks.at("flux_r")).value[1] += 1;
  EXPECT_EQ(observation_key(other, names, 1), key);
  std::get<modalities::ScalarBlock>(other.blocks.at("flux_g")).value[1] += 1;
  EXPECT_NE(observation_key(other, names, 1), key);
  auto lacking = batch, without = batch;
  tiny::remove(lacking, "spectrum_desi", 1);
  without.blocks.erase("spectrum_desi");
  EXPECT_EQ(observation_key(lacking, names, 1), observation_key(without, names, 1));
}

}  // namespace
}  // namespace asterism::models
