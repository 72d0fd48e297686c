#include "sky/observe.h"

#include <gtest/gtest.h>

#include <cstring>

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
