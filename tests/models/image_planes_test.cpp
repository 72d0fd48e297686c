#include "models/image_planes.h"

#include <gtest/gtest.h>

#include "blob_images.h"

namespace asterism::models {
namespace {

at::Tensor matrix_of(double a, double b, double c, double d, int64_t n) {
  return at::tensor({a, b, c, d}, at::kDouble).view({1, 2, 2}).repeat({n, 1, 1});
}

at::Tensor nowhere(int64_t n) { return at::zeros({n, 2}, at::kDouble); }

TEST(ImagePlanes, RoundTripKeepsWhatIsGood) {
  auto images = tiny::blobs({.n = 2, .side = 12, .peak = 3});
  images.mask[17] = 1;
  images.flux[17] = images.ivar[17] = 0;
  const auto back = block_of(planes_of(images), images);
  modalities::check("image", back);
  EXPECT_EQ(back.flux, images.flux);
  EXPECT_EQ(back.mask, images.mask);
  for (size_t k = 0; k < images.ivar.size(); ++k) EXPECT_NEAR(back.ivar[k], images.ivar[k], 1e-4);
  EXPECT_EQ(back.psf_fwhm_arcsec, images.psf_fwhm_arcsec);
}

TEST(ImagePlanes, WholePixelsAndQuarterTurnsCopyValues) {
  auto images = tiny::blobs({.n = 1, .side = 8, .peak = 3});
  const size_t bad = 8 * 2 + 5;  // of the first band: y = 2, x = 5
  images.mask[bad] = 1;
  images.flux[bad] = images.ivar[bad] = 0;
  const auto planes = planes_of(images);
  const auto same = warped(planes, matrix_of(1, 0, 0, 1, 1), nowhere(1), 8);
  EXPECT_TRUE(at::equal(same.flux_NCHW, planes.flux_NCHW));
  EXPECT_TRUE(at::equal(same.variance_NCHW, planes.variance_NCHW));
  const auto turned = warped(planes, matrix_of(0, -1, 1, 0, 1), nowhere(1), 8);
  EXPECT_TRUE(at::equal(turned.flux_NCHW, at::rot90(planes.flux_NCHW, 1, {2, 3})) ||
              at::equal(turned.flux_NCHW, at::rot90(planes.flux_NCHW, -1, {2, 3})));
  EXPECT_EQ(turned.good_NCHW.sum().item<double>(), 127) << "one pixel is bad, in the one band";
  const auto moved = warped(planes, matrix_of(1, 0, 0, 1, 1), at::tensor({1.0, 0.0}, at::kDouble).view({1, 2}), 6);
  EXPECT_TRUE(at::equal(moved.flux_NCHW, planes.flux_NCHW.narrow(2, 1, 6).narrow(3, 2, 6)));
}

TEST(ImagePlanes, WhatLiesOutsideIsBad) {
  const auto planes = planes_of(tiny::blobs({.n = 1, .side = 8}));
  const auto wide = warped(planes, matrix_of(2, 0, 0, 2, 1), nowhere(1), 8);
  EXPECT_EQ(wide.good_NCHW.sum().item<double>(), 2 * 4 * 4);
  EXPECT_EQ(wide.flux_NCHW[0][0][0][0].item<double>(), 0);
}

TEST(ImagePlanes, MagnifyingKeepsTheSumOfTheFluxAndTheTruthOfTheVariance) {
  const int64_t n = 4;
  const auto planes = planes_of(tiny::blobs({.n = n, .peak = 5, .noisy = false}));
  const auto noise = planes_of(tiny::blobs({.n = n}));
  for (const double zoom : {0.8, 1.0, 1.37, 2.0}) {
    const double c = std::cos(0.4) / zoom, s = std::sin(0.4) / zoom;
    const auto to = matrix_of(c, -s, s, c, n);
    const auto out = warped(planes, to, nowhere(n), 64);
    const double wanted = planes.flux_NCHW.sum().item<double>();
    EXPECT_NEAR(out.flux_NCHW.sum().item<double>(), wanted, 3e-3 * wanted) << zoom;
    EXPECT_NEAR(out.fwhm_NC[0][0].item<double>(), 1.2 * zoom, 1e-6);
    const auto sky = warped(noise, to, nowhere(n), 64);
    const auto chi2 =
        (sky.flux_NCHW.square() / sky.variance_NCHW.clamp_min(1e-20) * sky.good_NCHW).sum() / sky.good_NCHW.sum();
    EXPECT_NEAR(chi2.item<double>(), 1, 0.06) << zoom;
  }
}

TEST(ImagePlanes, BlurWidensToWhatWasAskedAndCountsItsNoise) {
  const auto planes = planes_of(tiny::blobs({.n = 1, .peak = 5, .sigma_pixels = 2, .noisy = false}));
  auto sigma = at::zeros({1, 2}, at::kDouble);
  sigma[0][0] = 1.5;
  const auto out = blurred(planes, sigma);
  EXPECT_TRUE(at::equal(out.flux_NCHW[0][1], planes.flux_NCHW[0][1])) << "the other band is left alone";
  const auto x = at::arange(64, at::kFloat) - 31.5;
  const auto profile = out.flux_NCHW[0][0].sum(0);
  const double width = ((profile * x.square()).sum() / profile.sum()).item<double>();
  EXPECT_NEAR(width, 4 + 2.25, 0.06) << "variances add; the kernel is cut at three sigma";
  EXPECT_NEAR(profile.sum().item<double>(), planes.flux_NCHW[0][0].sum().item<double>(), 1e-3);
  const auto noise = planes_of(tiny::blobs({.n = 8}));
  const auto sky = blurred(noise, at::full({8, 2}, 1.5, at::kDouble));
  const auto chi2 = (sky.flux_NCHW.square() / sky.variance_NCHW).mean().item<double>();
  EXPECT_NEAR(chi2, 1, 0.06);
  EXPECT_LT(sky.variance_NCHW.mean().item<double>(), 0.1 * noise.variance_NCHW.mean().item<double>());
}

TEST(ImagePlanes, BlurLeavesBadPixelsOut) {
  auto images = tiny::blobs({.n = 1, .side = 16, .peak = 2, .sigma_pixels = 100, .noisy = false});
  for (size_t y = 0; y < 16; ++y) {  // a bad column full of nonsense
    images.mask[16 * y + 8] = 1;
    images.flux[16 * y + 8] = images.ivar[16 * y + 8] = 0;
  }
  const auto out = blurred(planes_of(images), at::full({1, 2}, 1.0, at::kDouble));
  EXPECT_EQ(out.good_NCHW[0][0].sum().item<double>(), 240);
  EXPECT_NEAR(out.flux_NCHW[0][0][7][7].item<double>(), 2, 0.02) << "not darkened by its neighbour";
}

TEST(ImagePlanes, NoiseBringsEveryGoodPixelToTheSigmaAsked) {
  const int64_t n = 8;
  auto images = tiny::blobs({.n = n});
  std::fill(images.ivar.begin(), images.ivar.begin() + 64 * 32, 1 / 0.25f);  // half of a band is noisier already
  std::vector<base::Random> random;
  for (int64_t i = 0; i < n; ++i) random.emplace_back(1, 0, uint64_t(i), "noise");
  const auto planes = planes_of(images);
  auto sigma = at::full({n, 2}, 0.3, at::kDouble);
  sigma[3][1] = 0;
  const auto out = noisier(planes, sigma, true, random);
  EXPECT_NEAR(out.variance_NCHW[0][0][0][0].item<double>(), 0.25, 1e-6) << "more than asked: left alone";
  EXPECT_EQ(out.flux_NCHW[0][0][0][0].item<double>(), planes.flux_NCHW[0][0][0][0].item<double>());
  EXPECT_NEAR(out.variance_NCHW[0][0][50][0].item<double>(), 0.09, 1e-6);
  EXPECT_TRUE(at::equal(out.flux_NCHW[3][1], planes.flux_NCHW[3][1]));
  const auto last = out.flux_NCHW.narrow(0, 4, 4);
  EXPECT_NEAR(last.square().mean().item<double>(), 0.09, 0.09 * 0.03) << "what is there is what is said";
}

}  // namespace
}  // namespace asterism::models
