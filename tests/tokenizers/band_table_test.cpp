#include "tokenizers/band_table.h"

#include <gmock/gmock.h>

#include "../nn/gradient_check.h"
#include "base/error.h"
#include "example_blocks.h"

namespace asterism::tokenizers {
namespace {

using testing::HasSubstr;

BandTableSettings settings(bool physical) {
  BandTableSettings s;
  for (const auto& band : test::optical_bands()) {
    s.names.push_back(band.name);
    s.wavelengths_angstrom.push_back(band.wavelength_angstrom);
    s.widths_angstrom.push_back(band.width_angstrom);
  }
  s.physical = physical;
  s.embed = 4;
  return s;
}

modalities::Band unseen() {
  modalities::Band band;
  band.name = "des-i";
  band.wavelength_angstrom = 7840;
  band.width_angstrom = 1470;
  return band;
}

template <class F>
std::string user_error_of(F&& f) {
  try {
    f();
  } catch (const base::UserError& e) {
    return e.what();
  }
  return "no UserError";
}

TEST(BandTable, ByNameKnowsItsBandsOnly) {
  nn::Parameters p;
  const BandTable table(nn::Scope(p), settings(false), {0.01, 0.02, 0.04});
  auto bands = test::optical_bands();
  std::swap(bands[0], bands[2]);
  EXPECT_TRUE(at::equal(table.in(bands)[0], table.in(test::optical_bands())[2]));
  EXPECT_THAT(user_error_of([&] { table.check({unseen()}); }), HasSubstr("des-i"));
  EXPECT_THAT(user_error_of([&] { table.check({bands[0], bands[0]}); }), HasSubstr("twice"));
}

TEST(BandTable, PhysicalReadsAnyWavelength) {
  nn::Parameters p;
  const BandTable table(nn::Scope(p), settings(true), {0.01, 0.02, 0.04});
  EXPECT_NO_THROW(table.check({unseen()}));
  EXPECT_EQ(table.in({unseen()}).sizes(), at::IntArrayRef({1, 3, 4}));
  EXPECT_EQ(table.out({unseen()}).sizes(), at::IntArrayRef({1, 5}));
  const double between = table.noise({unseen()})[0].item<double>();
  EXPECT_GT(between, 0.02);
  EXPECT_LT(between, 0.04);
  modalities::Band nameless;
  nameless.name = "red";
  EXPECT_THAT(user_error_of([&] { table.check({nameless}); }), HasSubstr("wavelength"));
}

TEST(BandTable, NoiseBeyondTheEndsIsTheEnds) {
  nn::Parameters p;
  const BandTable table(nn::Scope(p), settings(true), {0.01, 0.02, 0.04});
  auto blue = unseen(), red = unseen();
  blue.wavelength_angstrom = 3500;
  red.wavelength_angstrom = 20000;
  EXPECT_NEAR(table.noise({blue})[0].item<double>(), 0.01, 1e-8);
  EXPECT_NEAR(table.noise({red})[0].item<double>(), 0.04, 1e-8);
}

TEST(BandTable, Gradients) {
  for (const bool physical : {false, true}) {
    nn::Parameters p;
    const BandTable table(nn::Scope(p, 1, "", at::kDouble), settings(physical), {0.01, 0.02, 0.04});
    test::shake(p);
    const auto bands = test::optical_bands();
    test::expect_gradients(
        [&] {
          return at::cat({table.in(bands).flatten(), table.out(bands).flatten()}).square();
        },
        p, {});
  }
}

TEST(BandTable, RefusesBadSettings) {
  nn::Parameters p;
  EXPECT_THROW(BandTable(nn::Scope(p), settings(false), {0.01, 0.02}), base::UserError);
  EXPECT_THROW(BandTable(nn::Scope(p), settings(false), {0.01, 0.02, 0}), base::UserError);
}

}  // namespace
}  // namespace asterism::tokenizers
