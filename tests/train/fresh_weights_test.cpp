#include "train/fresh_weights.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "models/any_to_any.h"
#include "nn/optim.h"
#include "tests/train/tiny_objects.h"
#include "train/any_to_any_objective.h"
#include "train/metrics_log.h"

namespace asterism::train {
namespace {

TEST(FreshWeights, OldNumbersStayBitByBitWhateverTheOptimiserDoes) {
  nn::Parameters parameters;
  const auto old = parameters.add("old", at::full({3}, 0.5)), partly = parameters.add("partly", at::full({2, 4}, 0.5)),
             fresh = parameters.add("fresh", at::full({3}, 0.5));
  models::WarmStart start;
  start.fresh["fresh"] = at::ones({3}, at::kBool);
  start.fresh["partly"] = at::zeros({2, 4}, at::kBool);
  start.fresh["partly"][1] = true;
  FreshWeights held(parameters, start);
  nn::AdamWSettings settings;
  settings.weight_decay = 0.3;  // moves weights without a gradient
  nn::AdamW optimiser(parameters, settings);
  const auto first = at::full({4}, 0.5);
  for (int step = 0; step < 3; ++step) {
    parameters.zero_grad();
    (old.sum() + partly.square().sum() + fresh.sum()).backward();
    held.before_update();
    EXPECT_NEAR(nn::clip_gradients(parameters.trainable(), 0).item<double>(),
                std::sqrt(3 + 4 * partly[1].square().sum().item<double>()), 1e-5)
        << "old weights do not count for the clipping";
    optimiser.step(0.1);
    held.after_update();
    EXPECT_TRUE(at::equal(old, at::full({3}, 0.5)));
    EXPECT_TRUE(at::equal(partly[0], first));
    EXPECT_FALSE(partly[1].eq(0.5).any().item<bool>());
    EXPECT_FALSE(fresh.eq(0.5).any().item<bool>());
  }
}

AnyToAnyObjectiveSettings without_flux_r() {
  AnyToAnyObjectiveSettings settings;
  settings.model.width = 32;
  settings.model.heads = 2;
  settings.model.encoder_layers = settings.model.decoder_layers = 1;
  for (const auto* name : {"flux_g", "redshift"}) settings.model.modalities[name].bins = 8;
  return settings;
}

// The whole way: a model of two scalars is trained and saved, a third is added, first alone, then all learn.
class AddingAModality : public testing::Test {
 protected:
  AddingAModality() {
    const auto objective = without_flux_r().make(1);
    data::MemorySource source(eight_objects(), {.batch_size = 8, .seed = 1});
    train(*objective, source, nullptr, by_heart(20, 3e-3), {.folder = folder_ / "old"});
  }
  std::unique_ptr<Objective> more() const {
    auto settings = without_flux_r();
    settings.model.modalities["flux_r"].bins = 8;
    return settings.make(2);
  }
  TrainSettings settings(int64_t steps, int64_t new_first) const {
    auto out = by_heart(steps, 3e-3);
    out.optimiser.weight_decay = 0.1;
    out.init = folder_ / "old" / "model";
    out.new_first = new_first;
    return out;
  }
  RunResult run(Objective& objective, const std::string& name, const TrainSettings& how, bool resume = false) const {
    data::MemorySource source(eight_objects(), {.batch_size = 8, .seed = 1});
    return train(objective, source, nullptr, how, {.folder = folder_ / name, .resume = resume, .accept_changes = true});
  }
  // Numbers of the old model that are others now.
  int64_t moved(Objective& objective) const {
    const auto old = models::AnyToAny::load(folder_ / "old" / "model");
    const auto now = objective.parameters().all();
    int64_t out = 0;
    for (const auto& [name, was] : old->parameters().parameters()) {
      auto is = now.at(name);
      if (name == "input.scalars.weight" || name == "input.scalars.bias")  // flux_g, flux_r, redshift
        is = at::stack({is[0], is[2]});
      out += is.ne(was).sum().item<int64_t>();
    }
    return out;
  }
  base::TemporaryFolder folder_;
};

TEST_F(AddingAModality, FirstTheNewThenAll) {
  const auto first = more();
  run(*first, "first", settings(10, 10));
  EXPECT_EQ(moved(*first), 0);
  const auto curve = curve_of(read_metrics(folder_ / "first" / "metrics.jsonl"), "loss/flux_r").values;
  EXPECT_LT(curve.back(), curve.front());
  const auto both = more();
  run(*both, "both", settings(20, 10));
  EXPECT_GT(moved(*both), 10000);
}

// A run that stops inside the first phase goes on with the same bits.
TEST_F(AddingAModality, ResumesInEitherPhase) {
  const auto whole = more();
  run(*whole, "whole", settings(12, 6));
  for (const int64_t stop : {3, 9}) {
    const std::string name = "stopped_" + std::to_string(stop);
    const auto before = more(), after = more();
    auto until = settings(12, 6);
    until.steps = stop;
    until.optimiser.schedule = "constant";
    run(*before, name, until);
    EXPECT_EQ(moved(*before) == 0, stop < 6);
    run(*after, name, settings(12, 6), true);
    const auto found = after->parameters().all();
    for (const auto& [key, tensor] : whole->parameters().all()) EXPECT_TRUE(at::equal(tensor, found.at(key))) << key;
  }
}

// What came from the other model is in the checkpoint: nothing is asked of it again.
TEST_F(AddingAModality, GoesOnWithoutTheOtherModel) {
  run(*more(), "half", settings(4, 2));
  std::filesystem::remove_all(folder_ / "old");
  EXPECT_EQ(run(*more(), "half", settings(6, 2), true).steps, 6);
  EXPECT_THROW(run(*more(), "anew", settings(6, 2)), base::UserError);
}

TEST_F(AddingAModality, SettingsWithoutEffectAreRefused) {
  auto how = settings(2, 1);
  how.init.clear();
  const auto a = more(), b = without_flux_r().make(1);
  EXPECT_THROW(run(*a, "a", how), base::UserError) << "new_first without init";
  EXPECT_THROW(run(*b, "b", settings(2, 1)), base::UserError) << "nothing is new";
  how.init = (folder_ / "nowhere").string();
  how.new_first = 0;
  EXPECT_THROW(run(*more(), "c", how), base::UserError);
}

}  // namespace
}  // namespace asterism::train
