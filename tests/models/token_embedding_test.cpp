#include "models/token_embedding.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "models/grid_positions.h"
#include "models/wrap.h"
#include "tests/tokenizers/aion/small_image.h"
#include "tiny_sky.h"
#include "tokenizers/aion/image.h"
#include "tokenizers/aion/spectrum.h"

namespace asterism::models {
namespace {

TEST(TokenEmbedding, GridsOfTheCodecs) {
  const auto batch = tiny::sky(6);
  const auto codecs = tiny::codecs(batch);
  const auto image = token_grid(*codecs.at("image_legacy"), "image"),
             spectrum = token_grid(*codecs.at("spectrum_desi"), "spectrum");
  EXPECT_EQ(image.special, 0);
  EXPECT_EQ(image.rows, image.columns);
  EXPECT_EQ(image.positions(), codecs.at("image_legacy")->num_tokens());
  EXPECT_EQ(spectrum.special, 1);
  EXPECT_EQ(spectrum.positions(), codecs.at("spectrum_desi")->num_tokens());
  tokenizers::ImageCodecSettings settings;  // a token of brightness, then 8 x 8 places
  settings.size = 32;
  settings.norm_bins = 10;
  const tokenizers::ImageCodec bright(settings, 1);
  const auto places = token_grid(bright, "image");
  EXPECT_EQ(places.special, 1);
  EXPECT_EQ(places.rows, 8);
  EXPECT_EQ(places.columns, 8);
  EXPECT_EQ(places.positions(), bright.num_tokens());
  EXPECT_EQ(token_places(bright, places).rows.size(), 8U);
}

TEST(TokenEmbedding, TheSameCodeAtTheSamePlaceIsTheSameVector) {
  const auto batch = tiny::sky(6);
  const auto codecs = tiny::codecs(batch);
  nn::Parameters parameters;
  const TokenEmbedding embedding(nn::Scope(parameters, 1), codecs.at("image_legacy"),
                                 token_grid(*codecs.at("image_legacy"), "image"), 8);
  auto view = embedding.view(batch.blocks.at("image_legacy"));
  auto& ids = view.tensors.at("ids");
  ids[0][3] = ids[1][3] = ids[1][4] = 2;
  const auto x = embedding.embed(view, copied({0, 1, 1}), copied({3, 3, 4}));
  EXPECT_TRUE(at::equal(x[0], x[1]));
  EXPECT_FALSE(at::allclose(x[1], x[2]));
}

// Input positions that may not be given where token t is asked for.
std::vector<int64_t> hidden_by(const Candidate& c, int64_t t) {
  std::vector<uint8_t> covered(size_t(c.input_grid.positions()), 0);
  cover(c, 0, t, covered);
  std::vector<int64_t> out;
  for (size_t p = 0; p < covered.size(); ++p)
    if (covered[p] != 0) out.push_back(int64_t(p));
  return out;
}

// DESI's wavelengths go in and those of AION-1's grid come out: a token hides the patches of its own wavelengths.
TEST(TokenEmbedding, TokensOfAPublishedSpectrumHideTheirWavelengths) {
  tokenizers::aion::SpectrumSettings s;
  s.num_pixels = 512;
  s.lambda_min = 3500;
  s.resolution = 13.6;
  s.encoder_depths = s.decoder_depths = {1, 1};
  s.encoder_dims = {8, 16};
  s.decoder_dims = {8, 1};
  s.latent_channels = 16;
  s.codebook_size = 64;
  s.dim = s.embedding_dim = 6;
  const tokenizers::aion::AionSpectrum codec(s, 1);
  std::vector<float> wavelength;
  for (int64_t i = 0; i < 778; ++i) wavelength.push_back(float(3600 + 8 * i));
  constexpr int64_t kPatch = 10;
  Candidate c;
  c.target_grid = token_grid(codec, "spectrum");
  c.target_places = token_places(codec, c.target_grid);
  c.input_grid = {1, 1, 78};
  c.input_places.columns = wavelength_stretches(wavelength, kPatch);
  ASSERT_EQ(c.target_grid.special, 1) << "the level";
  ASSERT_EQ(c.target_grid.positions(), codec.num_tokens());
  EXPECT_EQ(hidden_by(c, 0), std::vector<int64_t>{0}) << "the scale beside the level";
  const int64_t pixels = s.num_pixels / (codec.num_tokens() - 1);
  for (int64_t t = 0; t + 1 < codec.num_tokens(); ++t) {
    const double middle = s.lambda_min + s.resolution * (double(t * pixels) + 0.5 * double(pixels - 1));
    const auto hidden = hidden_by(c, 1 + t);
    const auto own = 1 + int64_t((middle - 3596) / 8) / kPatch;
    if (middle > 3600 && middle < 3600 + 8 * 777) {
      EXPECT_EQ(std::count(hidden.begin(), hidden.end(), own), 1) << "token " << t << " at " << middle;
    }
    EXPECT_LE(hidden.size(), 3U) << t;
  }
}

// AION-1 codes 96 pixels; the middle 64 go in.
TEST(TokenEmbedding, TokensOfAPublishedImageHideTheirPixels) {
  const tokenizers::aion::AionImage codec(tokenizers::aion::small_image(), 2);
  Candidate c;
  c.target_grid = token_grid(codec, "image");
  c.target_places = token_places(codec, c.target_grid);
  c.input_grid = {0, 8, 8};
  c.input_places.rows = c.input_places.columns = pixel_stretches(-32, 8, 8);
  ASSERT_EQ(c.target_grid.rows, 12);
  for (int64_t row = 0; row < 12; ++row)
    for (int64_t column = 0; column < 12; ++column) {
      const bool inside = std::min(row, column) >= 2 && std::max(row, column) < 10;
      EXPECT_EQ(hidden_by(c, row * 12 + column),
                inside ? std::vector<int64_t>{(row - 2) * 8 + column - 2} : std::vector<int64_t>())
          << row << ", " << column;
    }
}

}  // namespace
}  // namespace asterism::models
