#include "models/masked_image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <numeric>

#include "../nn/gradient_check.h"
#include "base/error.h"
#include "models/patch_encoder.h"
#include "nn/nothing_to_learn.h"
#include "tiny_backbones.h"

namespace asterism::models {
namespace {

constexpr int64_t kPixels = tiny::kSide * tiny::kSide;

modalities::ImageBlock& masked_images(modalities::Batch& batch) {
  return std::get<modalities::ImageBlock>(batch.blocks.at("image_legacy"));
}

size_t pixel(int64_t object, int64_t band, int64_t y, int64_t x) {
  return size_t((object * 3 + band) * kPixels + y * tiny::kSide + x);
}

TEST(MaskedImage, NothingOfWhatIsHiddenLeaks) {
  const MaskedImage model(tiny::masked_image_model());
  auto batch = tiny::sky(3);
  auto hidden = at::zeros({3, 16}, at::kBool);
  hidden.narrow(1, 4, 3).fill_(true);  // the second row of patches but for its last
  const auto before = model.rebuild(masked_images(batch), hidden);
  auto changed = batch;
  for (int64_t i = 0; i < 3; ++i)
    for (int64_t c = 0; c < 3; ++c)
      for (int64_t y = 4; y < 8; ++y)
        for (int64_t x = 0; x < 12; ++x) {
          masked_images(changed).flux[pixel(i, c, y, x)] = 1e4f * float(x);
          masked_images(changed).ivar[pixel(i, c, y, x)] = 1e-3f;
        }
  EXPECT_TRUE(at::equal(before, model.rebuild(masked_images(changed), hidden)));
  masked_images(changed).flux[pixel(0, 1, 5, 13)] += 1;
  const auto after = model.rebuild(masked_images(changed), hidden);
  EXPECT_FALSE(at::equal(before[0], after[0])) << "what is seen must tell";
  EXPECT_TRUE(at::equal(before[1], after[1])) << "of other objects nothing";
  EXPECT_EQ(before.narrow(2, 8, 8).abs().max().item<float>(), 0) << "only what is hidden is rebuilt";
  EXPECT_GT(before.narrow(2, 4, 4).narrow(3, 0, 12).abs().min().item<float>(), 0);
  EXPECT_FALSE(at::allclose(before.select(1, 0), before.select(1, 2))) << "bands are told apart";
}

TEST(MaskedImage, ItsLossIsThatOfTheRebuiltPixels) {
  const MaskedImage model(tiny::masked_image_model());
  auto batch = tiny::sky(2);
  tiny::remove(batch, "image_legacy", 1);
  for (int64_t y = 0; y < 16; ++y) {  // a column of one band is masked
    auto& im = masked_images(batch);
    im.mask[pixel(0, 2, y, 9)] = 1;
    im.flux[pixel(0, 2, y, 9)] = im.ivar[pixel(0, 2, y, 9)] = 0;
  }
  const DrawKey key{4, 2, false};
  std::vector<uint8_t> usable(32, 1);
  std::fill(usable.begin() + 16, usable.end(), uint8_t{0});
  const auto drawn = draw_hidden_patches(usable, 16, 0.5, {batch.objects[0].hash(), batch.objects[1].hash()}, key);
  auto hidden = at::zeros({2, 16}, at::kBool);
  for (int64_t p = 0; p < 32; ++p)
    if (drawn[size_t(p)] != 0) hidden[p / 16][p % 16] = true;
  const auto rebuilt = model.rebuild(masked_images(batch), hidden)[0];
  double loss = 0, squares = 0, sum = 0, wanted2 = 0;
  int64_t count = 0;
  for (int64_t c = 0; c < 3; ++c)
    for (int64_t y = 0; y < 16; ++y)
      for (int64_t x = 0; x < 16; ++x) {
        if (drawn[size_t(y / 4 * 4 + x / 4)] == 0 || masked_images(batch).mask[pixel(0, c, y, x)] != 0) continue;
        const double wanted = std::asinh(10.0 * masked_images(batch).flux[pixel(0, c, y, x)]);
        const double residual = std::abs(rebuilt[c][y][x].item<double>() - wanted);
        loss += residual < 3 ? residual * residual / 2 : 3 * (residual - 1.5);
        squares += residual * residual, sum += wanted, wanted2 += wanted * wanted;
        ++count;
      }
  EXPECT_LT(count, 8 * 16 * 3) << "masked pixels do not count";
  const auto outcome = model.loss(batch, key);
  EXPECT_NEAR(outcome.loss.item<double>(), loss / double(count), 1e-4 * loss / double(count));
  EXPECT_NEAR(outcome.figures.at("explained").item<double>(), 1 - squares / (wanted2 - sum * sum / double(count)),
              1e-3);
  EXPECT_EQ(outcome.weight, 1) << "the absent one does not count";
}

TEST(MaskedImage, GradientsAgreeWithFiniteDifferences) {
  auto s = tiny::masked_image_model();
  s.layers = 1;
  const MaskedImage model(s, at::kDouble);
  auto& parameters = const_cast<MaskedImage&>(model).parameters();
  test::shake(parameters, 0.05);
  const auto batch = tiny::sky(3);
  std::vector<std::pair<std::string, at::Tensor>> some;
  for (const char* name :
       {"input.pixels.weight", "encoder.0.attn.qkv.weight", "norm.weight", "to_decoder.weight",
        "decoder.0.mlp.fc1.weight", "output_band.physical.fc2.weight", "to_pixels.weight", "mask_token"})
    some.emplace_back(name, parameters.parameters().at(name));
  test::expect_gradients([&] { return model.loss(batch, {1, 1, true}).loss; }, some, 3, 1e-5, 1e-5);
}

TEST(MaskedImage, SumsOfHiddenLightAreRebuiltToo) {
  auto s = tiny::masked_image_model();
  s.layers = 1;
  const MaskedImage pixels_alone(s, at::kDouble);
  s.patch_sums = true;
  const MaskedImage model(s, at::kDouble);
  auto& parameters = const_cast<MaskedImage&>(model).parameters();
  test::shake(parameters, 0.05);
  const auto batch = tiny::sky(3);
  const auto outcome = model.loss(batch, {1, 1, true});
  EXPECT_GT(outcome.figures.at("off_in_sums").item<double>(), 0);
  EXPECT_FALSE(pixels_alone.loss(batch, {1, 1, true}).figures.contains("off_in_sums"));
  std::vector<std::pair<std::string, at::Tensor>> some;
  for (const char* name : {"input.sums.weight", "input.pixels.weight", "to_sums.weight", "encoder.0.mlp.fc1.weight"})
    some.emplace_back(name, parameters.parameters().at(name));
  test::expect_gradients([&] { return model.loss(batch, {1, 1, true}).loss; }, some, 3, 1e-5, 1e-5);
}

// The masked autoencoder of the network that DINO trains: the same names and shapes, tokens that are its patches.
TEST(MaskedImage, ADinoNetworkIsTheOneThatDinoTrains) {
  const MaskedImage model(tiny::masked_vision_model());
  const Dino dino(tiny::dino_model());
  auto wanted = dino.encoder_weights("student");
  for (const auto& [name, tensor] : const_cast<MaskedImage&>(model).parameters().parameters()) {
    const std::string place = "backbone.";
    if (!name.starts_with(place)) continue;
    ASSERT_TRUE(wanted.contains(name.substr(place.size()))) << name;
    EXPECT_EQ(tensor.sizes(), wanted.at(name.substr(place.size())).sizes()) << name;
    wanted.erase(name.substr(place.size()));
  }
  EXPECT_TRUE(wanted.empty()) << wanted.begin()->first;
  const auto batch = tiny::sky(2);
  const auto rows = model.token_rows(batch, {});
  EXPECT_EQ(rows.objects.length(0), 16) << "patches, without CLS";
  EXPECT_TRUE(at::allclose(rows.rows_RD.narrow(0, 0, 16).mean(0), model.embed(batch, {}).vectors_ND[0], 1e-5, 1e-6));
  EXPECT_EQ(model.patch_encoder("image_legacy")->looks(), "CLS");
}

TEST(MaskedImage, ADinoNetworkSeesNothingOfWhatIsHidden) {
  const MaskedImage model(tiny::masked_vision_model());
  auto batch = tiny::sky(2);
  auto hidden = at::zeros({2, 16}, at::kBool);
  hidden.narrow(1, 4, 3).fill_(true);
  const auto before = model.rebuild(masked_images(batch), hidden);
  for (int64_t y = 4; y < 8; ++y)
    for (int64_t x = 0; x < 12; ++x) masked_images(batch).flux[pixel(0, 1, y, x)] = 1e4F;
  EXPECT_TRUE(at::equal(before, model.rebuild(masked_images(batch), hidden)));
  masked_images(batch).flux[pixel(0, 1, 5, 13)] += 1;
  EXPECT_FALSE(at::equal(before[0], model.rebuild(masked_images(batch), hidden)[0])) << "what is seen must tell";
  EXPECT_GT(before.narrow(2, 4, 4).narrow(3, 0, 12).abs().min().item<float>(), 0);
}

TEST(MaskedImage, GradientsOfADinoNetworkAgreeWithFiniteDifferences) {
  auto s = tiny::masked_vision_model();
  s.layers = 1;
  const MaskedImage model(s, at::kDouble);
  auto& parameters = const_cast<MaskedImage&>(model).parameters();
  test::shake(parameters, 0.05);
  const auto batch = tiny::sky(3);
  std::vector<std::pair<std::string, at::Tensor>> some;
  for (const char* name : {"backbone.patch_embed.pixels.weight", "backbone.blocks.0.attn.qkv.weight",
                           "backbone.cls_token", "backbone.mask_token", "backbone.pos_embed", "to_decoder.weight"})
    some.emplace_back(name, parameters.parameters().at(name));
  test::expect_gradients([&] { return model.loss(batch, {1, 1, true}).loss; }, some, 3, 1e-5, 1e-5);
}

TEST(MaskedImage, SettingsThatContradictEachOtherAreRefusedByName) {
  using Settings = MaskedImageSettings;
  const auto refused = [](Settings settings, const std::function<void(Settings&)>& change, const char* names) {
    change(settings);
    EXPECT_THAT([&] { MaskedImage{settings}; }, testing::ThrowsMessage<base::UserError>(testing::HasSubstr(names)));
  };
  const auto vision = tiny::masked_vision_model(), plain = tiny::masked_image_model();
  refused(
      vision, [](auto& s) { s.size = 0; }, "set size");
  refused(
      vision, [](auto& s) { s.dropout = 0.1; }, "dropout has no effect");
  refused(
      vision, [](auto& s) { s.patch_sums = true; }, "patch_sums has no effect");
  refused(
      plain, [](auto& s) { s.registers = 2; }, "registers has no effect");
  refused(
      plain, [](auto& s) { s.layer_scale = 1; }, "layer_scale has no effect");
  refused(
      plain, [](auto& s) { s.width = 18; }, "width 18");
  refused(
      plain, [](auto& s) { s.decoder_heads = 3; }, "its 3 heads");
  refused(
      plain, [](auto& s) { s.size = 7; }, "size 7");
}

TEST(MaskedImage, HiddenPatchesAreDrawnByObjectAloneAndLeaveSomething) {
  const std::vector<uint8_t> usable = {1, 1, 1, 1, 1, 1, 0, 0, 0, 1, 1, 0, 1, 0, 0, 0, 0, 0};
  const auto all = draw_hidden_patches(usable, 6, 0.75, {11, 22, 33}, {1, 0, true});
  EXPECT_EQ(std::accumulate(all.begin(), all.begin() + 6, 0), 5) << "0.75 of 6, rounded";
  EXPECT_EQ(std::accumulate(all.begin() + 6, all.begin() + 12, 0), 1) << "one of two stays";
  EXPECT_EQ(std::accumulate(all.begin() + 12, all.end(), 0), 0) << "one usable patch: nothing to learn from";
  for (size_t i = 0; i < all.size(); ++i) EXPECT_LE(all[i], usable[i]);
  const std::vector<uint8_t> second(usable.begin() + 6, usable.begin() + 12);
  const auto alone = draw_hidden_patches(second, 6, 0.75, {22}, {1, 0, true});
  EXPECT_TRUE(std::equal(alone.begin(), alone.end(), all.begin() + 6));
  std::vector<int> often(6);
  for (int64_t epoch = 0; epoch < 600; ++epoch) {
    const auto one = draw_hidden_patches({1, 1, 1, 1, 1, 1}, 6, 0.5, {11}, {1, epoch, true});
    for (size_t p = 0; p < 6; ++p) often[p] += one[p];
  }
  for (const int times : often) EXPECT_NEAR(times, 300, 60);
}

TEST(MaskedImage, AnyBandsGo) {
  const MaskedImage model(tiny::masked_image_model());
  const auto batch = tiny::sky(2);
  auto one = batch;
  auto& all = masked_images(one);
  auto single = modalities::make_images(2, {{"hsc-i", 7700, 1400}}, tiny::kSide, tiny::kSide, "nanomaggy", 0.168, true);
  single.present.assign(2, 1);
  for (int64_t i = 0; i < 2; ++i)
    for (int64_t k = 0; k < kPixels; ++k) {
      const auto to = size_t(i * kPixels + k), from = size_t((i * 3 + 1) * kPixels + k);
      single.flux[to] = all.flux[from], single.ivar[to] = all.ivar[from], single.mask[to] = 0;
    }
  one.blocks["image_legacy"] = single;
  const auto vectors = model.embed(one, {}).vectors_ND;
  EXPECT_TRUE(at::isfinite(vectors).all().item<bool>());
  EXPECT_FALSE(at::allclose(vectors, model.embed(batch, {}).vectors_ND));
  EXPECT_TRUE(at::isfinite(model.loss(one, {1, 1, true}).loss).item<bool>());
}

TEST(MaskedImage, SaysWhatItCannotDo) {
  const MaskedImage model(tiny::masked_image_model());
  auto batch = tiny::sky(2);
  EmbedRequest request;
  request.layer = 2;
  EXPECT_THROW(model.embed(batch, request), base::UserError);
  request = {};
  request.rings = 2;
  EXPECT_THROW(model.embed(batch, request), base::UserError);
  EXPECT_THROW(model.rebuild(masked_images(batch), at::zeros({2, 15}, at::kBool)), base::UserError);
  EXPECT_THROW(model.loss(tiny::scalars(2), {1, 1, true}), base::UserError);
  for (int64_t i = 0; i < 2; ++i) tiny::remove(batch, "image_legacy", i);
  EXPECT_THROW(model.loss(batch, {1, 1, true}), nn::NothingToLearn);
}

}  // namespace
}  // namespace asterism::models
