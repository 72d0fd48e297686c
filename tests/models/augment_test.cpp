#include "models/augment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <tuple>

#include "astro/extinction.h"
#include "blob_images.h"

namespace asterism::models {
namespace {

// Crops of the whole image, pixel by pixel, unless a test asks for more.
AugmentSettings nothing() {
  AugmentSettings s;
  s.global_scale_low = s.global_scale_high = s.local_scale_low = s.local_scale_high = 1;
  s.size_low = s.size_high = 1;
  s.rotation = "none";
  s.flips = false;
  s.blur_probability = s.noise_probability = {0, 0, 0};
  s.reddening_probability = s.band_dropout = 0;
  return s;
}

std::vector<ViewDraw> many(const AugmentSettings& s, int64_t view, int64_t size, int64_t count) {
  const auto images = tiny::blobs({.n = 1});
  std::vector<ViewDraw> out;
  for (int64_t i = 0; i < count; ++i) {
    base::Random random(1, 0, uint64_t(i), "many");
    out.push_back(draw_view(s, images, 0, view, size, random));
  }
  return out;
}

template <class Of>
double mean_of(const std::vector<ViewDraw>& draws, const Of& of) {
  return std::accumulate(draws.begin(), draws.end(), 0.0, [&](double sum, const auto& d) { return sum + of(d); }) /
         double(draws.size());
}

TEST(Augment, NothingAskedChangesNothing) {
  const auto images = tiny::blobs({.n = 3, .peak = 2});
  for (const int64_t view : {0, 1, 5}) {
    const auto out = augmented(nothing(), images, tiny::numbered(3), view, 64, {1, 2, true});
    EXPECT_EQ(out.flux, images.flux);
    EXPECT_EQ(out.mask, images.mask);
    EXPECT_EQ(out.psf_fwhm_arcsec, images.psf_fwhm_arcsec);
  }
}

// The reference blurred and made noisier with one minus these.
TEST(Augment, ProbabilitiesAreThoseThatWereSet) {
  AugmentSettings s;
  const int64_t n = 4000;
  for (const auto& [view, blur, noise] :
       {std::tuple{0, 1.0, 0.2}, std::tuple{1, 0.1, 0.9}, std::tuple{2, 0.5, 0.3}, std::tuple{7, 0.5, 0.3}}) {
    s.blur_probability = {1.0, 0.1, 0.5};
    s.noise_probability = {0.2, 0.9, 0.3};
    const auto draws = many(s, view, 32, n);
    EXPECT_NEAR(mean_of(draws, [](const auto& d) { return d.seeing_arcsec[0] > 0; }), blur, 0.03) << view;
    EXPECT_NEAR(mean_of(draws, [](const auto& d) { return d.noise_factor > 1; }), noise, 0.03) << view;
    EXPECT_NEAR(mean_of(draws, [](const auto& d) { return d.transmission[0] < 1; }), 0.2, 0.03) << view;
    EXPECT_NEAR(mean_of(draws, [](const auto& d) { return d.mirror_x < 0; }), 0.5, 0.03) << view;
    EXPECT_NEAR(mean_of(draws, [](const auto& d) { return d.mirror_y < 0; }), 0.5, 0.03) << view;
  }
  s.band_dropout = 0.3;
  const auto draws = many(s, 0, 32, n);
  EXPECT_NEAR(mean_of(draws, [](const auto& d) { return d.dropped[0] != 0; }), 0.3 * 0.7 + 0.09 / 2, 0.03);
  for (const auto& d : draws) EXPECT_FALSE(d.dropped[0] != 0 && d.dropped[1] != 0);
  s.band_dropout = 0.99;
  for (const auto& d : many(s, 0, 32, 200)) EXPECT_FALSE(d.dropped[0] != 0 && d.dropped[1] != 0);
}

// The reference wrote its crop scales down and never used them.
TEST(Augment, CropScalesAreUsed) {
  auto s = nothing();
  s.global_scale_low = 0.4;
  s.local_scale_low = 0.05, s.local_scale_high = 0.3;
  for (const auto& [view, size, low, high] : {std::tuple{0, 64, 0.4, 1.0}, std::tuple{3, 24, 0.05, 0.3}}) {
    const auto draws = many(s, view, size, 3000);
    const auto share = [size = size](const auto& d) { return std::pow(double(size) / d.zoom / 64, 2); };
    EXPECT_NEAR(mean_of(draws, share), (low + high) / 2, 0.01);
    const auto [least, most] = std::minmax_element(draws.begin(), draws.end(),
                                                   [&](const auto& a, const auto& b) { return share(a) < share(b); });
    EXPECT_NEAR(share(*least), low, 0.02);
    EXPECT_NEAR(share(*most), high, 0.02);
    for (const auto& d : draws) {
      const double reach = 0.5 * double(size) / d.zoom;
      EXPECT_LE(std::abs(d.centre_x) + reach, 32.001) << "a crop lies within the field";
    }
  }
  // and in the pixels: a ramp grows by as much from pixel to pixel as the crop is wide
  auto ramp = tiny::blobs({.n = 1, .noisy = false});
  for (size_t k = 0; k < ramp.flux.size(); ++k) ramp.flux[k] = float(k % 64);
  s.local_scale_low = s.local_scale_high = 0.0625;  // 16 of 64 pixels, shown on 32
  const auto crop = augmented(s, ramp, {5}, 2, 32, {1, 0, true});
  EXPECT_NEAR(crop.flux[size_t(32 * 16 + 17)] - crop.flux[size_t(32 * 16 + 16)], 0.5 / 4, 1e-5);
}

TEST(Augment, PublishedCropsAreCopiesAtTheScaleOfTheImage) {
  auto s = nothing();
  s.global_scale_low = s.global_scale_high = 60.0 * 60 / (64.0 * 64);
  const auto images = tiny::blobs({.n = 1});
  std::set<float> all(images.flux.begin(), images.flux.end());
  std::set<float> corners;
  for (int64_t epoch = 0; epoch < 40; ++epoch) {
    const auto crop = augmented(s, images, {9}, 0, 60, {1, epoch, true});
    for (const float value : crop.flux) EXPECT_TRUE(all.contains(value));
    corners.insert(crop.flux[0]);
  }
  EXPECT_GT(corners.size(), 10u) << "crops lie in different places";
}

TEST(Augment, MagnifyingKeepsBrightness) {
  auto s = nothing();
  s.rotation = "any";
  s.flips = true;
  s.size_low = 0.8, s.size_high = 1.25;
  const auto images = tiny::blobs({.n = 6, .peak = 4, .noisy = false});
  const auto out = augmented(s, images, tiny::numbered(6), 0, 64, {1, 3, true});
  for (size_t i = 0; i < 6; ++i) {
    const auto sum = [&](const auto& block) {
      return std::accumulate(block.flux.begin() + int64_t(i * 8192), block.flux.begin() + int64_t(i * 8192 + 4096),
                             0.0);
    };
    EXPECT_NEAR(sum(out), sum(images), 3e-3 * sum(images)) << i;
  }
}

TEST(Augment, DustDimsByTheLawAndBlursAndNoiseReachWhatWasDrawn) {
  auto s = nothing();
  s.reddening = 0.1;
  s.reddening_probability = 1;
  const auto images = tiny::blobs({.n = 4, .peak = 2});
  const auto out = augmented(s, images, tiny::numbered(4), 0, 64, {1, 0, true});
  for (size_t i = 0; i < 4; ++i) {
    const double g = out.flux[i * 8192 + 100] / images.flux[i * 8192 + 100],
                 z = out.flux[i * 8192 + 4096 + 100] / images.flux[i * 8192 + 4096 + 100];
    EXPECT_LT(g, z) << "dust reddens";
    EXPECT_NEAR(std::log(g) / std::log(z), astro::milky_way(4800) / astro::milky_way(9200), 2e-2);
    EXPECT_NEAR(out.ivar[i * 8192 + 100] * g * g, 100, 0.1);
  }
  s = nothing();
  s.blur_probability = s.noise_probability = {1, 0, 0};
  s.bands["des-g"] = {.seeing_low = 2, .seeing_high = 3, .noise_low = 0.2, .noise_high = 0.4};
  const auto first = augmented(s, images, tiny::numbered(4), 0, 64, {1, 0, true});
  const auto second = augmented(s, images, tiny::numbered(4), 1, 64, {1, 0, true});
  EXPECT_EQ(second.flux, images.flux) << "probability 0: never";
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_GE(first.psf_fwhm_arcsec[2 * i], 2);
    EXPECT_LE(first.psf_fwhm_arcsec[2 * i], 3);
    EXPECT_GE(first.psf_fwhm_arcsec[2 * i + 1], 1) << "by the factor";
    EXPECT_LE(first.psf_fwhm_arcsec[2 * i + 1], 1.5);
    EXPECT_LE(first.ivar[i * 8192 + 100], 1 / (0.2f * 0.2f) * 1.001f);
    EXPECT_GE(first.ivar[i * 8192 + 100], 1 / (0.4f * 0.4f) * 0.999f);
  }
}

TEST(Augment, InverseVarianceAndMaskAreTrueThroughAllOfIt) {
  auto images = tiny::blobs({.n = 24});
  for (size_t i = 0; i < 24; ++i) {
    const size_t bad = i * 8192 + 64 * 30 + 30;
    images.mask[bad] = 1;
    images.flux[bad] = images.ivar[bad] = 0;
  }
  AugmentSettings s;  // everything
  s.field = 48;
  s.jitter = 2;
  s.blur_probability = {1, 1, 1};
  for (const auto& [view, size] : {std::pair{0, 48}, std::pair{1, 48}, std::pair{2, 24}}) {
    const auto out = augmented(s, images, tiny::numbered(24), view, size, {1, 0, true});
    modalities::check("image", modalities::Block(out));
    double chi2 = 0, count = 0;
    for (size_t k = 0; k < out.flux.size(); ++k) {
      chi2 += double(out.flux[k]) * out.flux[k] * out.ivar[k];
      count += out.mask[k] == 0;
    }
    EXPECT_NEAR(chi2 / count, 1, 0.2) << view;  // what is left of shared noise is few numbers, and a rule of thumb
    EXPECT_LT(count, double(out.flux.size())) << "the bad pixel, and hidden bands";
  }
}

TEST(Augment, DependsOnSeedEpochObjectAndViewAlone) {
  const auto images = tiny::blobs({.n = 3, .peak = 2});
  AugmentSettings s;
  const auto objects = tiny::numbered(3);
  const auto all = augmented(s, images, objects, 0, 48, {1, 4, true});
  const auto alone = augmented(s, modalities::select(images, {2}), {objects[2]}, 0, 48, {1, 4, true});
  const size_t each = alone.flux.size();
  for (size_t k = 0; k < each; ++k) EXPECT_NEAR(alone.flux[k], all.flux[2 * each + k], 1e-5);
  EXPECT_EQ(all.flux, augmented(s, images, objects, 0, 48, {1, 4, true}).flux);
  EXPECT_NE(all.flux, augmented(s, images, objects, 0, 48, {1, 5, true}).flux);
  EXPECT_NE(all.flux, augmented(s, images, objects, 1, 48, {1, 4, true}).flux);
  EXPECT_NE(all.flux, augmented(s, images, objects, 0, 48, {2, 4, true}).flux);
}

TEST(Augment, PicturesAreBlurredAndMadeNoisierInTheirOwnTerms) {
  auto pictures = tiny::blobs({.n = 2, .peak = 0.5, .noisy = false});
  pictures.has_ivar = false;
  pictures.pixel_scale_arcsec = 0;
  std::fill(pictures.ivar.begin(), pictures.ivar.end(), 1.0f);
  std::fill(pictures.psf_fwhm_arcsec.begin(), pictures.psf_fwhm_arcsec.end(), 0.0f);
  for (auto& band : pictures.bands) band.wavelength_angstrom = 0;
  auto s = nothing();
  s.noise_probability = {1, 0, 0};
  s.blur_probability = {0, 1, 0};
  s.noise_added = 0.2;
  s.blur_pixels = 3;
  const auto noisy = augmented(s, pictures, tiny::numbered(2), 0, 64, {1, 0, true}),
             soft = augmented(s, pictures, tiny::numbered(2), 1, 64, {1, 0, true});
  EXPECT_NE(noisy.flux, pictures.flux);
  EXPECT_EQ(noisy.ivar, pictures.ivar) << "which is no measurement";
  EXPECT_LT(soft.flux[64 * 31 + 31], pictures.flux[64 * 31 + 31]);
  EXPECT_EQ(soft.psf_fwhm_arcsec, pictures.psf_fwhm_arcsec) << "still not known";
}

}  // namespace
}  // namespace asterism::models
