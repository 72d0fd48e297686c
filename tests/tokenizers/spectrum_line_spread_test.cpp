#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "example_templates.h"
#include "tokenizers/spectrum_templates.h"

namespace asterism::tokenizers {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr double kWide = 45;            // Angstrom: six or seven pixels of the grid
constexpr double kOfThePixels = 346.3;  // km/s: what a pixel of the grid is wide

SpectrumTemplatesSettings templates_that_read(double lsf_kms) {
  SpectrumTemplatesSettings s;
  s.wavelength_low = 4000;
  s.wavelength_high = 8000;
  s.pixels = 600;
  s.redshift_low = {-0.004, 0.02};
  s.redshift_high = {0.004, 0.7};
  s.directions = {2, 3};
  s.fit_rounds = 10;
  s.lsf_kms = lsf_kms;
  return s;
}

// The spectra of test::redshifted through a line spread.
test::Redshifted seen_through(double sigma_angstrom, int64_t n, double signal_to_noise, uint64_t seed) {
  auto out = test::redshifted(n, signal_to_noise, seed);
  auto& b = out.spectra;
  for (int64_t i = 0; i < n; ++i) {
    base::Random random(seed, 0, uint64_t(i), "test.seen_through");
    const bool star = out.star[size_t(i)] != 0;
    const double z = out.redshift.value[size_t(i)], a = random.normal(), c = random.normal();
    for (int64_t j = 0; j < b.length; ++j) {
      const auto at = size_t(i * b.length + j);
      double sum = 0, weights = 0;
      for (int k = -16; k <= 16; ++k) {
        const double weight = std::exp(-0.5 * k * k / 16.0);
        const double wavelength = double(b.wavelength_angstrom[at]) + sigma_angstrom * k / 4;
        sum += weight * test::rest_flux(star, wavelength / (1 + z), a, c);
        weights += weight;
      }
      b.mask[at] = 0;
      b.flux[at] = float(sum / weights + random.normal() / signal_to_noise);
      b.ivar[at] = float(signal_to_noise * signal_to_noise);
      b.lsf_sigma_angstrom[at] = float(sigma_angstrom);
    }
  }
  return out;
}

modalities::SpectrumBlock without_line_spread(modalities::SpectrumBlock spectra) {
  std::fill(spectra.lsf_sigma_angstrom.begin(), spectra.lsf_sigma_angstrom.end(), 0.0f);
  return spectra;
}

// Of the spectra through the tokens, on their own wavelengths; with their line spread where they say one.
double chi2_of(const SpectrumTemplates& codec, const modalities::SpectrumBlock& spectra) {
  DecodeRequest request;
  request.wavelength_angstrom.assign(spectra.wavelength_angstrom.begin(),
                                     spectra.wavelength_angstrom.begin() + spectra.length);
  request.lsf_sigma_angstrom = spectra.lsf_sigma_angstrom;
  const auto back = std::get<modalities::SpectrumBlock>(codec.decode(codec.encode(spectra), request));
  double chi = 0, pixels = 0;
  for (size_t i = 0; i < back.flux.size(); ++i) {
    if (back.mask[i] != 0 || spectra.mask[i] != 0) continue;
    chi += std::pow(double(back.flux[i] - spectra.flux[i]), 2) * double(spectra.ivar[i]);
    pixels += 1;
  }
  return chi / pixels;
}

int64_t redshifts_right(const at::Tensor& found, const test::Redshifted& sky) {
  int64_t right = 0;
  for (int64_t i = 0; i < found.size(0); ++i) {
    const double z = sky.redshift.value[size_t(i)];
    right += std::abs(found[i].item<double>() - z) < 0.002 * (1 + z) ? 1 : 0;
  }
  return right;
}

SpectrumTemplates with_parameters_of(const SpectrumTemplates& codec, double lsf_kms) {
  SpectrumTemplates out(templates_that_read(lsf_kms), 1);
  auto copy = const_cast<SpectrumTemplates&>(codec).parameters().all();
  out.parameters().load(copy, "copy");
  return out;
}

class SpectrumLineSpread : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    codec_ = new SpectrumTemplates(templates_that_read(kOfThePixels), 1);
    const auto sky = test::redshifted(200, 20, 1);
    const modalities::Block block = sky.spectra;
    Lesson lesson{{&block}, {}};
    lesson.redshifts = {&sky.redshift};
    codec_->fit_all(lesson);
  }
  static void TearDownTestSuite() { delete codec_; }
  static SpectrumTemplates* codec_;
};
SpectrumTemplates* SpectrumLineSpread::codec_ = nullptr;

