#include "models/image_summary.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "tiny_sky.h"

namespace asterism::models {
namespace {

modalities::ImageBlock& summarised_images(modalities::Batch& batch) {
  return std::get<modalities::ImageBlock>(batch.blocks.at("image_legacy"));
}

struct ImageSummaryFixture {
  ImageSummaryFixture() : summary(nn::Scope(parameters, 1), "image_legacy", 0, {"des-g"}, 8) { summary.fit(block()); }
  const modalities::Block& block() { return batch.blocks.at("image_legacy"); }
  at::Tensor vectors() { return summary(block(), {}).vectors_NH.detach(); }
  nn::Parameters parameters;
  ImageSummary summary;
  modalities::Batch batch = tiny::sky(5);
};

// By a plain sum over the pixels of the largest circle and of the smallest.
TEST(ImageSummary, CirclesHoldTheFluxOfTheirPixels) {
  auto batch = tiny::sky(2);
  const auto& image = summarised_images(batch);
  const auto circles = circle_fluxes(image, 0);
  for (const auto& [k, radius] : {std::pair<int64_t, double>{5, 8}, {4, 4}, {0, 1}}) {
    double sum = 0;
    int64_t pixels = 0;
    for (int64_t y = 0; y < 16; ++y)
      for (int64_t x = 0; x < 16; ++x)
        if (std::hypot(double(y) - 7.5, double(x) - 7.5) <= radius) {
          sum += double(image.flux[size_t(((1 * 3 + 2) * 16 + y) * 16 + x)]);
          ++pixels;
        }
    EXPECT_NEAR(circles.flux[1][2][k].item<double>(), sum, 1e-6 * std::abs(sum) + 1e-9) << radius;
    EXPECT_NEAR(circles.sigma[1][2][k].item<double>(), 0.1 * std::sqrt(double(pixels)), 1e-6);
    EXPECT_EQ(circles.share[1][2][k].item<double>(), 1);
  }
}

TEST(ImageSummary, ACropIsItsMiddle) {
  auto batch = tiny::sky(2);
  const auto whole = circle_fluxes(summarised_images(batch), 0), middle = circle_fluxes(summarised_images(batch), 8);
  EXPECT_TRUE(at::allclose(middle.flux.select(2, 5), whole.flux.select(2, 4), 1e-9)) << "a radius of 4 pixels in both";
}

// A masked pixel counts like its ring, with the error that this costs.
TEST(ImageSummary, MaskedPixelsCountLikeTheirNeighbours) {
  auto batch = tiny::sky(1);
  auto& image = summarised_images(batch);
  std::fill(image.flux.begin(), image.flux.end(), 2.0f);
  const auto whole = circle_fluxes(image, 0);
  for (int64_t x = 0; x < 6; ++x) {
    image.flux[size_t(7 * 16 + x)] = 1e30f;
    image.mask[size_t(7 * 16 + x)] = 1;
    image.ivar[size_t(7 * 16 + x)] = 0;
  }
  const auto cut = circle_fluxes(image, 0);
  EXPECT_TRUE(at::allclose(cut.flux, whole.flux, 1e-9));
  EXPECT_GT(cut.sigma[0][0][5].item<double>(), whole.sigma[0][0][5].item<double>());
  EXPECT_LT(cut.share[0][0][5].item<double>(), 1);
}

TEST(ImageSummary, AnAbsentImageIsZeroAndABandLessIsRead) {
  ImageSummaryFixture f;
  const auto before = f.vectors();
  tiny::remove(f.batch, "image_legacy", 2);
  auto& image = summarised_images(f.batch);
  for (size_t p = 256; p < 512; ++p) image.ivar[p] = 0, image.mask[p] = 1;  // the second band of object 0
  const auto out = f.summary(f.block(), {});
  EXPECT_EQ(out.seen_N, (std::vector<uint8_t>{1, 1, 0, 1, 1}));
  EXPECT_EQ(out.vectors_NH[2].abs().max().item<float>(), 0);
  EXPECT_TRUE(at::equal(out.vectors_NH[1], before[1])) << "objects do not mix";
  EXPECT_FALSE(at::allclose(out.vectors_NH[0], before[0]));
  EXPECT_TRUE(at::isfinite(out.vectors_NH).all().item<bool>());
}

TEST(ImageSummary, BandsAreToldApartByWhatTheyAre) {
  ImageSummaryFixture f;
  const auto before = f.vectors();
  auto& image = summarised_images(f.batch);
  image.bands[1] = {"new-filter", 6400, 1500};  // as des-r, which has no vector of its own here
  EXPECT_TRUE(at::equal(before, f.vectors()));
  for (int64_t i = 0; i < 5; ++i)
    std::swap_ranges(image.flux.begin() + i * 768, image.flux.begin() + i * 768 + 256,
                     image.flux.begin() + i * 768 + 512);
  EXPECT_FALSE(at::allclose(before, f.vectors(), 1e-3, 1e-3)) << "g and z exchanged";
  image.bands.pop_back();
  auto two = modalities::make_images(1, image.bands, 16, 16, "nanomaggy", 0.262, true);
  EXPECT_EQ(f.summary(two, {}).seen_N, std::vector<uint8_t>{0}) << "two bands, and nothing in them";
}

// A colour that differs by two per cent at a hundred times the usual noise.
TEST(ImageSummary, SmallDifferencesOfColourAreSeen) {
  ImageSummaryFixture f;
  auto& image = summarised_images(f.batch);
  for (float& flux : image.flux) flux *= 100;
  const auto before = f.vectors();
  for (size_t p = 0; p < 256; ++p) image.flux[p] *= 1.02f;
  const auto after = f.vectors();
  EXPECT_GT((after[0] - before[0]).norm().item<float>(), 2e-3f * before[0].norm().item<float>());
  EXPECT_TRUE(at::equal(after[1], before[1]));
}

TEST(ImageSummary, SaysWhatItCannotRead) {
  ImageSummaryFixture f;
  EXPECT_THROW(f.summary(f.batch.blocks.at("flux_g"), {}), base::UserError);
  nn::Parameters parameters;
  ImageSummary unfitted(nn::Scope(parameters, 1), "image_legacy", 0, {}, 8);
  EXPECT_THROW(unfitted(f.block(), {}), base::UserError);
  for (int64_t i = 0; i < 5; ++i) tiny::remove(f.batch, "image_legacy", i);
  EXPECT_THROW(unfitted.fit(f.block()), base::UserError) << "nothing to learn scales from";
  EXPECT_THROW(unfitted.fit(modalities::make_images(1, {}, 4, 4, "counts", 0, false)), base::UserError);
}

TEST(ImageSummary, ImagesWithoutVarianceAreScaledByTheirFlux) {
  ImageSummaryFixture f;
  auto& image = summarised_images(f.batch);
  image.has_ivar = false;
  std::fill(image.ivar.begin(), image.ivar.end(), 1.0f);
  f.summary.fit(f.block());
  const auto before = f.vectors();
  for (float& flux : image.flux) flux *= 1e-6f;  // another unit
  f.summary.fit(f.block());
  EXPECT_TRUE(at::isfinite(f.vectors()).all().item<bool>());
  EXPECT_GT((f.vectors()[0] - f.vectors()[1]).norm().item<float>(),
            0.1f * (before[0] - before[1]).norm().item<float>());
}

}  // namespace
}  // namespace asterism::models
