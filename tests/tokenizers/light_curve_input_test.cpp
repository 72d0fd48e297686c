#include "tokenizers/light_curve_input.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "example_blocks.h"

namespace asterism::tokenizers {
namespace {

using testing::HasSubstr;

TEST(LightCurveInput, IsAboutZeroAndOfOrderOne) {
  const auto input = read_light_curves(test::light_curves(6), {}, {});
  EXPECT_EQ(input.n, 6);
  EXPECT_EQ(input.rows_M.size(0), 6);
  const auto value = input.value_MP.masked_select(input.seen_MP);
  EXPECT_LT(value.mean().abs().item<double>(), 1);
  EXPECT_GT(value.std().item<double>(), 0.2);
  EXPECT_LT(value.std().item<double>(), 3);
  EXPECT_FALSE(input.hidden_MP.any().item<bool>());
  EXPECT_FALSE(input.limit_MP.any().item<bool>());
  EXPECT_GT(input.error_MP.masked_select(input.seen_MP).min().item<double>(), 0);
}

TEST(LightCurveInput, ValuesAreWhatTheHeaderSaysTheyAre) {
  const auto block = test::light_curves(2);
  const LightCurveCodecSettings settings;
  const auto input = read_light_curves(block, settings, {});
  const auto header = header_of(input.ids_MH.const_data_ptr<int64_t>(), false, settings.norm_bins);
  size_t from = 0;
  while (block.mask[from] != 0) ++from;
  const double colour = std::log(block.bands[size_t(block.band[from])].wavelength_angstrom / 6000);
  const double back = header.level + header.scale * (input.value_MP[0][0].item<double>() + header.slope * colour);
  EXPECT_NEAR(back, block.value[from], 1e-4 * std::abs(block.value[from]) + 1e-4);
  EXPECT_NEAR(header.reference_day + input.places.time_MP[0][0].item<double>(), block.time_day[from], 1e-9);
}

TEST(LightCurveInput, HidesAShareOfTheMeasurementsByObjectAndEpoch) {
  const auto block = test::light_curves(8);
  const std::vector<uint64_t> objects{11, 12, 13, 14, 15, 16, 17, 18};
  const auto at_epoch = [&](int64_t epoch) { return read_light_curves(block, {}, {0.3, 7, epoch, &objects}); };
  const auto one = at_epoch(1), again = at_epoch(1), two = at_epoch(2);
  EXPECT_TRUE(at::equal(one.value_MP, again.value_MP));
  EXPECT_FALSE(at::equal(one.hidden_MP.sum(1), two.hidden_MP.sum(1)));
  const auto hidden = one.hidden_MP.sum().item<double>(), seen = one.seen_MP.sum().item<double>();
  EXPECT_NEAR(hidden / (hidden + seen), 0.3, 0.08);
  EXPECT_FALSE(one.hidden_MP.logical_and(one.seen_MP).any().item<bool>());
}

// What is hidden has no part in level, scale, period or what the encoder sees.
TEST(LightCurveInput, HiddenValuesDoNotLeak) {
  auto block = test::light_curves(1);
  const std::vector<uint64_t> objects{11};
  const HidePoints hide{0.3, 7, 1, &objects};
  const auto before = read_light_curves(block, {}, hide);
  const auto hidden = before.hidden_MP[0].nonzero().squeeze(1);
  // find the hidden points by their times and shift them
  const auto header = header_of(before.ids_MH.const_data_ptr<int64_t>(), false, 1024);
  for (int64_t k = 0; k < hidden.size(0); ++k) {
    const double day = header.reference_day + before.places.time_MP[0][hidden[k].item<int64_t>()].item<double>();
    for (size_t j = 0; j < block.value.size(); ++j)
      if (std::abs(block.time_day[j] - day) < 1e-9) block.value[j] *= 100;
  }
  const auto after = read_light_curves(block, {}, hide);
  EXPECT_TRUE(at::equal(before.ids_MH, after.ids_MH));
  EXPECT_TRUE(at::equal(before.features_MF, after.features_MF));
  EXPECT_TRUE(at::equal(before.value_MP.masked_select(before.seen_MP), after.value_MP.masked_select(after.seen_MP)));
}

TEST(LightCurveInput, LimitsAndTooManyPoints) {
  LightCurveCodecSettings settings;
  settings.limits = "censored";
  settings.points = 20;
  const auto input = read_light_curves(test::light_curves(8), settings, {});
  EXPECT_TRUE(input.limit_MP.any().item<bool>());
  EXPECT_EQ(input.seen_MP.logical_and(input.limit_MP.logical_not()).sum(1).max().item<int64_t>(), 20);
}

TEST(LightCurveInput, LimitsAreHiddenAsPointsAre) {
  LightCurveCodecSettings settings;
  const auto block = test::light_curves(40);
  HidePoints hide;
  hide.share = 0.5;
  EXPECT_FALSE(read_light_curves(block, settings, hide).limit_MP.any().item<bool>());
  settings.limits = "censored";
  const auto input = read_light_curves(block, settings, hide);
  const auto limits = input.limit_MP.sum().item<double>();
  const auto hidden = input.limit_MP.logical_and(input.hidden_MP).sum().item<double>();
  EXPECT_GT(limits, 20);
  EXPECT_NEAR(hidden / limits, 0.5, 0.2);
  EXPECT_FALSE(input.hidden_MP.logical_and(input.seen_MP).any().item<bool>());
}

TEST(LightCurveInput, BandsWithoutAWavelengthAreNamedOrRefused) {
  auto block = test::light_curves(2);
  block.bands[1].wavelength_angstrom = 0;
  LightCurveCodecSettings settings;
  try {
    read_light_curves(block, settings, {});
    FAIL();
  } catch (const base::UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr("'red'"));
  }
  settings.bands = {"red"};
  settings.wavelengths_angstrom = {6500};
  EXPECT_TRUE(at::equal(read_light_curves(block, settings, {}).value_MP,
                        read_light_curves(test::light_curves(2), {}, {}).value_MP));
  settings.bands = {};
  settings.wavelengths_angstrom = {};
  settings.other_bands_angstrom = 6500;
  EXPECT_NO_THROW(read_light_curves(block, settings, {}));
}

TEST(LightCurveInput, JoinsBlocksOfDifferingLengths) {
  const auto a = read_light_curves(test::light_curves(2, 60), {}, {}),
             b = read_light_curves(test::light_curves(3, 40), {}, {});
  const auto both = join({a, b});
  EXPECT_EQ(both.value_MP.size(0), 5);
  EXPECT_TRUE(at::equal(both.value_MP.narrow(0, 0, 2), a.value_MP));
  EXPECT_EQ(both.seen_MP.sum().item<int64_t>(), a.seen_MP.sum().item<int64_t>() + b.seen_MP.sum().item<int64_t>());
}

}  // namespace
}  // namespace asterism::tokenizers
