#include "tokenizers/template_fit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "example_templates.h"
#include "tokenizers/spectrum_grid.h"

namespace asterism::tokenizers {
namespace {

constexpr int64_t kFitPixels = 500;

class TemplateFitTest : public testing::Test {
 protected:
  TemplateFitTest() {
    SpectrumGridSettings s;
    s.wavelength_low = 4000;
    s.wavelength_high = 8000;
    s.pixels = kFitPixels;
    grid_ = SpectrumGrid(s, "test");
  }
  RestTemplates fresh(nn::Parameters& into, std::vector<TemplateSet> sets) const {
    return {nn::Scope(into, 1), std::move(sets), kFitPixels, std::log(2.0) / kFitPixels};
  }
  struct Left {
    double chi2 = 0, of_flat = 0;  // a pixel; beside a flat spectrum
  };
  // What templates leave of other galaxies.
  Left left_of_others(const RestTemplates& templates) const {
    const auto others = test::redshifted(60, 20, 2);
    const auto test = grid_.prepare(others.spectra);
    Left out;
    double pixels = 0;
    at::NoGradGuard no_grad;
    for (int64_t i = 0; i < 60; ++i) {
      if (others.star[size_t(i)] != 0) continue;
      const int64_t place = templates.place(0, others.redshift.value[size_t(i)]);
      const auto flux = test.flux_ML[i], weight = test.ivar_ML[i];
      const auto fit = templates.fit(0, {place}, flux.unsqueeze(0), weight.unsqueeze(0));
      out.chi2 += ((flux - templates.draw(0, place, fit.u_MK[0])).square() * weight).sum().item<double>();
      out.of_flat += ((flux - 1).square() * weight).sum().item<double>();
      pixels += (weight > 0).sum().item<double>();
    }
    return {out.chi2 / pixels, out.of_flat / pixels};
  }
  SpectrumGrid grid_;
};

// Mean, two directions: what the spectra were made of. chi^2 on others is that of their noise.
TEST_F(TemplateFitTest, LearnsWhatSpectraAreMadeOf) {
  nn::Parameters parameters;
  auto templates = fresh(parameters, {{0.02, 0.7, 3}});
  const auto learned = test::redshifted(160, 20, 1);
  const auto input = grid_.prepare(learned.spectra);
  const auto counts = fit_templates(templates, input.flux_ML, input.ivar_ML,
                                    {learned.redshift.value.begin(), learned.redshift.value.end()});
  EXPECT_EQ(counts, std::vector<int64_t>{120});  // the stars are out of reach
  const auto left = left_of_others(templates);
  EXPECT_GT(left.of_flat, 100);
  EXPECT_LT(left.chi2, 1.3);
}

// A pixel that no mask names, a hit of a cosmic ray or worse, is a mistake of its spectrum and not what all are made
// of.
TEST_F(TemplateFitTest, OneBadPixelDoesNotSpoilTheTemplates) {
  auto learned = test::redshifted(160, 20, 1);
  for (const float value : {1e6F, 1e10F}) {
    learned.spectra.flux[600 * 5 + 300] = value;  // of a galaxy
    learned.spectra.ivar[600 * 5 + 300] = learned.spectra.ivar[600 * 5 + 301];
    learned.spectra.mask[600 * 5 + 300] = 0;
    nn::Parameters parameters;
    auto templates = fresh(parameters, {{0.02, 0.7, 4}});
    const auto input = grid_.prepare(learned.spectra);
    const auto weight = input.ivar_ML / (input.ivar_ML * 1e-4 + 1);  // as spectrum_templates weighs
    fit_templates(templates, input.flux_ML, weight, {learned.redshift.value.begin(), learned.redshift.value.end()}, 8);
    EXPECT_LT(left_of_others(templates).chi2, 1.5) << value;
  }
}

TEST_F(TemplateFitTest, DirectionsAreUnitNormalAndInOrder) {
  nn::Parameters parameters;
  auto templates = fresh(parameters, {{0.02, 0.7, 2}});
  const auto learned = test::redshifted(160, 30, 3);
  const auto input = grid_.prepare(learned.spectra);
  const std::vector<double> redshift(learned.redshift.value.begin(), learned.redshift.value.end());
  fit_templates(templates, input.flux_ML, input.ivar_ML, redshift, 20);
  at::NoGradGuard no_grad;
  std::vector<at::Tensor> u;
  for (int64_t i = 0; i < 160; ++i)
    if (const int64_t place = templates.place(0, redshift[size_t(i)]); place >= 0)
      u.push_back(templates.fit(0, {place}, input.flux_ML.narrow(0, i, 1), input.ivar_ML.narrow(0, i, 1)).u_MK[0]);
  const auto all = at::stack(u);
  EXPECT_LT(all.mean(0).abs().max().item<double>(), 0.1);
  EXPECT_TRUE(at::allclose(at::matmul(all.t(), all) / double(u.size()), at::eye(2, at::kDouble), 0, 0.1));
  const auto energy = templates.templates(0).narrow(0, 1, 2).square().sum(1);
  EXPECT_GT(energy[0].item<double>(), energy[1].item<double>());
}

// Near galaxies begin in the set of the stars, whose redshifts it reaches too, and end among the far ones.
TEST_F(TemplateFitTest, SpectraMoveToTheSetThatFitsThem) {
  nn::Parameters parameters;
  auto templates = fresh(parameters, {{-0.02, 0.25, 3}, {0.02, 0.7, 3}});
  const auto learned = test::redshifted(240, 20, 4);
  const auto input = grid_.prepare(learned.spectra);
  const std::vector<double> redshift(learned.redshift.value.begin(), learned.redshift.value.end());
  const auto near = std::count_if(redshift.begin(), redshift.end(), [](double z) { return z > 0.02 && z < 0.25; });
  EXPECT_GT(near, 50);
  const auto counts = fit_templates(templates, input.flux_ML, input.ivar_ML, redshift, 20);
  EXPECT_LE(counts[0], 60 + near / 3);  // 60 stars
  EXPECT_EQ(counts[0] + counts[1], 240);
}

// The same objects sharp and through a line spread of six pixels: templates end as sharp as of the sharp ones alone.
TEST_F(TemplateFitTest, WideSpectraDoNotBlurWhatSharpOnesTeach) {
  const auto learned = test::redshifted(120, 20, 6);
  const auto input = grid_.prepare(learned.spectra);
  const std::vector<double> once(learned.redshift.value.begin(), learned.redshift.value.end());
  auto twice = once;
  twice.insert(twice.end(), once.begin(), once.end());
  const int64_t m = input.flux_ML.size(0);
  ASSERT_EQ(m, 120);
  auto sigma = at::zeros({2 * m, kFitPixels});
  sigma.narrow(0, m, m).fill_(6);
  const auto wide = LineBlur(std::vector<double>(kFitPixels, 6.0)).of(input.flux_ML);
  const auto flux = at::cat({input.flux_ML, wide}), weight = at::cat({input.ivar_ML, input.ivar_ML});
  const auto left_over = [&](const LineSpreads& spreads) {
    nn::Parameters parameters;
    auto templates = fresh(parameters, {{0.02, 0.7, 3}});
    fit_templates(templates, flux, weight, twice, 10, 4, spreads);
    at::NoGradGuard no_grad;
    double chi = 0, pixels = 0;
    for (int64_t i = 0; i < m; ++i) {
      const int64_t place = templates.place(0, once[size_t(i)]);
      if (place < 0) continue;
      const auto fit = templates.fit(0, {place}, input.flux_ML.narrow(0, i, 1), input.ivar_ML.narrow(0, i, 1));
      const auto left = input.flux_ML[i] - templates.draw(0, place, fit.u_MK[0]);
      chi += (left.square() * input.ivar_ML[i]).sum().item<double>();
      pixels += (input.ivar_ML[i] > 0).sum().item<double>();
    }
    return chi / pixels;
  };
  const double with = left_over(LineSpreads(sigma)), without = left_over({});
  std::printf("chi^2 a pixel of sharp spectra %.2f, line spread not known %.2f\n", with, without);
  EXPECT_LT(with, 1.3);
  EXPECT_GT(without, 1.2 * with);
}

TEST_F(TemplateFitTest, TooFewSpectraChangeNothing) {
  nn::Parameters parameters;
  auto templates = fresh(parameters, {{0.02, 0.7, 3}});
  const auto before = templates.templates(0).detach().clone();
  const auto few = test::redshifted(8, 20, 5);
  const auto input = grid_.prepare(few.spectra);
  const auto counts =
      fit_templates(templates, input.flux_ML, input.ivar_ML, {few.redshift.value.begin(), few.redshift.value.end()});
  EXPECT_EQ(counts, std::vector<int64_t>{6});
  EXPECT_TRUE(at::equal(templates.templates(0), before));
  EXPECT_EQ(fewest_to_fit(templates, 0), 8);
}

}  // namespace
}  // namespace asterism::tokenizers
