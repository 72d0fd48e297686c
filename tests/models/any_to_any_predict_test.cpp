#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "models/any_to_any.h"
#include "nn/optim.h"
#include "tiny_sky.h"

namespace asterism::models {
namespace {

AnyToAny predicting_model(const modalities::Batch& batch) {
  AnyToAny model(tiny::sky_model(), tiny::codecs(batch));
  model.fit(batch);
  return model;
}

PredictRequest ask(std::vector<std::string> given, std::vector<std::string> targets) {
  PredictRequest request;
  request.given = std::move(given);
  request.targets = std::move(targets);
  request.sampler.steps = 3;
  return request;
}

// p(redshift | fluxes) of the tiny sky is known: flux ratio = 1 + 2u up to noise. The trained posterior must use it and
// be calibrated.
TEST(AnyToAnyPredict, LearnsACalibratedPosterior) {
  auto settings = tiny::scalar_model();
  settings.width = 32;
  settings.modalities["redshift"].bins = 32;
  settings.mixture["photoz"].all_inputs = true;
  settings.mixture["photoz"].targets = {"redshift"};
  AnyToAny model(settings);
  const auto train = tiny::scalars(3000), held_out = tiny::scalars(1500, 100000);
  model.fit(train);
  nn::AdamW optimiser(model.parameters(), {});
  const int64_t steps = 250;
  for (int64_t step = 0; step < steps; ++step) {
    std::vector<int64_t> rows;
    for (int64_t i = 0; i < 256; ++i) rows.push_back((step * 256 + i) % 3000);
    model.parameters().zero_grad();
    model.loss(modalities::select(train, rows), {1, step, true}).loss.backward();
    optimiser.step(5e-3 * std::min(1.0, 3 * double(steps - step) / double(steps)));
  }
  const auto posterior = model.predict(held_out, ask({}, {"redshift"})).scalars.at("redshift");
  const auto prior = model
                         .predict(held_out,
                                  [] {
                                    auto r = ask({}, {"redshift"});
                                    r.unconditional = true;
                                    return r;
                                  }())
                         .scalars.at("redshift");
  const auto& block = std::get<modalities::ScalarBlock>(held_out.blocks.at("redshift"));
  const auto truth = at::tensor(at::ArrayRef<double>(block.value.data(), block.value.size()), at::kDouble);
  EXPECT_LT(posterior.crps_N(truth).mean().item<double>(), 0.45 * prior.crps_N(truth).mean().item<double>());
  const auto pit = std::get<0>(posterior.cdf_N(truth).sort());
  const auto ks = (pit - (at::arange(1500, at::kDouble) + 0.5) / 1500).abs().max().item<double>();
  EXPECT_LT(ks, 0.08);
  const double before =
      posterior.log_density_N(truth.clamp(posterior.edges_E()[0], posterior.edges_E()[-1])).mean().item<double>();
  const double temperature = model.calibrate({&held_out, 1}, {}, "redshift");
  EXPECT_GT(temperature, 0.5);
  EXPECT_LT(temperature, 2);
  const auto after = model.predict(held_out, ask({}, {"redshift"})).scalars.at("redshift");
  EXPECT_GT(after.log_density_N(truth.clamp(posterior.edges_E()[0], posterior.edges_E()[-1])).mean().item<double>(),
            before - 1e-6);
}

TEST(AnyToAnyPredict, EveryTargetFromEverySubset) {
  const auto batch = tiny::sky(3);
  const auto model = predicting_model(batch);
  for (const auto& target : model.targets())
    for (const auto& given : model.modalities()) {
      if (given == target) continue;
      const auto answer = model.predict(batch, ask({given}, {target}));
      EXPECT_EQ(answer.scalars.size() + answer.blocks.size(), 1u);
      for (const auto& [name, posterior] : answer.scalars)
        EXPECT_TRUE(at::isfinite(posterior.mean_N()).all().item<bool>());
      for (const auto& [name, blocks] : answer.blocks) modalities::check(name, blocks.mean);
    }
}

TEST(AnyToAnyPredict, AnswersDoNotDependOnTheBatch) {
  auto batch = tiny::sky(5);
  tiny::remove(batch, "image_legacy", 2);
  const auto model = predicting_model(tiny::sky(6));
  const auto request = ask({"image_legacy", "flux_g"}, {"redshift", "spectrum_desi"});
  const auto together = model.predict(batch, request), alone = model.predict(modalities::select(batch, {2}), request);
  EXPECT_TRUE(at::allclose(together.scalars.at("redshift").probability_NK()[2],
                           alone.scalars.at("redshift").probability_NK()[0], 1e-4, 1e-7));
  EXPECT_TRUE(
      at::equal(together.blocks.at("spectrum_desi").ids_NT[0][2], alone.blocks.at("spectrum_desi").ids_NT[0][0]));
}

TEST(AnyToAnyPredict, SamplesDifferAndTheirSpreadIsWritten) {
  const auto batch = tiny::sky(2);
  const auto model = predicting_model(batch);
  auto request = ask({"flux_g"}, {"image_legacy"});
  request.sampler.samples = 4;
  const auto answer = model.predict(batch, request).blocks.at("image_legacy");
  EXPECT_EQ(answer.samples.size(), 4u);
  EXPECT_FALSE(at::equal(answer.ids_NT[0], answer.ids_NT[1]));
  EXPECT_TRUE(std::get<modalities::ImageBlock>(answer.mean).has_ivar);
}

TEST(AnyToAnyPredict, LikelihoodOfTheTruth) {
  auto batch = tiny::sky(4);
  const auto model = predicting_model(batch);
  tiny::remove(batch, "redshift", 1);
  const auto z = model.log_likelihood_N(batch, {"flux_g"}, "redshift");
  EXPECT_TRUE(std::isnan(z[1].item<double>()));
  EXPECT_TRUE(std::isfinite(z[0].item<double>()));
  const auto s = model.log_likelihood_N(batch, {"flux_g"}, "spectrum_desi");
  EXPECT_TRUE(at::isfinite(s).all().item<bool>());
  EXPECT_LT(s.max().item<double>(), 0);
  auto& spectra = std::get<modalities::SpectrumBlock>(batch.blocks.at("spectrum_desi"));
  for (int64_t k = 0; k < tiny::kLength; ++k) spectra.ivar[size_t(3 * tiny::kLength + k)] = 0;
  const auto without_codes = model.log_likelihood_N(batch, {"flux_g"}, "spectrum_desi");
  EXPECT_TRUE(std::isnan(without_codes[3].item<double>())) << "no good pixel: nothing to take the likelihood of";
  EXPECT_TRUE(std::isfinite(without_codes[2].item<double>()));
}

// A temperature is of posteriors given much; a marginal, and what one number says of another, stay as they were
// learned.
TEST(AnyToAnyPredict, ATemperatureLeavesMarginalsAlone) {
  const auto batch = tiny::scalars(200);
  for (const char* head : {"bins", "mixture"}) {
    auto settings = tiny::scalar_model();
    settings.scalar_head = head;
    AnyToAny model(settings);
    model.fit(batch);
    auto nothing = ask({}, {"redshift"});
    nothing.unconditional = true;
    const std::vector<PredictRequest> few = {nothing, ask({"flux_g"}, {"redshift"})};
    const auto much = ask({"flux_g", "flux_r"}, {"redshift"});
    const auto median = [&](const PredictRequest& request) {
      return model.predict(batch, request).scalars.at("redshift").quantile_N(0.8);
    };
    std::vector<at::Tensor> before;
    for (const auto& request : few) before.push_back(median(request));
    const auto much_before = median(much);
    EXPECT_GT(std::abs(model.calibrate({&batch, 1}, {}, "redshift") - 1), 0.01) << head;
    for (size_t i = 0; i < few.size(); ++i) EXPECT_TRUE(at::equal(median(few[i]), before[i])) << head;
    EXPECT_FALSE(at::allclose(median(much), much_before, 1e-4, 0)) << head;
    AnyToAnySettings lone = settings;  // reads one modality: its posterior given that is what was calibrated
    lone.modalities.erase("flux_r");
    lone.modalities["redshift"].input = "none";
    AnyToAny narrow(lone);
    narrow.fit(batch);
    const auto alone = narrow.predict(batch, few[1]).scalars.at("redshift").quantile_N(0.8);
    EXPECT_GT(std::abs(narrow.calibrate({&batch, 1}, {}, "redshift") - 1), 0.01) << head;
    EXPECT_FALSE(at::allclose(narrow.predict(batch, few[1]).scalars.at("redshift").quantile_N(0.8), alone, 1e-4, 0));
  }
}

TEST(AnyToAnyPredict, JointDrawsAreChained) {
  const auto batch = tiny::scalars(5);
  AnyToAny model(tiny::scalar_model());
  model.fit(batch);
  auto request = ask({"flux_g"}, {"redshift", "flux_r"});
  request.sampler.samples = 3;
  const auto draws = model.sample_joint(batch, request);
  ASSERT_EQ(draws.size(), 3u);
  modalities::check(draws[0]);
  const auto value = [&](size_t s) {
    return std::get<modalities::ScalarBlock>(draws[s].blocks.at("redshift")).value[0];
  };
  EXPECT_NE(value(0), value(1));
  EXPECT_EQ(std::get<modalities::ScalarBlock>(draws[0].blocks.at("flux_g")).value,
            std::get<modalities::ScalarBlock>(batch.blocks.at("flux_g")).value);
  request.sampler.samples = 1;
  request.sampler.seed += 2 * kSampleStride;
  const auto third = model.sample_joint(batch, request);
  for (const char* target : {"redshift", "flux_r"})
    EXPECT_EQ(std::get<modalities::ScalarBlock>(third[0].blocks.at(target)).value,
              std::get<modalities::ScalarBlock>(draws[2].blocks.at(target)).value);
}

TEST(AnyToAnyPredict, AChainGoesOnWithWhatTheModelReads) {
  const auto batch = tiny::scalars(5);
  auto settings = tiny::scalar_model();
  settings.modalities["redshift"].input = "none";
  AnyToAny model(settings);
  model.fit(batch);
  EXPECT_EQ(model.sample_joint(batch, ask({"flux_g"}, {"flux_r", "redshift"})).size(), 1u);
  const auto refuses = [&](const PredictRequest& request, const std::string& word) {
    try {
      model.sample_joint(batch, request);
      ADD_FAILURE() << "accepted: " << word;
    } catch (const base::UserError& e) {
      EXPECT_NE(std::string(e.what()).find(word), std::string::npos) << e.what();
    }
  };
  refuses(ask({"flux_g"}, {"redshift", "flux_r"}), "name it last");
  refuses(ask({"flux_g"}, {"flux_r", "flux_r"}), "drawn twice");
  refuses(ask({"flux_g"}, {"flux_r", "redshfit"}), "'redshift'");
}

// The other heads: continuous mixtures for scalars, a small head a level for codes. Everything that is asked of a model
// works as with bins and codes.
AnyToAnySettings other_heads() {
  auto settings = tiny::sky_model();
  settings.scalar_head = "mixture";
  settings.code_head = "levels";
  settings.modalities["flux_g"].head = "bins";
  return settings;
}

TEST(AnyToAnyPredict, EveryQuestionWithOtherHeads) {
  const auto batch = tiny::sky(12);
  auto settings = other_heads();
  settings.dropout = 0.1;
  AnyToAny model(settings, tiny::codecs(batch));
  model.fit(batch);
  const auto names = model.parameters().parameters();
  EXPECT_TRUE(names.contains("target.redshift.to_mixture.weight"));
  EXPECT_TRUE(names.contains("target.flux_g.to_logits.weight"));
  EXPECT_TRUE(names.contains("target.image_legacy.to_levels.weight"));
  const auto answer = model.predict(batch, ask({"flux_r"}, {"redshift", "image_legacy", "spectrum_desi"}));
  const auto& posterior = answer.scalars.at("redshift");
  const auto& truth = std::get<modalities::ScalarBlock>(batch.blocks.at("redshift"));
  const auto truth_N = at::from_blob(const_cast<double*>(truth.value.data()), {12}, at::kDouble);
  const auto likelihood = model.log_likelihood_N(batch, {"flux_r"}, "redshift");
  EXPECT_TRUE(at::allclose(likelihood, posterior.log_density_N(truth_N), 1e-5, 1e-6));
  for (const auto& [name, blocks] : answer.blocks) modalities::check(name, blocks.mean);
  EXPECT_TRUE(at::isfinite(model.log_likelihood_N(batch, {"flux_r"}, "spectrum_desi")).all().item<bool>());
  const std::vector<modalities::Batch> validation{batch};
  model.calibrate(validation, {"flux_r"}, "redshift");
  EXPECT_GE(model.log_likelihood_N(batch, {"flux_r"}, "redshift").mean().item<double>(),
            likelihood.mean().item<double>() - 1e-6);
  auto passes = ask({"flux_r"}, {"redshift"});
  passes.passes = 3;
  EXPECT_TRUE(at::isfinite(model.predict(batch, passes).scalars.at("redshift").crps_N(truth_N)).all().item<bool>());
  EXPECT_THROW(AnyToAny(other_heads(), tiny::codecs(batch)).predict(batch, passes), base::UserError) << "no dropout";
  base::TemporaryFolder folder;
  model.save(folder / "model");
  const auto again = AnyToAny::load(folder / "model");
  EXPECT_TRUE(at::equal(again->predict(batch, ask({"flux_r"}, {"redshift"})).scalars.at("redshift").median_N(),
                        model.predict(batch, ask({"flux_r"}, {"redshift"})).scalars.at("redshift").median_N()));
}

// What is dropped of an object is its own: neither neighbours nor their order change its posterior.
TEST(AnyToAnyPredict, PassesDoNotSeeTheNeighbours) {
  auto batch = tiny::sky(6);
  tiny::remove(batch, "flux_r", 1);
  auto settings = tiny::sky_model();
  settings.dropout = settings.input_dropout = 0.3;
  AnyToAny model(settings, tiny::codecs(batch));
  model.fit(batch);
  auto request = ask({"flux_r", "spectrum_desi"}, {"redshift"});
  request.passes = 3;
  const auto probability_of = [&](const modalities::Batch& objects) {
    return model.predict(objects, request).scalars.at("redshift").probability_NK();
  };
  const auto whole = probability_of(batch);
  const auto turned = probability_of(modalities::select(batch, {5, 4, 3, 2, 1, 0}));
  EXPECT_TRUE(at::allclose(turned.flip({0}), whole, 1e-4, 1e-6));
  for (int64_t i = 0; i < batch.size(); ++i)
    EXPECT_TRUE(at::allclose(probability_of(modalities::select(batch, {i})), whole.narrow(0, i, 1), 1e-4, 1e-6)) << i;
  request.targets = {"flux_g", "redshift"};  // drawn together
  const auto drawn = model.sample_joint(batch, request),
             alone = model.sample_joint(modalities::select(batch, {4}), request);
  for (const char* name : {"flux_g", "redshift"})
    EXPECT_NEAR(std::get<modalities::ScalarBlock>(alone[0].blocks.at(name)).value[0],
                std::get<modalities::ScalarBlock>(drawn[0].blocks.at(name)).value[4], 1e-3)
        << name;
  request.targets = {"redshift"};
  request.sampler.seed = 1;
  EXPECT_FALSE(at::allclose(probability_of(batch), whole, 1e-4, 1e-6)) << "something is dropped";
  request.targets = {"redshift", "image_legacy"};
  const auto drawn_whole = model.predict(batch, request).blocks.at("image_legacy").ids_NT[0];
  request.passes = 0;
  EXPECT_TRUE(at::equal(model.predict(batch, request).blocks.at("image_legacy").ids_NT[0], drawn_whole));
}

TEST(AnyToAnyPredict, OtherHeadsLearn) {
  const auto batch = tiny::sky(8);
  auto settings = other_heads();
  settings.width = 32;
  settings.mixture.clear();
  for (const char* target : {"redshift", "image_legacy", "spectrum_desi"}) {
    settings.mixture[target].targets = {target};
    settings.mixture[target].all_inputs = true;
    settings.mixture[target].target_low = 16;
  }
  AnyToAny model(settings, tiny::codecs(batch));
  model.fit(batch);
  const auto codes = model.log_likelihood_N(batch, {"redshift"}, "image_legacy").mean().item<double>();
  nn::AdamW optimiser(model.parameters(), {});
  constexpr int64_t kSteps = 200;
  for (int64_t step = 0; step < kSteps; ++step) {
    model.parameters().zero_grad();
    model.loss(batch, {1, step, true}).loss.backward();
    nn::clip_gradients(model.parameters().trainable(), 1);
    optimiser.step(4e-3 * double(kSteps - step) / kSteps);  // to an end that rounding does not move
  }
  const auto median = model.predict(batch, ask({}, {"redshift"})).scalars.at("redshift").median_N();
  const auto& truth = std::get<modalities::ScalarBlock>(batch.blocks.at("redshift"));
  double off = 0;
  for (int64_t i = 0; i < 8; ++i) off += std::abs(median[i].item<double>() - truth.value[size_t(i)]) / 8;
  EXPECT_LT(off, 0.08);
  EXPECT_GT(model.log_likelihood_N(batch, {"redshift"}, "image_legacy").mean().item<double>(), codes + 3);
}

TEST(AnyToAnyPredict, WrongRequestsAreRefused) {
  const auto batch = tiny::scalars(5);
  AnyToAny model(tiny::scalar_model());
  model.fit(batch);
  auto refuses = [&](const PredictRequest& request, const std::string& word) {
    try {
      model.predict(batch, request);
      ADD_FAILURE() << "accepted: " << word;
    } catch (const base::UserError& e) {
      EXPECT_NE(std::string(e.what()).find(word), std::string::npos) << e.what();
    }
  };
  refuses(ask({"flux_h"}, {"redshift"}), "'flux_g'");
  refuses(ask({"flux_g"}, {"redshif"}), "'redshift'");
  refuses(ask({"redshift"}, {"redshift"}), "both");
  refuses(ask({}, {}), "at least one target");
}

}  // namespace
}  // namespace asterism::models
