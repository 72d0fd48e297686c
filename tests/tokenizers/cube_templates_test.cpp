#include "tokenizers/cube_templates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "example_cubes.h"
#include "train_a_little.h"

namespace asterism::tokenizers {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

CubeTemplatesSettings tiny_cubes() {
  CubeTemplatesSettings s;
  s.wavelength_low = 3700;
  s.wavelength_high = 9700;
  s.pixels = 64;
  s.size = 6;
  s.directions = 3;
  s.ring_tokens = {3, 2, 1};
  return s;
}

CubeTemplates fitted(const modalities::Block& block) {
  CubeTemplates out(tiny_cubes(), 1);
  out.fit(block);
  return out;
}

TEST(CubeTemplates, GradientsImproveTheTemplates) {
  const modalities::Block block = asterism::test::cubes(6, 90);
  auto codec = fitted(block);
  const auto figures = asterism::test::train_a_little(codec, block, 40, 1e-2);
  EXPECT_LT(figures.at("last chi2_per_pixel"), 0.8 * figures.at("first chi2_per_pixel"));
}

TEST(CubeTemplates, TokensKeepTheSizeOfTheCube) {
  const auto codec = fitted(asterism::test::cubes(20, 90));
  for (const auto& [height, width] : {std::pair<int64_t, int64_t>{6, 6}, {5, 9}, {1, 1}, {12, 4}}) {
    const auto given = asterism::test::cubes(3, 90, height, width);
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
    EXPECT_EQ(codec.vectors(tokens).size(0), 3);
  }
  EXPECT_LT(codec.num_tokens(6, 6), 6 * 6 * 90);
  EXPECT_TRUE(codec.of_whole());
}

TEST(CubeTemplates, PatchesWithoutDataComeBackMasked) {
  const auto codec = fitted(asterism::test::cubes(20));
  auto block = asterism::test::cubes(1);
  for (int64_t k = 0; k < block.length; ++k)
    for (const int64_t p : {16, 17, 22, 23}) {
      const auto at = size_t(k * 36 + p);
      block.flux[at] = block.ivar[at] = 0;
      block.mask[at] = 1;
    }
  const auto tokens = codec.encode(modalities::Block(block));
  const auto back = std::get<modalities::CubeBlock>(codec.decode(tokens));
  EXPECT_EQ(back.mask[16], 1);
  EXPECT_EQ(back.flux[16], 0);
  EXPECT_EQ(back.mask[14], 0);
}

TEST(CubeTemplates, MaskedValuesHaveNoInfluence) {
  const auto codec = fitted(asterism::test::cubes(20));
  auto block = asterism::test::cubes(2);
  for (int64_t at = 20 * 36; at < 30 * 36; ++at) {  // planes
    block.flux[size_t(at)] = block.ivar[size_t(at)] = 0;
    block.mask[size_t(at)] = 1;
  }
  const auto clean = codec.encode(modalities::Block(block));
  for (int64_t at = 20 * 36; at < 30 * 36; ++at) block.flux[size_t(at)] = 1e9f;
  EXPECT_TRUE(at::equal(clean.ids, codec.encode(modalities::Block(block)).ids));
}

TEST(CubeTemplates, ReadsAndDrawsAnyGrid) {
  const auto codec = fitted(asterism::test::cubes(20));
  const auto fine = codec.encode(modalities::Block(asterism::test::cubes(2, 400)));
  EXPECT_EQ(fine.ids.sizes(), codec.encode(modalities::Block(asterism::test::cubes(2, 50))).ids.sizes());
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
  request.height = request.width = 0;
  const auto whole = std::get<modalities::CubeBlock>(codec.decode(fine, request));
  EXPECT_EQ(out.flux[2 * plane + 8 + 1], whole.flux[2 * 36 + 2 * 6]);  // the same in the middle
  request.wavelength_angstrom = {5000, 4000};
  EXPECT_THAT([&] { codec.decode(fine, request); }, ThrowsMessage<base::UserError>(HasSubstr("increase")));
}

TEST(CubeTemplates, SizesThatDoNotFitAreRefused) {
  const auto codec = fitted(asterism::test::cubes(20));
  auto tokens = codec.encode(modalities::Block(asterism::test::cubes(2)));
  tokens.ids[1][0] = 5;
  EXPECT_THAT([&] { codec.decode(tokens); }, ThrowsMessage<base::UserError>(HasSubstr("differing sizes")));
  tokens.ids.select(1, 0).fill_(9);
  EXPECT_THAT([&] { codec.decode(tokens); }, ThrowsMessage<base::UserError>(HasSubstr("9 x 6")));
  const modalities::Block flat = asterism::test::cubes(1, 10, 0, 4), wide = asterism::test::cubes(1, 1, 1, 1100);
  EXPECT_THAT([&] { codec.encode(flat); }, ThrowsMessage<base::UserError>(HasSubstr("0 x 4")));
  EXPECT_THAT([&] { codec.encode(wide); }, ThrowsMessage<base::UserError>(HasSubstr("1 x 1100")));
}

TEST(CubeTemplates, SettingsThatMakeNoCodecAreRefused) {
  const auto with = [](auto&& change) {
    return [change] {
      auto s = tiny_cubes();
      change(s);
      CubeTemplates{s};
    };
  };
  EXPECT_THAT(with([](auto& s) { s.wavelength_low = 9700; }), ThrowsMessage<base::UserError>(HasSubstr("9700")));
  EXPECT_THAT(with([](auto& s) { s.norm_high = s.norm_low; }), ThrowsMessage<base::UserError>(HasSubstr("norm_high")));
  EXPECT_THAT(with([](auto& s) { s.redshift_low = 2; }), ThrowsMessage<base::UserError>(HasSubstr("redshift_low")));
  EXPECT_THAT(with([](auto& s) { s.ring_tokens.clear(); }), ThrowsMessage<base::UserError>(HasSubstr("ring_tokens")));
}

TEST(CubeTemplates, CubesOfSeveralSizesAreLearnedFromTogether) {
  const modalities::Block one = asterism::test::cubes(2), other = asterism::test::cubes(1, 70, 8, 5);
  CubeTemplates codec(tiny_cubes(), 1);
  codec.fit(asterism::test::cubes(20));
  const auto outcome = codec.learn({{&one, &other}, {}});
  EXPECT_EQ(outcome.weight, 3);
  EXPECT_NEAR(outcome.loss.item<double>(),
              (2 * codec.loss(one).loss.item<double>() + codec.loss(other).loss.item<double>()) / 3, 1e-4);
}

TEST(CubeTemplates, CubesOutsideTheGridAreAbsent) {
  auto codec = fitted(asterism::test::cubes(20));
  auto block = asterism::test::cubes(2);
  for (size_t k = 0; k < size_t(block.length); ++k) block.wavelength_angstrom[k] += 50000;
  const auto tokens = codec.encode(modalities::Block(block));
  EXPECT_FALSE(tokens.present[0].item<bool>());
  EXPECT_TRUE(tokens.present[1].item<bool>());
  EXPECT_EQ(codec.loss(modalities::Block(block)).weight, 1);
}

TEST(CubeTemplates, ExtremesStayFinite) {
  auto codec = fitted(asterism::test::cubes(20));
  auto block = asterism::test::cubes(3);
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
