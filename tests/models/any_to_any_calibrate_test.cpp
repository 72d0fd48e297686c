#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "models/any_to_any.h"
#include "nn/optim.h"
#include "tiny_sky.h"

namespace asterism::models {
namespace {

// Learned a little of the redshift, from other objects.
AnyToAny by_input_model(const modalities::Batch& batch, int64_t steps) {
  auto settings = tiny::sky_model();
  settings.temperature_by_input = true;
  settings.mixture["redshift"].targets = {"redshift"};
  AnyToAny model(settings, tiny::codecs(batch));
  model.fit(batch);
  nn::AdamW optimiser(model.parameters(), {});
  for (int64_t step = 0; step < steps; ++step) {
    model.parameters().zero_grad();
    model.loss(tiny::sky(24, 5000 + 24 * step), {1, step, true}).loss.backward();
    optimiser.step(3e-3);
  }
  return model;
}

at::Tensor redshifts(const AnyToAny& model, const modalities::Batch& batch, const std::vector<std::string>& given) {
  PredictRequest request;
  request.given = given;
  request.targets = {"redshift"};
  return model.predict(batch, request).scalars.at("redshift").probability_NK();
}

// How sharp one set of inputs was made beside another: ln T is the ratio of the logarithms of two bins' ratio.
double temperature(const at::Tensor& before_NK, const at::Tensor& after_NK) {
  const auto spread = [](const at::Tensor& p) { return (p.log().amax(1) - p.log().amin(1)).mean().item<double>(); };
  return spread(before_NK) / spread(after_NK);
}

TEST(AnyToAnyCalibrate, ByWhatIsGiven) {
  const auto batch = tiny::sky(120);
  auto model = by_input_model(batch, 120);
  const std::vector<std::vector<std::string>> sets = {
      {"image_legacy"}, {"spectrum_desi"}, {"flux_g", "flux_r"}, {"image_legacy", "spectrum_desi"}, {}};
  std::vector<at::Tensor> before;
  std::vector<double> likelihood;
  const auto likelihood_given = [&](const std::vector<std::string>& given) {
    return model.log_likelihood_N(batch, given, "redshift").mean().item<double>();
  };
  for (const auto& given : sets) {
    before.push_back(redshifts(model, batch, given));
    likelihood.push_back(likelihood_given(given));
  }
  const auto lone = redshifts(model, batch, {"flux_g"});
  const double mean_temperature = model.calibrate({&batch, 1}, {}, "redshift");
  EXPECT_GE(mean_temperature, 0.2);
  EXPECT_LE(mean_temperature, 5);
  std::vector<double> temperatures;
  double gained = 0;
  for (size_t i = 0; i < sets.size(); ++i) {
    temperatures.push_back(temperature(before[i], redshifts(model, batch, sets[i])));
    gained += likelihood_given(sets[i]) - likelihood[i];
  }
  EXPECT_GT(gained, 0);
  EXPECT_GT(std::abs(std::log(temperatures[0] / temperatures[1])), 1e-3) << "an image and a spectrum are not alike";
  // ln T adds up: all = image and spectrum, and the fluxes beside them
  EXPECT_NEAR(
      std::log(temperatures[4] / temperatures[3]),
      std::log(temperatures[2]) + std::log(temperatures[3]) - std::log(temperatures[0]) - std::log(temperatures[1]),
      2e-3);
  EXPECT_TRUE(at::equal(redshifts(model, batch, {"flux_g"}), lone)) << "one token: left as it is";
  base::TemporaryFolder folder;
  model.save(folder / "model");
  EXPECT_TRUE(at::equal(redshifts(*AnyToAny::load(folder / "model"), batch, {"image_legacy"}),
                        redshifts(model, batch, {"image_legacy"})));
}

TEST(AnyToAnyCalibrate, NamedInputsHaveOneTemperature) {
  const auto batch = tiny::sky(60);
  auto model = by_input_model(batch, 10);
  model.calibrate({&batch, 1}, {}, "redshift");
  const auto untouched = by_input_model(batch, 10);
  const double found = model.calibrate({&batch, 1}, {"image_legacy"}, "redshift");
  for (const auto& given : {"image_legacy", "spectrum_desi"})
    EXPECT_NEAR(temperature(redshifts(untouched, batch, {given}), redshifts(model, batch, {given})), found,
                1e-3 * found);
}

// Targets four bins wide teach a posterior that is too wide; what is then fitted is the likelihood of the truths, which
// makes up for a part of it (one temperature for objects that are told well and badly).
TEST(AnyToAnyCalibrate, TakesBackSomeOfWhatWideTargetsWiden) {
  auto settings = tiny::scalar_model();
  settings.modalities["redshift"].bins = 32;
  settings.modalities["redshift"].soft_bins = 4;
  settings.mixture["photoz"].all_inputs = true;
  settings.mixture["photoz"].targets = {"redshift"};
  AnyToAny model(settings);
  const auto train = tiny::scalars(2000), held_out = tiny::scalars(1000, 100000);
  model.fit(train);
  nn::AdamW optimiser(model.parameters(), {});
  for (int64_t step = 0; step < 150; ++step) {
    std::vector<int64_t> rows;
    for (int64_t i = 0; i < 256; ++i) rows.push_back((step * 256 + i) % 2000);
    model.parameters().zero_grad();
    model.loss(modalities::select(train, rows), {1, step, true}).loss.backward();
    optimiser.step(5e-3);
  }
  const auto& block = std::get<modalities::ScalarBlock>(held_out.blocks.at("redshift"));
  const auto truth = at::tensor(at::ArrayRef<double>(block.value.data(), block.value.size()), at::kDouble);
  PredictRequest request;
  request.targets = {"redshift"};
  const auto within_68 = [&] {
    const auto cdf = model.predict(held_out, request).scalars.at("redshift").cdf_N(truth);
    return cdf.gt(0.16).logical_and(cdf.lt(0.84)).to(at::kDouble).mean().item<double>();
  };
  const double before = within_68();
  const double temperature = model.calibrate({&held_out, 1}, {}, "redshift");
  EXPECT_LT(temperature, 0.9);
  EXPECT_GT(before, 0.76);
  EXPECT_LT(within_68(), before - 0.01);
}

// Nothing but one number goes in beside the target: its one token is all that there is to widen by.
TEST(AnyToAnyCalibrate, OfTwoScalarsByWhatIsGiven) {
  auto batch = tiny::scalars(60);
  batch.blocks.erase("flux_r");
  auto settings = tiny::scalar_model();
  settings.modalities.erase("flux_r");
  settings.temperature_by_input = true;
  AnyToAny model(settings, {});
  model.fit(batch);
  const auto before = redshifts(model, batch, {"flux_g"});
  const double found = model.calibrate({&batch, 1}, {}, "redshift");
  EXPECT_NEAR(temperature(before, redshifts(model, batch, {"flux_g"})), found, 1e-3 * found);
  EXPECT_GT(std::abs(std::log(found)), 1e-3);
}

// Faint objects without a spectrum, say: their answer is the marginal, which would be widened to no end.
TEST(AnyToAnyCalibrate, ObjectsOfWhichNothingWasObservedSayNothing) {
  auto batch = tiny::scalars(200);
  batch.blocks.erase("flux_r");
  auto& flux = std::get<modalities::ScalarBlock>(batch.blocks.at("flux_g"));
  std::vector<int64_t> observed;
  for (int64_t i = 0; i < 200; ++i) {
    if (i % 3 == 0) {
      observed.push_back(i);
      continue;
    }
    flux.present[size_t(i)] = 0;
    flux.value[size_t(i)] = flux.error[size_t(i)] = 0;
  }
  auto settings = tiny::scalar_model();
  settings.modalities.erase("flux_r");
  settings.modalities["redshift"].input = "none";
  AnyToAny model(settings, {});
  model.fit(batch);
  const auto nothing = redshifts(model, batch, {"flux_g"});
  const double of_all = model.calibrate({&batch, 1}, {}, "redshift");
  const auto after = redshifts(model, batch, {"flux_g"});
  EXPECT_TRUE(at::equal(after[1], nothing[1])) << "a marginal stays as it is";
  EXPECT_FALSE(at::allclose(after[0], nothing[0], 1e-4, 0));
  const auto those = modalities::select(batch, observed);
  EXPECT_DOUBLE_EQ(of_all, model.calibrate({&those, 1}, {}, "redshift"));
}

TEST(AnyToAnyCalibrate, WantsObjectsWithTheTarget) {
  const auto batch = tiny::sky(12);
  auto model = by_input_model(batch, 0);
  const auto few = modalities::select(batch, {0});
  EXPECT_THROW(model.calibrate({&few, 1}, {}, "redshift"), base::UserError);
  EXPECT_THROW(model.calibrate({&batch, 1}, {}, "image_legacy"), base::UserError);
  auto without = batch;
  without.blocks.erase("redshift");
  EXPECT_THROW(model.calibrate({&without, 1}, {}, "redshift"), base::UserError);
}

}  // namespace
}  // namespace asterism::models
