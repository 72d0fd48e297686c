#include "tokenizers/band_table.h"

#include <gmock/gmock.h>

#include <cmath>

#include "../nn/gradient_check.h"
#include "base/error.h"
#include "example_blocks.h"

namespace asterism::tokenizers {
namespace {

using testing::HasSubstr;

BandTableSettings settings(BandEmbedding embedding) {
  BandTableSettings s;
  for (const auto& band : test::optical_bands()) {
    s.names.push_back(band.name);
    s.wavelengths_angstrom.push_back(band.wavelength_angstrom);
    s.widths_angstrom.push_back(band.width_angstrom);
  }
  s.embedding = embedding;
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
std::string table_error_of(F&& f) {
  try {
    f();
  } catch (const base::UserError& e) {
    return e.what();
  }
  return "no UserError";
}

BandsSeen seen(const std::vector<modalities::Band>& bands, int64_t images = 1) {
  BandsSeen out;
  out.bands = bands;
  out.noise_MC = at::full({images, int64_t(bands.size())}, 0.02);
  out.psf_fwhm_arcsec_MC = at::full({images, int64_t(bands.size())}, 1.1);
  out.pixel_scale_arcsec = 0.262;
  return out;
}

TEST(BandTable, ByNameKnowsItsBandsOnly) {
  for (const auto embedding : {BandEmbedding::name, BandEmbedding::field}) {
    nn::Parameters p;
    const BandTable table(nn::Scope(p), settings(embedding), {0.01, 0.02, 0.04});
    auto bands = test::optical_bands();
    std::swap(bands[0], bands[2]);
    EXPECT_TRUE(at::equal(table.in(seen(bands))[0][0], table.in(seen(test::optical_bands()))[0][2]));
    EXPECT_TRUE(at::equal(table.out(seen(bands))[0][0], table.out(seen(test::optical_bands()))[0][2]));
    EXPECT_THAT(table_error_of([&] { table.check({unseen()}); }), HasSubstr("des-i"));
    EXPECT_THAT(table_error_of([&] { table.check({bands[0], bands[0]}); }), HasSubstr("twice"));
  }
}

TEST(BandTable, AFieldDividesByTheNumberOfBandsANameByItsRoot) {
  nn::Parameters p, q;
  const BandTable name(nn::Scope(p), settings(BandEmbedding::name), {0.01, 0.02, 0.04});
  const BandTable field(nn::Scope(q), settings(BandEmbedding::field), {0.01, 0.02, 0.04});
  EXPECT_EQ(name.divisor(at::full({1}, 4.0)).item<double>(), 2);
  EXPECT_EQ(field.divisor(at::full({1}, 4.0)).item<double>(), 4);
  // of a field, variance and mask enter alike for all bands; of a name, each in its own way
  const auto of = seen(test::optical_bands());
  EXPECT_TRUE(at::equal(field.in(of)[0][0].narrow(0, 1, 2), field.in(of)[0][1].narrow(0, 1, 2)));
  EXPECT_FALSE(at::equal(field.in(of)[0][0][0], field.in(of)[0][1][0]));
  EXPECT_FALSE(at::equal(name.in(of)[0][0].narrow(0, 1, 2), name.in(of)[0][1].narrow(0, 1, 2)));
}

TEST(BandTable, PhysicalReadsAnyWavelength) {
  nn::Parameters p;
  const BandTable table(nn::Scope(p), settings(BandEmbedding::physical), {0.01, 0.02, 0.04});
  EXPECT_NO_THROW(table.check({unseen()}));
  EXPECT_EQ(table.in(seen({unseen()}, 5)).sizes(), at::IntArrayRef({5, 1, 3, 4}));
  EXPECT_EQ(table.out(seen({unseen()})).sizes(), at::IntArrayRef({1, 1, 5}));
  const double between = table.noise({unseen()})[0].item<double>();
  EXPECT_GT(between, 0.02);
  EXPECT_LT(between, 0.04);
  modalities::Band nameless;
  nameless.name = "red";
  EXPECT_THAT(table_error_of([&] { table.check({nameless}); }), HasSubstr("wavelength"));
}

// Each of what is told about a band matters, and so does not being told.
TEST(BandTable, PhysicalSeesEveryQuantity) {
  nn::Parameters p;
  const BandTable table(nn::Scope(p, 3), settings(BandEmbedding::physical), {0.01, 0.02, 0.04});
  const auto plain = seen({unseen()});
  const auto differs = [&](const BandsSeen& other) {
    return (table.in(plain)-table.in(other)).abs().max().item<double>() > 1e-4 &&
           (table.out(plain) - table.out(other)).abs().max().item<double>() > 1e-4;
  };
  EXPECT_FALSE(differs(plain));
  auto other = plain;
  other.bands[0].wavelength_angstrom *= 1.2;
  EXPECT_TRUE(differs(other));
  other = plain;
  other.bands[0].width_angstrom *= 2;
  EXPECT_TRUE(differs(other));
  other.bands[0].width_angstrom = 0;
  EXPECT_TRUE(differs(other));
  other = plain;
  other.pixel_scale_arcsec = 0.1;
  EXPECT_TRUE(differs(other));
  other.pixel_scale_arcsec = 0;
  EXPECT_TRUE(differs(other));
  other = plain;
  other.psf_fwhm_arcsec_MC = at::full({1, 1}, 0.5);
  EXPECT_TRUE(differs(other));
  other.psf_fwhm_arcsec_MC = at::Tensor();
  EXPECT_TRUE(differs(other));
  other = plain;
  other.noise_MC = at::full({1, 1}, 0.2);
  EXPECT_TRUE(differs(other));
}

// Posing as another instrument is being one.
TEST(BandTable, StretchedMetadataAreThoseOfAnotherInstrument) {
  nn::Parameters p;
  const BandTable table(nn::Scope(p, 3), settings(BandEmbedding::physical), {0.01, 0.02, 0.04});
  auto posing = seen({unseen()});
  posing.stretch_M4 = at::tensor({0.3, 0.1, -0.2, 0.5}, at::kFloat).view({1, 4});
  auto other = seen({unseen()});
  other.bands[0].wavelength_angstrom *= std::exp(0.3);
  other.bands[0].width_angstrom *= std::exp(0.4);  // with the wavelength, and 0.1 of its own
  other.pixel_scale_arcsec *= std::exp(-0.2);
  other.psf_fwhm_arcsec_MC = other.psf_fwhm_arcsec_MC * std::exp(-0.2);
  other.noise_MC = other.noise_MC * std::exp(0.5);
  EXPECT_TRUE(at::allclose(table.in(posing), table.in(other), 1e-4, 1e-5));
}

TEST(BandTable, HiddenNamesDoNotCount) {
  nn::Parameters p;
  const BandTable table(nn::Scope(p, 3), settings(BandEmbedding::physical), {0.01, 0.02, 0.04});
  test::shake(p);
  auto bands = test::optical_bands();
  auto hidden = seen(bands, 2), renamed = seen(bands);
  hidden.named_M = at::tensor({0, 1}, at::kFloat);
  renamed.bands[0].name = "another";
  const auto in = table.in(hidden);
  EXPECT_TRUE(at::allclose(in[0][0], table.in(renamed)[0][0]));
  EXPECT_TRUE(at::allclose(in[1][0], table.in(seen(bands))[0][0]));
  EXPECT_FALSE(at::allclose(in[0][0], in[1][0]));
}

TEST(BandTable, NoiseBeyondTheEndsIsTheEnds) {
  nn::Parameters p;
  const BandTable table(nn::Scope(p), settings(BandEmbedding::physical), {0.01, 0.02, 0.04});
  auto blue = unseen(), red = unseen();
  blue.wavelength_angstrom = 3500;
  red.wavelength_angstrom = 20000;
  EXPECT_NEAR(table.noise({blue})[0].item<double>(), 0.01, 1e-8);
  EXPECT_NEAR(table.noise({red})[0].item<double>(), 0.04, 1e-8);
}

TEST(BandTable, Gradients) {
  for (const auto embedding : {BandEmbedding::name, BandEmbedding::field, BandEmbedding::physical}) {
    nn::Parameters p;
    const BandTable table(nn::Scope(p, 1, "", at::kDouble), settings(embedding), {0.01, 0.02, 0.04});
    test::shake(p);
    const auto bands = seen(test::optical_bands());
    test::expect_gradients(
        [&] {
          return at::cat({table.in(bands).flatten(), table.out(bands).flatten()}).square();
        },
        p, {});
  }
}

TEST(BandTable, RefusesBadSettings) {
  nn::Parameters p;
  EXPECT_THROW(BandTable(nn::Scope(p), settings(BandEmbedding::name), {0.01, 0.02}), base::UserError);
  EXPECT_THROW(BandTable(nn::Scope(p), settings(BandEmbedding::name), {0.01, 0.02, 0}), base::UserError);
}

}  // namespace
}  // namespace asterism::tokenizers
