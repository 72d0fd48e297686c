#include "tokenizers/aion/image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../example_blocks.h"
#include "base/error.h"
#include "base/temporary_folder.h"
#include "nn/autocast.h"
#include "tests/tokenizers/aion/small_image.h"
#include "tokenizers/all.h"

namespace asterism::tokenizers::aion {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

const std::vector<std::string> kDes = {"DES-G", "DES-R", "DES-Z"};

TEST(AionImage, BlocksAndTensorsAgree) {
  const AionImage codec(small_image(), 2);
  auto images = test::images(2, 96);
  std::fill(images.mask.begin(), images.mask.end(), 0);
  std::fill(images.ivar.begin(), images.ivar.end(), 1);
  const auto flux = at::from_blob(images.flux.data(), {2, 3, 96, 96}).clone();
  const auto tokens = codec.encode(images);
  EXPECT_TRUE(at::equal(tokens.ids, codec.ids(codec.latent(flux, kDes))));
  EXPECT_EQ(codec.num_tokens(), 144);
  const auto drawn = std::get<modalities::ImageBlock>(codec.decode(tokens, {}));
  EXPECT_EQ(drawn.bands.size(), 9U);
  EXPECT_EQ(drawn.bands[0].name, "hsc-g");
  const auto all = codec.decode_all(tokens.ids);
  EXPECT_NEAR(drawn.flux[5 * 96 * 96 + 17], all[0][5].flatten()[17].item<float>(), 1e-6);
}

// The package asks the first band alone in which unit all are.
TEST(AionImage, BandsOfTwoSurveysComeInTheUnitOfEachButInTheReference) {
  const AionImage ours(small_image(), 2), reference(small_image(true), 2);
  at::NoGradGuard no_grad;
  const std::vector<std::string> bands = {"DES-R", "HSC-Y"};
  const auto ids = at::randint(0, ours.vocabulary(), {1, ours.num_tokens()}, at::kLong);
  const auto all = ours.decode_all(ids);
  EXPECT_TRUE(at::allclose(ours.decode(ids, bands).select(1, 1), all.select(1, 4) * std::pow(10.0, 1.8)));
  EXPECT_TRUE(at::allclose(reference.decode(ids, bands).select(1, 1), all.select(1, 4)));
}

// Images of Hyper Suprime-Cam come in another unit; in nanomaggies they are the same images.
TEST(AionImage, HscBandsEncodeAndDecodeInTheirOwnUnit) {
  const AionImage codec(small_image(), 2);
  at::NoGradGuard no_grad;
  const std::vector<std::string> bands = {"HSC-G", "HSC-Y"};
  const double scale = std::pow(10.0, 1.8);
  const auto flux = at::rand({1, 2, 96, 96}) * 3;
  auto block = test::images(1, 96);
  block.bands.resize(2);
  block.bands[0].name = "hsc-g";
  block.bands[1].name = "hsc-y";
  const auto nanomaggies = (flux / scale).contiguous();
  block.flux.assign(nanomaggies.data_ptr<float>(), nanomaggies.data_ptr<float>() + nanomaggies.numel());
  block.ivar.assign(block.flux.size(), 1);
  block.mask.assign(block.flux.size(), 0);
  block.psf_fwhm_arcsec.assign(2, 0);
  const auto ids = codec.ids(codec.latent(flux, bands));
  EXPECT_GT((codec.encode(block).ids == ids).to(at::kFloat).mean().item<double>(), 0.99);
  const auto all = codec.decode_all(ids);
  EXPECT_TRUE(at::allclose(codec.decode(ids, bands).select(1, 1), all.select(1, 4) * scale, 1e-5, 1e-6));
}

TEST(AionImage, InHalfPrecisionMostTokensAreTheSame) {
  const AionImage codec(small_image(), 2);
  const auto images = test::images(2, 96);
  const auto exact = codec.encode(images).ids;
  const nn::Autocast half(nn::Precision::bf16);
  const auto tokens = codec.encode(images);
  EXPECT_GT(tokens.ids.eq(exact).to(at::kFloat).mean().item<double>(), 0.85);
  EXPECT_TRUE(std::get<modalities::ImageBlock>(codec.decode(tokens, {})).flux.size() > 0);
}

TEST(AionImage, InputsAreNeverChangedAndNanIsNoFlux) {
  const AionImage codec(small_image(), 2);
  const auto flux = at::randn({1, 3, 96, 96}) * 100;
  const auto before = flux.clone();
  const auto ids = codec.ids(codec.latent(flux, kDes));
  EXPECT_TRUE(at::equal(flux, before));
  flux[0][0][5][5] = NAN;
  const auto zero = flux.clone();
  zero[0][0][5][5] = 0;
  EXPECT_TRUE(at::equal(codec.ids(codec.latent(flux, kDes)), codec.ids(codec.latent(zero, kDes))));
}

TEST(AionImage, SmallImagesArePaddedAndRequestsCropped) {
  const AionImage codec(small_image(), 2);
  const auto tokens = codec.encode(test::images(1, 40));
  EXPECT_EQ(tokens.ids.size(1), 144);
  DecodeRequest request;
  request.bands = test::optical_bands();
  request.height = request.width = 40;
  const auto drawn = std::get<modalities::ImageBlock>(codec.decode(tokens, request));
  EXPECT_EQ(drawn.flux.size(), 3U * 40 * 40);
  request.height = 100;
  const auto padded = std::get<modalities::ImageBlock>(codec.decode(tokens, request));
  EXPECT_EQ(padded.mask[0], 1);
  EXPECT_EQ(padded.mask[50 * 40], 0);
}

// A star whose saturated middle fills what is read of a larger image leaves nothing to read.
TEST(AionImage, GoodPixelsBeyondTheCropAreNone) {
  AionImage codec(small_image(), 2);
  auto images = test::images(2, 120);
  for (size_t i = 0; i < images.flux.size() / 2; ++i) {
    const size_t row = i / 120 % 120, column = i % 120;
    if (row < 12 || row >= 108 || column < 12 || column >= 108) continue;
    images.mask[i] = 1;
    images.flux[i] = images.ivar[i] = 0;
  }
  const auto tokens = codec.encode(images);
  EXPECT_FALSE(tokens.present[0].item<bool>());
  EXPECT_TRUE(tokens.present[1].item<bool>());
  EXPECT_EQ(codec.loss(images).weight, 1);
}

TEST(AionImage, RefusesWhatItDoesNotKnow) {
  const AionImage codec(small_image(), 2);
  const auto flux = at::zeros({1, 3, 96, 96});
  EXPECT_THAT(
      [&] {
        codec.latent(flux, {"DES-G", "DES-R", "DES-Y"});
      },
      ThrowsMessage<base::UserError>(HasSubstr("'DES-Y'")));
  EXPECT_THAT(
      [&] {
        codec.latent(flux, {"DES-G", "DES-R", "DES-R"});
      },
      ThrowsMessage<base::UserError>(HasSubstr("twice")));
  EXPECT_THAT([&] { codec.latent(flux, {"DES-G", "DES-R"}); }, ThrowsMessage<base::UserError>(HasSubstr("3 channels")));
  const AionImage reference(small_image(true), 2);  // the package never looks at channels without a name
  const auto noise = at::randn({1, 3, 96, 96}, at::detail::createCPUGenerator(3));
  EXPECT_TRUE(at::equal(reference.latent(noise, {"DES-G", "DES-R"}),
                        reference.latent(noise.narrow(1, 0, 2), {"DES-G", "DES-R"})));
  EXPECT_THROW(reference.latent(flux, {"DES-G", "DES-R", "DES-I", "DES-Z"}), base::UserError);
  auto settings = small_image();
  settings.embedding_dim = 4;
  EXPECT_THROW(AionImage{settings}, base::UserError);
  settings = small_image();
  settings.hidden_dims = 18;
  EXPECT_THROW(AionImage{settings}, base::UserError);
}

TEST(AionImage, SavedInThePublishedLayoutItIsRecognised) {
  const base::TemporaryFolder folder;
  const AionImage codec(small_image(true), 2);
  codec.save(folder / "image");
  const auto again = load_tokenizer(folder / "image");
  EXPECT_EQ(again->kind(), "aion_image");
  EXPECT_TRUE(dynamic_cast<const AionImage&>(*again).settings().reference_behaviour);
  EXPECT_TRUE(at::equal(again->encode(test::images(1, 96)).ids, codec.encode(test::images(1, 96)).ids));
}

}  // namespace
}  // namespace asterism::tokenizers::aion
