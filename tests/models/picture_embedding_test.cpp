#include "models/picture_embedding.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "models/legacy_rgb.h"
#include "models/wrap.h"
#include "tiny_sky.h"

namespace asterism::models {
namespace {

modalities::ImageBlock pictures() {
  auto out = tiny::image(2);
  out.unit = "display";
  out.bands = {{"red", 0, 0}, {"green", 0, 0}, {"blue", 0, 0}};
  out.pixel_scale_arcsec = 0;
  out.has_ivar = false;
  for (size_t k = 0; k < out.flux.size(); ++k) out.flux[k] = float(k % 97) / 97;
  return out;
}

TEST(PictureEmbedding, PatchesAreAConvolutionOfThePicture) {
  nn::Parameters parameters;
  PictureSettings settings;
  settings.mean = 0.2, settings.deviation = 0.5;
  const PictureEmbedding embedding(nn::Scope(parameters, 1), settings, 4, 8, 6);
  const auto sky = tiny::sky(2);
  const auto& block = std::get<modalities::ImageBlock>(sky.blocks.at("image_legacy"));
  const auto view = embedding.view(sky.blocks.at("image_legacy"), false);
  EXPECT_EQ(view.grid.rows, 2) << "the middle 8 pixels in patches of 4";
  const auto found = embedding.patches(view, copied({0, 1}), copied({3, 0}));
  const auto flux = wrap(block.flux, {2, 3, 16, 16}).narrow(2, 4, 8).narrow(3, 4, 8);
  const auto wanted = at::conv2d((legacy_rgb(flux) - 0.2) / 0.5, parameters.parameters().at("proj.weight"),
                                 parameters.parameters().at("proj.bias"), 4);
  EXPECT_TRUE(at::allclose(found[0], wanted[0].select(1, 1).select(1, 1), 1e-4, 1e-5));
  EXPECT_TRUE(at::allclose(found[1], wanted[1].select(1, 0).select(1, 0), 1e-4, 1e-5));
}

TEST(PictureEmbedding, PicturesForTheEyeGoInAsTheyAre) {
  nn::Parameters parameters;
  const PictureEmbedding embedding(nn::Scope(parameters, 1), {}, 4, 0, 6);
  auto block = pictures();
  for (size_t y = 0; y < 4; ++y)
    for (size_t x = 0; x < 4; ++x)
      for (size_t c = 0; c < 3; ++c) block.mask[256 * c + 16 * y + x] = 1, block.ivar[256 * c + 16 * y + x] = 0;
  block.present[1] = 0;
  const modalities::Block images = block;
  const auto view = embedding.view(images, false);
  EXPECT_EQ(view.usable_NP[0], 0) << "no good pixel in any plane";
  EXPECT_EQ(view.usable_NP[1], 1);
  EXPECT_EQ(view.usable_NP[16 + 1], 0) << "absent";
  const auto wanted = at::conv2d(wrap(block.flux, {2, 3, 16, 16}), parameters.parameters().at("proj.weight"),
                                 parameters.parameters().at("proj.bias"), 4);
  EXPECT_TRUE(at::allclose(embedding.patches(view, copied({0}), copied({6}))[0], wanted[0].select(1, 1).select(1, 2),
                           1e-4, 1e-5));
}

TEST(PictureEmbedding, RefusesWhatItWasNotMadeFor) {
  nn::Parameters parameters;
  const PictureEmbedding embedding(nn::Scope(parameters, 1), {}, 4, 8, 6);
  auto block = pictures();
  block.bands.pop_back();
  EXPECT_THROW(embedding.view(modalities::Block(block), false), base::UserError);
  auto other = tiny::image(1);
  other.bands = {{"hsc-g", 4800, 1000}, {"hsc-r", 6200, 1000}, {"hsc-z", 8900, 1000}};
  EXPECT_THROW(embedding.view(modalities::Block(other), false), base::UserError);
  EXPECT_NO_THROW(embedding.view(modalities::Block(other), true));
  EXPECT_THROW(embedding.view(tiny::sky(1).blocks.at("spectrum_desi"), false), base::UserError);
  PictureSettings settings;
  settings.scales = {1};
  nn::Parameters more;
  EXPECT_THROW(PictureEmbedding(nn::Scope(more, 1), settings, 4, 8, 6), base::UserError);
}

}  // namespace
}  // namespace asterism::models
