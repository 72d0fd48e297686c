#include "tour/evaluate_step.h"

#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "data/mock.h"
#include "models/any_to_any.h"
#include "sky/observe.h"

namespace asterism::tour {
namespace {

TEST(EvaluateStep, CollectsPosteriorsOfEverySetOfInputs) {
  const base::TemporaryFolder folder;
  data::MockOptions mock;
  mock.surveys = {"legacy"};
  mock.objects = 200;
  mock.scalars_only = true;
  data::write_mock(mock, folder / "fluxes");
  models::AnyToAnySettings settings;
  settings.width = 16;
  settings.heads = 2;
  settings.encoder_layers = settings.decoder_layers = 1;
  for (const char* name : {"flux_g", "flux_r", "redshift"}) settings.modalities[name].bins = 16;
  models::AnyToAny model(settings);
  model.fit(sky::observe_scalars(0, 0, 500, {"legacy"}));
  std::filesystem::create_directory(folder / "run");
  model.save(folder / "run" / "model");
  TrainStep step;
  step.name = "run";
  step.dataset = "fluxes";
  step.given = {{"flux_r"}};
  const auto collected = collect_step(step, folder.path());
  EXPECT_EQ(collected.subject.objects.size(), 200u);
  EXPECT_EQ(collected.subject.posteriors.at("redshift").size(), 2u);  // of everything, and of flux_r alone
  EXPECT_EQ(collected.split.train.size() + collected.split.test.size(), 200u);
}

}  // namespace
}  // namespace asterism::tour
