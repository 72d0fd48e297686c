#include "tokenizers/cube_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "example_cubes.h"
#include "train_a_little.h"

namespace asterism::tokenizers {
namespace {

using testing::HasSubstr;

CubeCodecSettings tiny_cube_codec() {
  CubeCodecSettings s;
  s.wavelength_low = 3700;
  s.wavelength_high = 9700;
  s.pixels = 64;
  s.size = 6;
  s.strides = {4, 2};
  s.depths = {1, 1};
  s.widths = {16, 24};
  s.output_width = 8;
  return s;
}

template <class F>
std::string cube_error_of(F&& f) {
  try {
    f();
  } catch (const base::UserError& e) {
    return e.what();
  }
  return "no UserError";
}

TEST(CubeCodec, LearnsAFewCubes) {
  auto settings = tiny_cube_codec();
  settings.widths = {24, 48};
  CubeCodec codec(settings, 3);
  const modalities::Block block = test::cubes(4, 90);
  const auto figures = test::train_a_little(codec, block, 120, 4e-3);
  EXPECT_GT(figures.at("first chi2_per_pixel"), 4);
  EXPECT_LT(figures.at("last chi2_per_pixel"), 1.3);
  EXPECT_GT(figures.at("last perplexity"), 20);
}

TEST(CubeCodec, TokensKeepTheSizeOfTheCube) {
  const CubeCodec codec(tiny_cube_codec(), 1);
  EXPECT_EQ(codec.num_tokens(), 2 + 9 * (1 + 8));
  for (const auto& [height, width] : {std::pair<int64_t, int64_t>{6, 6}, {5, 9}, {1, 1}, {12, 4}}) {
    const auto given = test::cubes(3, 90, height, width);
    const auto tokens = codec.encode(modalities::Block(given));
    ASSERT_EQ(tokens.ids.size(1), codec.num_tokens(height, width));
    if (!tokens.present.any().item<bool>()) continue;  // a single spaxel is a corner
    EXPECT_EQ(tokens.ids[0][0].item<int64_t>(), height);
    EXPECT_EQ(tokens.ids[0][1].item<int64_t>(), width);
    const auto back = std::get<modalities::CubeBlock>(codec.decode(tokens));
    EXPECT_EQ(back.height, height);
    EXPECT_EQ(back.width, width);
    EXPECT_EQ(back.length, 64);
    EXPECT_NO_THROW(modalities::check("decoded", modalities::Block(back)));
  }
}

// A large cube goes through in pieces; what a patch becomes depends on its surroundings alone.
TEST(CubeCodec, ALargeCubeIsReadInPieces) {
  const CubeCodec codec(tiny_cube_codec(), 1);
  const auto large = test::cubes(1, 40, 72, 70);
  const auto tokens = codec.encode(modalities::Block(large));
  ASSERT_EQ(tokens.ids.size(1), 2 + 36 * 35 * 9);
  EXPECT_GT(tokens.ids[0].narrow(0, 2, 36 * 35 * 9).view({-1, 9}).select(1, 0).gt(0).sum().item<int64_t>(), 500);
  const auto back = std::get<modalities::CubeBlock>(codec.decode(tokens));
  EXPECT_NO_THROW(modalities::check("decoded", modalities::Block(back)));
}

TEST(CubeCodec, PatchesWithoutDataComeBackMasked) {
  const CubeCodec codec(tiny_cube_codec(), 1);
  auto block = test::cubes(1);
  const auto whole = codec.encode(modalities::Block(block));
  for (int64_t k = 0; k < block.length; ++k)
    for (const int64_t p : {16, 17, 22, 23}) {
      const auto at = size_t(k * 36 + p);
      block.flux[at] = block.ivar[at] = 0;
      block.mask[at] = 1;
    }
  const auto tokens = codec.encode(modalities::Block(block));
  EXPECT_EQ(tokens.ids[0].narrow(0, 2 + 5 * 9, 9).abs().sum().item<int64_t>(), 0);
  const auto back = std::get<modalities::CubeBlock>(codec.decode(tokens));
  EXPECT_EQ(back.mask[16], 1);
  EXPECT_EQ(back.mask[14], 0);
  // a patch far from it is what it was
  EXPECT_TRUE(at::equal(tokens.ids[0].narrow(0, 2 + 6 * 9, 9), whole.ids[0].narrow(0, 2 + 6 * 9, 9)));
}

TEST(CubeCodec, MaskedValuesHaveNoInfluence) {
  const CubeCodec codec(tiny_cube_codec(), 1);
  auto block = test::cubes(2);
  for (int64_t k = 20; k < 30; ++k)  // planes
    for (int64_t p = 0; p < 36; ++p) {
      const auto at = size_t(k * 36 + p);
      block.flux[at] = block.ivar[at] = 0;
      block.mask[at] = 1;
    }
  const auto clean = codec.encode(modalities::Block(block));
  for (int64_t at = 20 * 36; at < 30 * 36; ++at) block.flux[size_t(at)] = 1e9f;
  EXPECT_TRUE(at::equal(clean.ids, codec.encode(modalities::Block(block)).ids));
}

TEST(CubeCodec, ReadsAndDrawsAnyGrid) {
  const CubeCodec codec(tiny_cube_codec(), 1);
  const auto fine = codec.encode(modalities::Block(test::cubes(2, 400)));
  EXPECT_EQ(fine.ids.sizes(), codec.encode(modalities::Block(test::cubes(2, 50))).ids.sizes());
  DecodeRequest request;
  request.wavelength_angstrom = {3000, 4000, 5000.5f, 9699, 12000};
  request.pixel_scale_arcsec = 0.5;
  request.height = 4;
  request.width = 8;
  const auto out = std::get<modalities::CubeBlock>(codec.decode(fine, request));
  EXPECT_EQ(out.length, 5);
  EXPECT_EQ(out.pixel_scale_arcsec, 0.5);
  EXPECT_NO_THROW(modalities::check("decoded", modalities::Block(out)));
  const size_t plane = 4 * 8, middle = 8 + 3;
  EXPECT_EQ(out.mask[middle], 1);  // before the grid
  EXPECT_EQ(out.mask[plane + middle], 0);
  EXPECT_EQ(out.mask[plane + 8], 1);           // beside the cube
  EXPECT_EQ(out.mask[4 * plane + middle], 1);  // behind the grid
  // the same values as in the middle of the whole
  request.height = request.width = 0;
  const auto whole = std::get<modalities::CubeBlock>(codec.decode(fine, request));
  EXPECT_EQ(out.flux[2 * plane + 8 + 1], whole.flux[2 * 36 + 2 * 6]);
  request.wavelength_angstrom = {5000, 4000};
  EXPECT_THAT(cube_error_of([&] { codec.decode(fine, request); }), HasSubstr("increase"));
}

TEST(CubeCodec, SizesThatDoNotFitAreRefused) {
  const CubeCodec codec(tiny_cube_codec(), 1);
  auto tokens = codec.encode(modalities::Block(test::cubes(2)));
  tokens.ids[1][0] = 5;
  EXPECT_THAT(cube_error_of([&] { codec.decode(tokens); }), HasSubstr("differing sizes"));
  tokens.ids[0][0] = 5;
  EXPECT_NO_THROW(codec.decode(tokens));  // as many patches
  tokens.ids.select(1, 0).fill_(9);
  EXPECT_THAT(cube_error_of([&] { codec.decode(tokens); }), HasSubstr("9 x 6"));
  auto settings = tiny_cube_codec();
  settings.norm_bins = 20;
  settings.levels = {3, 3};
  const CubeCodec narrow(settings, 1);
  EXPECT_THAT(cube_error_of([&] { narrow.encode(modalities::Block(test::cubes(1, 10, 2, 40))); }), HasSubstr("2 x 40"));
  const modalities::Block flat = test::cubes(1, 10, 0, 4);
  EXPECT_THAT(cube_error_of([&] { codec.encode(flat); }), HasSubstr("0 x 4"));
}

TEST(CubeCodec, CubesOfSeveralSizesAreLearnedFromTogether) {
  CubeCodec codec(tiny_cube_codec(), 1);
  const modalities::Block one = test::cubes(2), other = test::cubes(1, 70, 8, 5);
  const auto outcome = codec.learn({{&one, &other}, {}});
  EXPECT_EQ(outcome.weight, 3);
  EXPECT_NEAR(outcome.loss.item<double>(),
              (2 * codec.loss(one).loss.item<double>() + codec.loss(other).loss.item<double>()) / 3, 1e-4);
}

TEST(CubeCodec, CubesOutsideTheGridAreAbsent) {
  CubeCodec codec(tiny_cube_codec(), 1);
  auto block = test::cubes(2);
  for (size_t k = 0; k < size_t(block.length); ++k) block.wavelength_angstrom[k] += 50000;
  const auto tokens = codec.encode(modalities::Block(block));
  EXPECT_FALSE(tokens.present[0].item<bool>());
  EXPECT_TRUE(tokens.present[1].item<bool>());
  EXPECT_EQ(codec.loss(modalities::Block(block)).weight, 1);
}

TEST(CubeCodec, ExtremesStayFinite) {
  CubeCodec codec(tiny_cube_codec(), 1);
  auto block = test::cubes(3);
  for (size_t i = 0; i < size_t(block.length * 36); ++i) {
    if (block.mask[i] != 0) continue;
    block.flux[i] = -1e30f;
    block.ivar[i] = 1e30f;
  }
  for (size_t i = size_t(block.length * 36); i < size_t(2 * block.length * 36); ++i) {
    if (block.mask[i] != 0) continue;
    block.flux[i] = i % 7 == 0 ? 3e38f : 1e-20f;
    block.ivar[i] = 1e-30f;
  }
  const auto tokens = codec.encode(modalities::Block(block));
  EXPECT_NO_THROW(modalities::check("decoded", codec.decode(tokens)));
  const auto outcome = codec.loss(modalities::Block(block));
  EXPECT_TRUE(at::isfinite(outcome.loss).item<bool>());
  outcome.loss.backward();
  for (const auto& [name, parameter] : codec.parameters().parameters())
    EXPECT_TRUE(at::isfinite(parameter.grad()).all().item<bool>()) << name;
}

}  // namespace
}  // namespace asterism::tokenizers