TEST_F(SpectrumLineSpread, ABlurredTemplateIsFoundWithItAndNotWithout) {
  const auto sky = seen_through(kWide, 40, 25, 2);
  const auto blind = without_line_spread(sky.spectra);
  const double with = chi2_of(*codec_, sky.spectra), without = chi2_of(*codec_, blind);
  const auto right = redshifts_right(codec_->redshifts(codec_->encode(sky.spectra)), sky);
  const auto right_without = redshifts_right(codec_->redshifts(codec_->encode(blind)), sky);
  std::printf("chi^2 a pixel %.2f, without %.2f; redshifts %d, without %d of 40\n", with, without, int(right),
              int(right_without));
  EXPECT_LT(with, 1.5);
  EXPECT_GT(without, 3 * with);
  EXPECT_GE(right, 39);
  EXPECT_GE(right, right_without);
}

TEST_F(SpectrumLineSpread, SharpSpectraOfTheSameObjectsHaveTheSameCoefficients) {
  const auto wide = seen_through(kWide, 20, 100, 3), sharp = seen_through(0.5, 20, 100, 3);
  const auto a = codec_->vectors(codec_->encode(wide.spectra)), b = codec_->vectors(codec_->encode(sharp.spectra));
  const auto blind = codec_->vectors(codec_->encode(without_line_spread(wide.spectra)));
  // Of the first direction, the redshift, the set.
  const auto off = [&](const at::Tensor& x) { return (x - b).narrow(1, 1, 4).abs().sum(1).median().item<double>(); };
  EXPECT_LT(off(a), 0.3);
  EXPECT_GT(off(blind), 2 * off(a));
}

TEST_F(SpectrumLineSpread, WhereItIsNotKnownOrNotReadTokensAreTheSame) {
  const auto sky = seen_through(kWide, 20, 25, 4);
  const auto blind = without_line_spread(sky.spectra);
  const auto off = with_parameters_of(*codec_, 0);
  EXPECT_FALSE(off.reads_line_spread());
  EXPECT_TRUE(at::equal(off.encode(sky.spectra).ids, off.encode(blind).ids));
  EXPECT_TRUE(at::equal(off.encode(blind).ids, codec_->encode(blind).ids));
  EXPECT_FALSE(at::equal(codec_->encode(sky.spectra).ids, codec_->encode(blind).ids));
}

TEST_F(SpectrumLineSpread, SharpSpectraDecideHowSharpTemplatesAre) {
  const auto sharp = test::redshifted(120, 20, 5), wide = seen_through(kWide, 120, 20, 6);
  const modalities::Block blocks[] = {sharp.spectra, wide.spectra};
  Lesson lesson{{&blocks[0], &blocks[1]}, {}};
  lesson.redshifts = {&sharp.redshift, &wide.redshift};
  const auto others = test::redshifted(40, 20, 7).spectra, other_wide = seen_through(kWide, 40, 20, 8).spectra;
  double chi[2][2];
  for (const bool reads : {false, true}) {
    SpectrumTemplates codec(templates_that_read(reads ? kOfThePixels : 0), 1);
    codec.fit_all(lesson);
    chi[reads][0] = chi2_of(codec, others);
    chi[reads][1] = chi2_of(codec, other_wide);
  }
  std::printf("sharp %.2f, wide %.2f; line spread not read %.2f, %.2f\n", chi[1][0], chi[1][1], chi[0][0], chi[0][1]);
  EXPECT_LT(chi[1][0], 1.6);
  EXPECT_LT(chi[1][1], 1.6);
  EXPECT_GT(chi[0][0] + chi[0][1] - 2, 1.7 * (chi[1][0] + chi[1][1] - 2));  // of what templates leave
}

