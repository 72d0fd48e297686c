#include "models/crop_encoder.h"

#include <gtest/gtest.h>

#include <functional>

#include "../nn/threads.h"
#include "base/error.h"
#include "models/vision_transformer.h"
#include "tiny_backbones.h"

namespace asterism::models {
namespace {

CropEncoderSettings crop_settings() { return tiny::dino_model().encoder; }

// Sets of 16 and 8 pixels of the same objects, one of which lacks its middle in the second.
struct Sets {
  Sets() {
    auto sky = tiny::sky(3);
    auto& images = std::get<modalities::ImageBlock>(sky.blocks.at("image_legacy"));
    auto half = tiny::image(3);
    half.height = half.width = 8;
    for (auto* values : {&half.flux, &half.ivar}) values->resize(3 * 3 * 64);
    half.mask.resize(3 * 3 * 64);
    for (size_t k = 0; k < half.flux.size(); ++k) half.flux[k] = images.flux[4 * k];
    for (size_t c = 0; c < 3; ++c)
      for (size_t y = 0; y < 4; ++y)
        for (size_t x = 0; x < 4; ++x) {
          const size_t at = (3 + c) * 64 + 8 * y + x;
          half.mask[at] = 1;
          half.flux[at] = half.ivar[at] = 0;
        }
    blocks.emplace_back(images);
    blocks.emplace_back(half);
  }
  std::vector<modalities::Block> blocks;
};

TEST(CropEncoder, PackedIsEachAlone) {
  for (const bool registers : {false, true}) {
    auto s = crop_settings();
    s.registers = registers ? 2 : 0;
    nn::Parameters parameters;
    const CropEncoder encoder(nn::Scope(parameters, 1), s);
    const Sets sets;
    auto first = encoder.look(sets.blocks[0]), second = encoder.look(sets.blocks[1]);
    first.hidden_NP.assign(48, 0);
    first.hidden_NP[16 + 5] = 1;
    const auto together = encoder({first, second});
    EXPECT_EQ(together.images.groups(), 6);
    EXPECT_EQ(together.images.length(4), (registers ? 3 : 1) + 3) << "a patch without a good pixel is no token";
    EXPECT_EQ(together.patch_row[1][4], -1);
    for (int64_t set = 0; set < 2; ++set)
      for (int64_t i = 0; i < 3; ++i) {
        const auto one = modalities::select(sets.blocks[size_t(set)], {i});
        auto crops = encoder.look(one);
        if (set == 0) crops.hidden_NP.assign(first.hidden_NP.begin() + 16 * i, first.hidden_NP.begin() + 16 * (i + 1));
        const auto alone = encoder({crops});
        const int64_t g = 3 * set + i;
        EXPECT_TRUE(
            at::allclose(together.rows_RD.narrow(0, together.images.starts[size_t(g)], together.images.length(g)),
                         alone.rows_RD, 1e-4, 1e-5))
            << set << " " << i;
      }
  }
}

// Every weight of the blocks gets the gradient that one thread gives it, whichever images lose a branch.
TEST(CropEncoder, ThreadsGiveWhatOneDoes) {
  auto s = crop_settings();
  s.drop_path = 0.3;
  nn::Parameters parameters;
  const CropEncoder encoder(nn::Scope(parameters, 1), s);
  const auto sky = tiny::sky(40);
  const auto run = [&](int threads) {
    const test::Threads some(threads);
    parameters.zero_grad();
    const auto rows = encoder({encoder.look(sky.blocks.at("image_legacy"))}, nn::DropKey(3, 5)).rows_RD;
    EXPECT_GT(rows.size(0), 600) << "enough for two threads";
    (rows * at::cos(at::arange(rows.numel(), at::kFloat)).view(rows.sizes())).sum().backward();
    std::map<std::string, at::Tensor> out{{"rows", rows.detach()}};
    for (const auto& [name, tensor] : parameters.parameters())
      if (tensor.grad().defined()) out[name] = tensor.grad().clone();
    return out;
  };
  const auto one = run(1), two = run(2);
  ASSERT_EQ(one.size(), two.size());
  for (const auto& [name, tensor] : one) EXPECT_TRUE(at::allclose(two.at(name), tensor, 1e-3, 1e-3)) << name;
}

TEST(CropEncoder, HiddenPatchesTellNothing) {
  nn::Parameters parameters;
  const CropEncoder encoder(nn::Scope(parameters, 1), crop_settings());
  auto sky = tiny::sky(1);
  auto& image = std::get<modalities::ImageBlock>(sky.blocks.at("image_legacy"));
  std::vector<uint8_t> hidden(16, 0);
  hidden[5] = 1;
  const auto rows = [&] {
    auto crops = encoder.look(sky.blocks.at("image_legacy"));
    crops.hidden_NP = hidden;
    return encoder({crops}).rows_RD;
  };
  const auto before = rows();
  for (size_t c = 0; c < 3; ++c) image.flux[256 * c + 16 * 5 + 6] = 50;  // inside patch (1, 1)
  EXPECT_TRUE(at::equal(before, rows()));
  hidden[5] = 0;
  EXPECT_FALSE(at::equal(before, rows()));
}

TEST(CropEncoder, PositionsOfOtherSizesAreStretched) {
  nn::Parameters parameters;
  const CropEncoder encoder(nn::Scope(parameters, 1), crop_settings());
  const auto learned = parameters.parameters().at("pos_embed");
  const auto smaller = stretched_positions(learned, 4, 2, 2, 0, false);
  EXPECT_EQ(smaller.sizes(), (std::vector<int64_t>{1, 5, 16}));
  EXPECT_TRUE(at::equal(smaller.narrow(1, 0, 1), learned.narrow(1, 0, 1)));
  EXPECT_TRUE(at::equal(stretched_positions(learned, 4, 4, 4, 0, false), learned));
  // of a plane, any stretch is that plane
  auto plane = at::zeros({1, 17, 1}, at::kDouble);
  for (int64_t p = 0; p < 16; ++p) plane[0][1 + p][0] = double(p / 4);
  const auto wide = stretched_positions(plane, 4, 8, 4, 0, false);
  EXPECT_NEAR(wide[0][1 + 4 * 4][0].item<double>() - wide[0][1 + 3 * 4][0].item<double>(), 0.5, 0.12);
}

TEST(CropEncoder, NothingSeenIsNoRows) {
  nn::Parameters parameters;
  const CropEncoder encoder(nn::Scope(parameters, 1), crop_settings());
  auto sky = tiny::sky(2);
  tiny::remove(sky, "image_legacy", 0);
  auto some = encoder({encoder.look(sky.blocks.at("image_legacy"))});
  EXPECT_EQ(some.cls_row, (std::vector<int64_t>{-1, 0}));
  EXPECT_TRUE(some.patch_rows_of(0).empty());
  EXPECT_EQ(some.patch_rows_of(1).size(), 16u);
  tiny::remove(sky, "image_legacy", 1);
  EXPECT_EQ(encoder({encoder.look(sky.blocks.at("image_legacy"))}).rows_RD.size(0), 0);
  EXPECT_EQ(encoder({}).rows_RD.size(0), 0);
}

TEST(CropEncoder, SettingsThatDoNotFitAreRefused) {
  nn::Parameters parameters;
  for (const auto& change : std::vector<std::function<void(CropEncoderSettings&)>>{
           [](auto& s) { s.heads = 3; }, [](auto& s) { s.size = 18; }, [](auto& s) { s.size = 2; }}) {
    auto s = crop_settings();
    change(s);
    nn::Parameters fresh;
    EXPECT_THROW(CropEncoder(nn::Scope(fresh, 1), s), base::UserError);
  }
  const CropEncoder encoder(nn::Scope(parameters, 1), crop_settings());
  EXPECT_EQ(encoder.block_of("blocks.1.norm1.weight"), 1);
  EXPECT_EQ(encoder.block_of("cls_token"), -1);
  EXPECT_EQ(encoder.block_of("norm.bias"), 2);
  EXPECT_EQ(encoder.block_of("mask_token"), -2);
}

}  // namespace
}  // namespace asterism::models
