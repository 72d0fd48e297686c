#include "tokenizers/spectrum_templates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "example_templates.h"

namespace asterism::tokenizers {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

SpectrumTemplatesSettings small_templates() {
  SpectrumTemplatesSettings s;
  s.wavelength_low = 4000;
  s.wavelength_high = 8000;
  s.pixels = 600;
  s.redshift_low = {-0.004, 0.02};
  s.redshift_high = {0.004, 0.7};
  s.directions = {2, 3};
  s.fit_rounds = 10;
  return s;
}

Lesson lesson_of(const modalities::Block& block, const test::Redshifted& sky) {
  Lesson out{{&block}, {}};
  out.redshifts = {&sky.redshift};
  return out;
}

class SpectrumTemplatesTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    codec_ = new SpectrumTemplates(small_templates(), 1);
    const auto sky = test::redshifted(200, 15, 1);
    const modalities::Block block = sky.spectra;
    codec_->fit_all(lesson_of(block, sky));
  }
  static void TearDownTestSuite() { delete codec_; }
  static SpectrumTemplates* codec_;
};
SpectrumTemplates* SpectrumTemplatesTest::codec_ = nullptr;

TEST_F(SpectrumTemplatesTest, TokensAreRedshiftAndCoefficients) {
  EXPECT_EQ(codec_->num_tokens(), 6);
  const auto sky = test::redshifted(80, 15, 2);
  const auto tokens = codec_->encode(sky.spectra);
  const auto redshift = codec_->redshifts(tokens);
  int right = 0;
  for (int64_t i = 0; i < 80; ++i) {
    const double z = sky.redshift.value[size_t(i)];
    right += std::abs(redshift[i].item<double>() - z) < 0.001 * (1 + z) ? 1 : 0;
  }
  EXPECT_GE(right, 78);
  const auto vectors = codec_->vectors(tokens);
  EXPECT_EQ(vectors.sizes(), at::IntArrayRef({80, 1 + 2 + 1 + 3}));
  for (int64_t i = 0; i < 80; ++i) {
    EXPECT_EQ(vectors[i][1].item<float>(), sky.star[size_t(i)] != 0 ? 1 : 0) << i;
    EXPECT_NEAR(std::expm1(vectors[i][3].item<double>()), redshift[i].item<double>(), 1e-5);
  }
}

TEST_F(SpectrumTemplatesTest, DrawsBackToTheNoise) {
  const auto sky = test::redshifted(80, 15, 3);
  const modalities::Block block = sky.spectra;
  const auto outcome = codec_->learn(lesson_of(block, sky));
  EXPECT_LT(outcome.figures.at("chi2_per_pixel").item<double>(), 1.5);
  EXPECT_GT(outcome.figures.at("redshift_found").item<double>(), 0.97);
  EXPECT_FALSE(codec_->learn({{&block}, {}}).figures.contains("redshift_found"));  // nobody says what is right
  DecodeRequest request;
  request.wavelength_angstrom.assign(sky.spectra.wavelength_angstrom.begin(),
                                     sky.spectra.wavelength_angstrom.begin() + sky.spectra.length);
  const auto back = std::get<modalities::SpectrumBlock>(codec_->decode(codec_->encode(block), request));
  double chi = 0, pixels = 0;
  for (size_t i = 0; i < back.flux.size(); ++i) {
    if (back.mask[i] != 0) continue;
    chi += std::pow(double(back.flux[i] - sky.spectra.flux[i]), 2) * double(sky.spectra.ivar[i]);
    pixels += sky.spectra.mask[i] == 0;
  }
  EXPECT_LT(chi / pixels, 1.5);
}

// Rebinned templates see a line between pixels: the gradient mends what the closed form blurred.
TEST_F(SpectrumTemplatesTest, TheGradientIsThatOfTheLoss) {
  const auto sky = test::redshifted(12, 15, 4);
  const modalities::Block block = sky.spectra;
  SpectrumTemplates copy(codec_->settings(), 1);
  copy.parameters().load(codec_->parameters().all(), "copy");
  auto lesson = lesson_of(block, sky);
  lesson.training = true;
  const auto outcome = copy.learn(lesson);
  EXPECT_EQ(outcome.figures.at("redshift_found").item<double>(), 1);
  outcome.loss.backward();
  for (const auto& [name, value] : copy.parameters().parameters()) {
    ASSERT_TRUE(value.grad().defined()) << name;
    EXPECT_GT(value.grad().abs().max().item<double>(), 0) << name;
  }
  // a step against it lowers the loss
  const double before = outcome.loss.item<double>();
  {
    at::NoGradGuard no_grad;
    for (const auto& [name, value] : copy.parameters().parameters()) value.add_(value.grad(), -0.05);
  }
  EXPECT_LT(copy.learn(lesson).loss.item<double>(), before);
}

TEST_F(SpectrumTemplatesTest, AnyTokensInRangeDecode) {
  const Tokens tokens{at::full({2, codec_->num_tokens()}, codec_->vocabulary() - 1, at::kLong),
                      at::ones({2}, at::kBool)};
  EXPECT_NO_THROW(modalities::check("decoded", codec_->decode(tokens)));
  EXPECT_LE(codec_->redshifts(tokens).max().item<double>(), 0.71);
}

TEST_F(SpectrumTemplatesTest, RefusesWhatCannotBe) {
  auto s = small_templates();
  s.directions = {2};
  EXPECT_THAT([&] { SpectrumTemplates(s, 0); }, ThrowsMessage<base::UserError>(HasSubstr("1 of directions")));
  s = small_templates();
  s.spacing = "linear";
  EXPECT_THAT([&] { SpectrumTemplates(s, 0); }, ThrowsMessage<base::UserError>(HasSubstr("spacing")));
  s = small_templates();
  s.redshift_high[1] = 0.01;
  EXPECT_THAT([&] { SpectrumTemplates(s, 0); }, ThrowsMessage<base::UserError>(HasSubstr("redshift_low[1]")));
  SpectrumTemplates codec(small_templates(), 0);
  const auto sky = test::redshifted(12, 15, 5);
  const modalities::Block block = sky.spectra;
  EXPECT_THAT([&] { codec.fit_all(lesson_of(block, sky)); },
              ThrowsMessage<base::UserError>(HasSubstr("3 of 12 spectra are of set 0")));
  EXPECT_THAT([&] { codec.fit_all({{&block}, {}}); }, ThrowsMessage<base::UserError>(HasSubstr("tokenizer.redshift")));
}

}  // namespace
}  // namespace asterism::tokenizers
