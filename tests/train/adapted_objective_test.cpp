#include "train/adapted_objective.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "tests/train/tiny_objects.h"
#include "train/any_to_any_objective.h"
#include "train/metrics_log.h"

namespace asterism::train {
namespace {

// A model of fluxes: they say nothing of the redshift, but eight objects can be told
// apart by them.
std::filesystem::path backbone_in(const std::filesystem::path& folder) {
  AnyToAnyObjectiveSettings settings;
  settings.model.width = 32;
  settings.model.heads = 2;
  settings.model.encoder_layers = settings.model.decoder_layers = 1;
  for (const auto* name : {"flux_g", "flux_r"}) settings.model.modalities[name].bins = 8;
  const auto objective = settings.make(1);
  objective->prepare(eight_objects());
  objective->save(folder / "backbone");
  return folder / "backbone";
}

AdaptedObjectiveSettings adapted_settings(const std::filesystem::path& backbone, const std::string& adapt) {
  AdaptedObjectiveSettings settings;
  settings.model.backbone = backbone;
  settings.model.adapt = adapt;
  settings.model.target = "redshift";
  settings.model.bins = 16;
  if (adapt == "attentive") settings.model.heads = 2;
  return settings;
}

TEST(AdaptedObjective, LearnsEightLabelsByHeart) {
  base::TemporaryFolder folder;
  const auto backbone = backbone_in(folder.path());
  for (const char* adapt : {"mlp", "attentive", "lora", "full"}) {
    SCOPED_TRACE(adapt);
    const auto objective = adapted_settings(backbone, adapt).make(1);
    data::MemorySource source(eight_objects(), {.batch_size = 8, .seed = 1});
    train(*objective, source, nullptr, by_heart(150, 5e-3), {.folder = folder / adapt});
    const auto curve = curve_of(read_metrics(folder / adapt / "metrics.jsonl"), "loss");
    EXPECT_LT(curve.values.back(), curve.values.front() - 0.3);
    EXPECT_EQ(models::load_model(folder / adapt / "model")->kind(), "adapted");
  }
}

TEST(AdaptedObjective, ReadsWhatIsGivenAndTheLabels) {
  base::TemporaryFolder folder;
  auto settings = adapted_settings(backbone_in(folder.path()), "linear");
  EXPECT_EQ(settings.modalities(), (std::vector<std::string>{"flux_g", "flux_r", "redshift"}));
  settings.model.given = {"flux_r"};
  settings.model.backbone = folder / "nowhere";  // not looked at
  EXPECT_EQ(settings.modalities(), (std::vector<std::string>{"flux_r", "redshift"}));
}

// train.init is the whole of an adapted model: its head was learned on what adapting made of the backbone.
TEST(AdaptedObjective, BeginsWithTheAnswersOfTheModelThatItStartsFrom) {
  base::TemporaryFolder folder;
  const auto backbone = backbone_in(folder.path());
  const auto model_of = [](Objective& objective) -> models::Adapted& {
    return dynamic_cast<AdaptedObjective&>(objective).model();
  };
  const auto answer = [&](Objective& objective) {
    models::PredictRequest request;
    request.targets = {"redshift"};
    return model_of(objective).predict(eight_objects(), request).scalars.at("redshift").median_N();
  };
  const auto trained = [&](const std::string& name, const AdaptedObjectiveSettings& settings) {
    auto out = settings.make(1);
    data::MemorySource source(eight_objects(), {.batch_size = 8, .seed = 1});
    train(*out, source, nullptr, by_heart(30, 5e-3), {.folder = folder / name});
    return out;
  };
  const auto fresh = [&](const std::filesystem::path& on, const std::string& adapt) {
    auto out = adapted_settings(on, adapt).make(2);
    out->prepare(eight_objects());
    return out;
  };
  auto apart = adapted_settings(backbone, "lora");
  apart.model.merge = false;
  const std::vector<std::pair<std::string, AdaptedObjectiveSettings>> ways{
      {"lora", adapted_settings(backbone, "lora")}, {"apart", apart}, {"full", adapted_settings(backbone, "full")}};
  for (const auto& [name, settings] : ways) {
    SCOPED_TRACE(name);
    const auto first = trained(name, settings);
    const auto full = fresh(backbone, "full");
    full->start_from(folder / name / "model");
    EXPECT_TRUE(at::allclose(answer(*full), answer(*first), 1e-4, 1e-5));
    const auto on = fresh(folder / name / "model" / "backbone", "lora");
    on->start_from(folder / name / "model");
    EXPECT_TRUE(at::allclose(answer(*on), answer(*first), 1e-4, 1e-5));
  }
  const auto frozen = fresh(backbone, "mlp");
  EXPECT_THROW(frozen->start_from(folder / "full" / "model"), base::UserError) << "a head of another network";
  const auto first = trained("mlp", adapted_settings(backbone, "mlp"));
  frozen->start_from(folder / "mlp" / "model");
  EXPECT_TRUE(at::allclose(answer(*frozen), answer(*first), 1e-4, 1e-5));
  auto other = adapted_settings(backbone, "mlp");
  other.model.target = "flux_g";
  const auto of_flux = other.make(2);
  of_flux->prepare(eight_objects());
  EXPECT_THROW(of_flux->start_from(folder / "mlp" / "model"), base::UserError) << "answers to another question";
  EXPECT_THROW(of_flux->start_from(backbone), base::UserError) << "no adapted model";
}

// Answers that an untrained head makes ten times too sharp are widened again before the model is saved.
TEST(AdaptedObjective, PosteriorsAreCalibratedOnTheValidationSide) {
  base::TemporaryFolder folder;
  const auto backbone = backbone_in(folder.path());
  auto classes = adapted_settings(backbone, "mlp");
  classes.model.task = "classification";
  classes.model.classes = 8;
  auto labelled = eight_objects();
  auto& kind = std::get<modalities::ScalarBlock>(labelled.blocks.at("redshift"));
  for (const auto& settings : {adapted_settings(backbone, "mlp"), classes}) {
    SCOPED_TRACE(settings.model.task);
    if (settings.model.task == "classification")
      for (size_t i = 0; i < kind.value.size(); ++i) kind.value[i] = double(i);
    const auto objective = settings.make(1);
    objective->prepare(labelled);
    auto& model = dynamic_cast<AdaptedObjective&>(*objective).model();
    at::NoGradGuard no_grad;
    for (const auto& [name, weight] : model.parameters().parameters()) {
      if (name == "head.to_logits.weight") weight.mul_(300);
      if (name == "head.to_mixture.bias") weight.narrow(0, weight.size(0) / 3 * 2, weight.size(0) / 3).sub_(6);
    }
    models::PredictRequest request;
    request.targets = {"redshift"};
    const auto truth = at::tensor(kind.value, at::kDouble);
    const auto likelihood = [&](const models::Adapted& of) {
      return of.predict(labelled, request).scalars.at("redshift").log_density_N(truth).mean().item<double>();
    };
    const double before = likelihood(model);
    std::vector<modalities::Batch> batches(16, labelled);
    objective->calibrate(std::span(batches).first(1));  // eight objects: too few, nothing is done
    EXPECT_EQ(likelihood(model), before);
    objective->calibrate(batches);
    EXPECT_GT(likelihood(model), before + (settings.model.task == "classification" ? 0.1 : 2));
    objective->save(folder / settings.model.task);
    EXPECT_NEAR(likelihood(*models::Adapted::load(folder / settings.model.task)), likelihood(model), 1e-9);
  }
}

// The low-rank matrices of a run that goes on are those that it had.
TEST(AdaptedObjective, ResumeGivesTheSameBits) {
  base::TemporaryFolder folder;
  const auto backbone = backbone_in(folder.path());
  const auto run = [&](const std::string& name, int64_t steps, bool resume) {
    auto objective = adapted_settings(backbone, "lora").make(1);
    data::MemorySource source(eight_objects(), {.batch_size = 8, .seed = 1});
    train(*objective, source, nullptr, by_heart(steps, 5e-3),
          {.folder = folder / name, .resume = resume, .accept_changes = true});
    return objective;
  };
  const auto whole = run("whole", 8, false);
  run("cut", 4, false);
  const auto again = run("cut", 8, true);
  const auto found = again->parameters().all();
  for (const auto& [name, tensor] : whole->parameters().all()) EXPECT_TRUE(at::equal(tensor, found.at(name))) << name;
}

}  // namespace
}  // namespace asterism::train
