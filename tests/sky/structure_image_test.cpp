#include "sky/structure_image.h"

#include <gtest/gtest.h>

#include <cmath>

#include "sky/camera.h"
#include "sky/draw.h"

namespace asterism::sky {
namespace {

ObjectTruth big_disc() {
  for (int64_t i = 0;; ++i) {
    const ObjectTruth t = draw_object(121, i);
    if (t.kind == ObjectClass::galaxy && !t.galaxy.quiescent && t.galaxy.disc.half_light_arcsec > 1.5 &&
        t.galaxy.disc.half_light_arcsec < 3 && t.galaxy.disc.axis_ratio > 0.6 && t.galaxy.bulge_fraction < 0.4)
      return t;
  }
}

double sum_of(const std::vector<float>& image, size_t from, size_t count) {
  double sum = 0;
  for (size_t i = from; i < from + count; ++i) sum += double(image[i]);
  return sum;
}

constexpr size_t kPixels = 96 * 96;

TEST(StructureImage, PlainIsTheImageItself) {
  for (int64_t i = 0; i < 10; ++i) {
    const ObjectTruth t = draw_object(121, i);
    const ObjectLight light = light_of(t);
    const auto plain = noiseless_image(t, light, legacy_imaging());
    const StructuredImage s = structured_image(t, light, {}, legacy_imaging());
    for (size_t k = 0; k < plain.size(); ++k) ASSERT_EQ(s.own[k], plain[k]);
    EXPECT_EQ(sum_of(s.other, 0, s.other.size()), 0);
  }
}

TEST(StructureImage, ArmsAndBarsAreMadeOfTheDisc) {
  const ObjectTruth t = big_disc();
  const ObjectLight light = light_of(t);
  Structure s;
  s.arms = {2, 18, 0.4, 0.5, 2.4, 30, 1, 0.1};
  s.bar = {0.15, 0.5, 0.3, 20};
  const auto plain = noiseless_image(t, light, legacy_imaging());
  const StructuredImage image = structured_image(t, light, s, legacy_imaging());
  for (size_t b = 0; b < 4; ++b) {
    EXPECT_NEAR(sum_of(image.own, b * kPixels, kPixels) / sum_of(plain, b * kPixels, kPixels), 1, 0.03);
    EXPECT_GT(sum_of(image.arms, b * kPixels, kPixels), 0.15 * light.disc[size_t(kDecamG) + b]);
  }
  // Bluer arms.
  EXPECT_GT(sum_of(image.arms, 0, kPixels) / sum_of(image.arms, 3 * kPixels, kPixels),
            1.1 * light.disc[kDecamG] / light.disc[kDecamZ]);
  // Two arms that turn: the image is the same after half a turn, and not after a quarter of one.
  const Centre c = centre_of(t, legacy_imaging());
  double half = 0, quarter = 0, norm = 0;
  const auto at = [&](double x, double y) {
    const int i = int(std::lround(x)), j = int(std::lround(y));
    return i < 0 || j < 0 || i > 95 || j > 95 ? 0.0 : double(image.arms[kPixels + size_t(j) * 96 + size_t(i)]);
  };
  for (double y = -30; y <= 30; ++y)
    for (double x = -30; x <= 30; ++x) {
      const double here = at(c.x + x, c.y + y);
      norm += here * here;
      half += here * at(c.x - x, c.y - y);
      quarter += here * at(c.x - y, c.y + x);
    }
  EXPECT_GT(half / norm, 0.9);
  EXPECT_LT(quarter / norm, 0.85);
}

TEST(StructureImage, SegmentsMarkWhereThePartShows) {
  const ObjectTruth t = big_disc();
  Structure s;
  s.arms = {2, 18, 0.45, 0.6, 2.4, 30, 1, 0.1};
  const StructuredImage image = structured_image(t, light_of(t), s, legacy_imaging());
  const auto marked = segment(image.arms.data() + kPixels, image.own.data() + kPixels, kPixels);
  double count = 0, inside = 0;
  for (size_t i = 0; i < kPixels; ++i) {
    EXPECT_TRUE(marked[i] == 0 || marked[i] == 1);
    count += double(marked[i]);
    inside += double(marked[i] * image.arms[kPixels + i]);
  }
  EXPECT_GT(count, 30);
  EXPECT_LT(count, 0.6 * kPixels);
  EXPECT_GT(inside / sum_of(image.arms, kPixels, kPixels), 0.5);
  const std::vector<float> nothing(16, 0.0f);
  for (const float m : segment(nothing.data(), nothing.data(), 16)) EXPECT_EQ(m, 0);
}

TEST(StructureImage, NeighboursAndSourcesAreApart) {
  SkySettings settings;
  settings.neighbour_share = 1;
  settings.lens_share = 1;
  int lenses = 0;
  for (int64_t i = 0; i < 60; ++i) {
    const ObjectTruth t = draw_object(121, i);
    const ObjectLight light = light_of(t);
    const Structure s = draw_structure(t, settings);
    const StructuredImage image = structured_image(t, light, s, legacy_imaging());
    const auto plain = noiseless_image(t, light, legacy_imaging());
    ASSERT_TRUE(s.has_other());
    for (size_t k = 0; k < plain.size(); ++k) ASSERT_EQ(image.own[k], plain[k]);
    const double other = sum_of(image.other, kPixels, kPixels);
    EXPECT_GT(other, 0);
    if (s.lens.einstein_radius_arcsec > 0) {
      ++lenses;
      EXPECT_GT(other / s.other_light.total[kDecamR], 1.5);  // magnified
    } else if (s.other.kind != ObjectClass::galaxy) {
      EXPECT_NEAR(other / s.other_light.total[kDecamR], 1, 0.02);
    }
  }
  EXPECT_GT(lenses, 0);
}

TEST(StructureImage, MergersKeepTheirLight) {
  const ObjectTruth t = big_disc();
  const ObjectLight light = light_of(t);
  Structure s;
  s.merger = {0.3, 1.5, 40, 0.1, 80, 10};
  const double plain = sum_of(noiseless_image(t, light, legacy_imaging()), kPixels, kPixels);
  EXPECT_NEAR(sum_of(structured_image(t, light, s, legacy_imaging()).own, kPixels, kPixels) / plain, 1, 0.06);
}

}  // namespace
}  // namespace asterism::sky
