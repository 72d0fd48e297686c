// Crops that are made on a device are those of the CPU, noise aside, which each draws from its own numbers.

#include <gtest/gtest.h>

#include "../models/blob_images.h"
#include "models/augment.h"
#include "models/image_planes.h"
#include "pretend_device.h"

namespace asterism::models {
namespace {

AugmentSettings all_but_noise() {
  AugmentSettings s;
  s.rotation = "any";
  s.blur_probability = {0.7, 0.7, 0.7};
  s.noise_probability = {0, 0, 0};
  s.reddening_probability = 0.5;
  s.band_dropout = 0.3;
  return s;
}

ImagePlanes view_on(const at::Device& device, const AugmentSettings& s, const modalities::ImageBlock& images,
                    const std::vector<uint64_t>& objects, const DrawKey& key) {
  return augmented_planes(s, images, planes_of(images, device), objects, 0, 32, key);
}

TEST(DeviceViews, AreTheCpus) {
  const auto images = tiny::blobs({.n = 5});
  const auto objects = tiny::numbered(5);
  const auto here = view_on(at::kCPU, all_but_noise(), images, objects, {1, 4, true}),
             there = view_on(asterism::test::a_device(), all_but_noise(), images, objects, {1, 4, true});
  EXPECT_EQ(there.flux_NCHW.device(), asterism::test::a_device());
  EXPECT_TRUE(at::allclose(there.good_NCHW.cpu(), here.good_NCHW));
  EXPECT_TRUE(at::allclose(there.flux_NCHW.cpu(), here.flux_NCHW, 1e-4, 1e-5));
  EXPECT_TRUE(at::allclose(there.variance_NCHW.cpu(), here.variance_NCHW, 1e-4, 1e-7));
  EXPECT_TRUE(at::equal(there.fwhm_NC, here.fwhm_NC));
  const auto pixels = pixels_of(there, images.has_ivar), own = pixels_of(here, images.has_ivar);
  EXPECT_TRUE(at::equal(pixels.good_NCHW.cpu(), own.good_NCHW));
  EXPECT_TRUE(at::allclose(pixels.ivar_NCHW.cpu(), own.ivar_NCHW, 1e-3, 1e-3));
  const auto frame = frame_of(there, images);
  EXPECT_EQ(frame.psf_fwhm_arcsec, block_of(here, images).psf_fwhm_arcsec);
  EXPECT_EQ(frame.height, 32);
}

TEST(DeviceViews, NoiseIsAsMuchAndKeyed) {
  auto s = all_but_noise();
  s.blur_probability = {0, 0, 0};
  s.reddening_probability = s.band_dropout = 0;
  const auto images = tiny::blobs({.n = 8});
  const auto objects = tiny::numbered(8);
  const auto clean = view_on(asterism::test::a_device(), s, images, objects, {1, 4, true});
  s.noise_probability = {1, 1, 1};
  s.noise_factor = 3;
  const auto noisy = view_on(asterism::test::a_device(), s, images, objects, {1, 4, true});
  const auto added = (noisy.flux_NCHW - clean.flux_NCHW).cpu().to(at::kDouble).square().mean().item<double>();
  const auto told = (noisy.variance_NCHW - clean.variance_NCHW).cpu().to(at::kDouble).mean().item<double>();
  EXPECT_GT(told, 0);
  EXPECT_NEAR(added, told, 0.1 * told) << "as the variances say";
  EXPECT_TRUE(at::equal(view_on(asterism::test::a_device(), s, images, objects, {1, 4, true}).flux_NCHW.cpu(),
                        noisy.flux_NCHW.cpu()));
  EXPECT_FALSE(at::equal(view_on(asterism::test::a_device(), s, images, objects, {2, 4, true}).flux_NCHW.cpu(),
                         noisy.flux_NCHW.cpu()));
}

// Pictures without a measured variance get noise of their own.
TEST(DeviceViews, NoiseOfPictures) {
  auto s = all_but_noise();
  s.noise_probability = {1, 1, 1};
  s.noise_added = 0.1;
  auto images = tiny::blobs({.n = 3});
  images.has_ivar = false;
  const auto noisy = view_on(asterism::test::a_device(), s, images, tiny::numbered(3), {1, 4, true});
  s.noise_probability = {0, 0, 0};
  const auto clean = view_on(asterism::test::a_device(), s, images, tiny::numbered(3), {1, 4, true});
  EXPECT_GT((noisy.flux_NCHW - clean.flux_NCHW).abs().max().item<float>(), 0);
  EXPECT_TRUE(at::equal(noisy.variance_NCHW.cpu(), clean.variance_NCHW.cpu())) << "they are no measurement";
}

}  // namespace
}  // namespace asterism::models
