#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "example_turning_cubes.h"
#include "tokenizers/cube_templates.h"

namespace asterism::tokenizers {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

CubeTemplatesSettings small_cubes() {
  CubeTemplatesSettings s;
  s.wavelength_low = 4000;
  s.wavelength_high = 8000;
  s.pixels = 150;
  s.finer = 2;
  s.size = 12;
  s.redshift_low = 0.02;
  s.redshift_high = 0.55;
  s.directions = 5;
  return s;
}

// In closed form alone, cubes that were not learned from come back to the noise, with their redshifts.
TEST(CubeTemplatesFit, LearnsTurningGalaxies) {
  const auto sky = test::turning_cubes(60, 12, 1);
  const modalities::Block cubes = sky.cubes;
  CubeTemplates codec(small_cubes(), 1);
  Lesson lesson{{&cubes}, {}};
  lesson.redshifts = {&sky.redshift};
  codec.fit_all(lesson);
  const auto other = test::turning_cubes(12, 12, 2);
  const modalities::Block given = other.cubes;
  Lesson judged{{&given}, {}};
  judged.redshifts = {&other.redshift};
  const auto outcome = codec.learn(judged);
  EXPECT_GT(outcome.figures.at("redshift_found").item<double>(), 0.7);  // to a fifth of a pixel
  EXPECT_LT(outcome.figures.at("chi2_per_pixel").item<double>(), 1.4);
  const auto z = codec.redshifts(codec.encode(given));
  for (int64_t i = 0; i < 12; ++i)
    EXPECT_NEAR(z[i].item<double>(), other.redshift.value[size_t(i)], 0.004);  // less than a pixel
}

TEST(CubeTemplatesFit, TooFewKnownRedshiftsAreRefused) {
  const auto sky = test::turning_cubes(1, 4);
  const modalities::Block cubes = sky.cubes;
  CubeTemplates codec(small_cubes(), 1);
  EXPECT_THAT([&] { codec.fit_all({{&cubes}, {}}); }, ThrowsMessage<base::UserError>(HasSubstr("prepare_objects")));
  Lesson lesson{{&cubes}, {}};
  lesson.redshifts = {&sky.redshift};
  EXPECT_THAT([&] { codec.fit_all(lesson); }, ThrowsMessage<base::UserError>(HasSubstr("1 cubes")));
}

}  // namespace
}  // namespace asterism::tokenizers