TEST_F(SpectrumLineSpread, LearnsThroughIt) {
  const auto sky = seen_through(kWide, 12, 15, 9);
  const modalities::Block block = sky.spectra;
  auto copy = with_parameters_of(*codec_, kOfThePixels);
  Lesson lesson{{&block}, {}};
  lesson.redshifts = {&sky.redshift};
  lesson.training = true;
  const auto outcome = copy.learn(lesson);
  const modalities::Block blind = without_line_spread(sky.spectra);
  auto same = lesson;
  same.blocks = {&blind};
  EXPECT_LT(outcome.figures.at("chi2_per_pixel").item<double>(),
            0.5 * copy.learn(same).figures.at("chi2_per_pixel").item<double>());
  outcome.loss.backward();
  const double before = outcome.loss.item<double>();
  {
    at::NoGradGuard no_grad;
    for (const auto& [name, value] : copy.parameters().parameters()) {
      ASSERT_TRUE(value.grad().defined()) << name;
      value.add_(value.grad(), -0.05);
    }
  }
  EXPECT_LT(copy.learn(lesson).loss.item<double>(), before);
}

TEST_F(SpectrumLineSpread, ScoresOfRedshiftsAreThoseOfBlurredTemplates) {
  const auto sky = seen_through(kWide, 24, 25, 10);
  const auto edges = codec_->redshift_edges();
  const auto scores = codec_->redshift_scores(sky.spectra);
  const auto blind = codec_->redshift_scores(without_line_spread(sky.spectra));
  EXPECT_LT(scores.excess_M.mean().item<double>(), 0.5 * blind.excess_M.mean().item<double>());
  int right = 0;
  for (int64_t i = 0; i < 24; ++i) {
    const auto cell = scores.score_MS[i].argmin().item<int64_t>();
    const double z = sky.redshift.value[size_t(i)], reach = 1.5 * (edges[cell + 1] - edges[cell]).item<double>();
    right += std::abs(0.5 * (edges[cell] + edges[cell + 1]).item<double>() - z) < reach ? 1 : 0;
  }
  EXPECT_GE(right, 22);
}

TEST_F(SpectrumLineSpread, IsDrawnAsAskedFor) {
  const auto sky = test::redshifted(3, 50, 11);
  const auto tokens = codec_->encode(sky.spectra);
  const auto drawn = [&](const DecodeRequest& request) {
    const auto block = codec_->decode(tokens, request);
    modalities::check("drawn", block);
    return std::get<modalities::SpectrumBlock>(block);
  };
  const auto own = drawn({});
  EXPECT_NEAR(double(own.lsf_sigma_angstrom[300]), double(own.wavelength_angstrom[300]) * kOfThePixels / 299792.458,
              1e-2);
  DecodeRequest request;
  for (double w = 4100; w < 7900; w += 40) request.wavelength_angstrom.push_back(float(w));
  const size_t width = request.wavelength_angstrom.size();
  const auto plain = drawn(request);
  request.lsf_sigma_angstrom.assign(width, float(kWide));
  const auto alike = drawn(request);
  request.lsf_sigma_angstrom.assign(3 * width, float(kWide));
  std::fill(request.lsf_sigma_angstrom.begin() + int64_t(2 * width), request.lsf_sigma_angstrom.end(), 0.0f);
  const auto each = drawn(request);
  for (size_t i = 0; i < each.flux.size(); ++i) {
    const float expected = i < 2 * width ? alike.flux[i] : plain.flux[i];
    EXPECT_NEAR(each.flux[i], expected, 1e-4 * (1 + std::abs(expected))) << i;
  }
  EXPECT_EQ(alike.lsf_sigma_angstrom[5], float(kWide));
  // The highest line of a galaxy is lower.
  const auto highest = [&](const modalities::SpectrumBlock& b) {
    return *std::max_element(b.flux.begin() + int64_t(width), b.flux.begin() + int64_t(2 * width));
  };
  EXPECT_LT(highest(alike), 0.8 * highest(plain));
  request.lsf_sigma_angstrom.assign(width + 1, 1.0f);
  EXPECT_THAT([&] { codec_->decode(tokens, request); }, ThrowsMessage<base::UserError>(HasSubstr("line spreads")));
  request.lsf_sigma_angstrom.assign(width, -1.0f);
  EXPECT_THAT([&] { codec_->decode(tokens, request); }, ThrowsMessage<base::UserError>(HasSubstr("line spread 0")));
}

}  // namespace
}  // namespace asterism::tokenizers
