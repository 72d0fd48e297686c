#include "eval/hidden.h"

#include <gtest/gtest.h>

#include "models/masked_spectrum.h"
#include "tests/models/tiny_sky.h"

namespace asterism::eval {
namespace {

models::MaskedSpectrum small_masked_model() {
  models::MaskedSpectrumSettings s;
  s.patch = 8;
  s.width = 16;
  s.heads = 2;
  s.layers = 1;
  s.hidden_patches = 2;
  s.seed = 2;
  return models::MaskedSpectrum(s);
}

TEST(Hidden, WhatTheModelRebuildsOfEveryObjectThatIsThere) {
  const auto model = small_masked_model();
  auto batch = models::tiny::sky(6);
  models::tiny::remove(batch, "spectrum_desi", 1);
  HiddenGatherer gatherer(4);
  const auto filler = gap_filler(model);
  gatherer.add(*filler, modalities::select(batch, {0, 1, 2}), 10);
  gatherer.add(*filler, modalities::select(batch, {3, 4, 5}), 13);
  Subject subject;
  gatherer.finish(subject);
  const auto& made = subject.hidden.at("spectrum_desi");
  EXPECT_EQ(made.rows, (std::vector<int64_t>{10, 12, 13, 14}));  // four at most, without the absent one
  const auto& rebuilt = std::get<modalities::SpectrumBlock>(made.rebuilt);
  EXPECT_EQ(rebuilt.n, 4);
  const auto alone = modalities::select(batch, {3});
  const auto hidden = model.hidden_patches(alone, {0, 0, false});
  const auto flux = model.rebuild(std::get<modalities::SpectrumBlock>(alone.blocks.at("spectrum_desi")), hidden);
  int64_t pixels = 0;
  for (int64_t k = 0; k < rebuilt.length; ++k) {
    const auto at = size_t(2 * rebuilt.length + k);
    EXPECT_EQ(rebuilt.mask[at] == 0, hidden[0][k / 8].item<bool>()) << k;
    if (rebuilt.mask[at] != 0) continue;
    EXPECT_NEAR(rebuilt.flux[at], flux[0][k].item<float>(), 1e-4) << k;
    ++pixels;
  }
  EXPECT_GT(pixels, 0);
}

TEST(Hidden, NoSpectraNothing) {
  const auto model = small_masked_model();
  auto batch = models::tiny::scalars(3);
  HiddenGatherer gatherer(4);
  gatherer.add(*gap_filler(model), batch, 0);
  Subject subject;
  gatherer.finish(subject);
  EXPECT_TRUE(subject.hidden.empty());
}

}  // namespace
}  // namespace asterism::eval
