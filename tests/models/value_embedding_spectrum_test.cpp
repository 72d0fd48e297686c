#include "models/value_embedding_spectrum.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "models/wrap.h"
#include "tiny_sky.h"

namespace asterism::models {
namespace {

modalities::SpectrumBlock& embedded_spectra(modalities::Batch& batch) {
  return std::get<modalities::SpectrumBlock>(batch.blocks.at("spectrum_desi"));
}

struct SpectrumEmbeddingFixture {
  SpectrumEmbeddingFixture() : embedding(nn::Scope(parameters, 1), "spectrum_desi", 12, 8) {}
  at::Tensor embed(const std::vector<int64_t>& objects, const std::vector<int64_t>& positions) {
    return embedding.embed(embedding.view(batch.blocks.at("spectrum_desi")), copied(objects), copied(positions));
  }
  nn::Parameters parameters;
  ValueEmbeddingSpectrum embedding;
  modalities::Batch batch = tiny::sky(4);
};

TEST(ValueEmbeddingSpectrum, BrightnessIsInTheScaleTokenAlone) {
  SpectrumEmbeddingFixture f;
  const auto before = f.embed({1, 1}, {0, 4});
  auto& s = embedded_spectra(f.batch);
  for (int64_t k = 0; k < 96; ++k) {
    s.flux[size_t(96 + k)] *= 8;
    s.ivar[size_t(96 + k)] /= 64;
  }
  const auto after = f.embed({1, 1}, {0, 4});
  EXPECT_FALSE(at::allclose(before[0], after[0], 1e-2, 1e-2));
  EXPECT_TRUE(at::allclose(before[1], after[1], 1e-4, 1e-4));
}

TEST(ValueEmbeddingSpectrum, PaddingOfTheBatchChangesNothing) {
  SpectrumEmbeddingFixture f;
  const auto before = f.embed({0, 0, 0}, {0, 3, 8});
  const auto longer = tiny::spectrum(1, 150);
  f.batch.blocks["spectrum_desi"] = modalities::concatenate({f.batch.blocks.at("spectrum_desi"), longer});
  EXPECT_TRUE(at::allclose(before, f.embed({0, 0, 0}, {0, 3, 8}), 1e-5, 1e-6));
  const auto view = f.embedding.view(f.batch.blocks.at("spectrum_desi"));
  EXPECT_EQ(view.grid.positions(), 1 + 13);
  EXPECT_EQ(view.usable_NP[8], 1);
  EXPECT_EQ(view.usable_NP[9], 0);  // beyond the 96 pixels of object 0
}

TEST(ValueEmbeddingSpectrum, WavelengthIsPartOfIt) {
  SpectrumEmbeddingFixture f;
  const auto before = f.embed({0}, {4});
  for (auto& w : embedded_spectra(f.batch).wavelength_angstrom) w *= 1.01f;
  EXPECT_FALSE(at::allclose(before, f.embed({0}, {4}), 1e-2, 1e-2));
}

TEST(ValueEmbeddingSpectrum, MaskedPixelsHaveNoInfluence) {
  SpectrumEmbeddingFixture f;
  auto& s = embedded_spectra(f.batch);
  s.mask[40] = 1;
  s.ivar[40] = 0;
  const auto before = f.embed({0, 0}, {0, 4});
  s.flux[40] = -1e30f;
  EXPECT_TRUE(at::equal(before, f.embed({0, 0}, {0, 4})));
}

TEST(ValueEmbeddingSpectrum, AllMaskedOrZeroStaysFinite) {
  SpectrumEmbeddingFixture f;
  auto& s = embedded_spectra(f.batch);
  for (int64_t k = 0; k < 96; ++k) {
    s.flux[size_t(k)] = 0;
    s.mask[size_t(96 + k)] = 1;
    s.ivar[size_t(96 + k)] = 0;
  }
  EXPECT_TRUE(at::isfinite(f.embed({0, 0, 1, 1}, {0, 4, 0, 4})).all().item<bool>());
  const auto view = f.embedding.view(f.batch.blocks.at("spectrum_desi"));
  EXPECT_EQ(view.usable_NP[0], 1);
  EXPECT_EQ(view.usable_NP[size_t(view.grid.positions())], 0);
  EXPECT_THROW(f.embedding.view(f.batch.blocks.at("redshift")), base::UserError);
}

}  // namespace
}  // namespace asterism::models
