#include "train/loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/signals.h"
#include "base/temporary_folder.h"
#include "io/json.h"
#include "tests/train/linear_task.h"
#include "train/checkpoint.h"
#include "train/metrics_log.h"

namespace asterism::train {
namespace {

using testing::HasSubstr;

TrainSettings quick(int64_t steps) {
  TrainSettings settings;
  settings.steps = steps;
  settings.optimiser.learning_rate = 0.05;
  settings.checkpoint_every = 1000;
  settings.log_every = 5;
  return settings;
}

template <class F>
std::string message_of(F&& f) {
  try {
    f();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

TEST(Loop, LearnsALine) {
  base::TemporaryFolder folder;
  LineObjective objective(0);
  auto source = line_source();
  auto settings = quick(400);
  settings.optimiser.weight_decay = 0;
  const auto result = train(objective, source, nullptr, settings, {.folder = folder / "run"});
  EXPECT_EQ(result.steps, 400);
  EXPECT_FALSE(result.interrupted);
  EXPECT_NEAR(objective.slope().sum().item<double>(), 3, 0.1);
  EXPECT_NEAR(objective.offset().item<double>(), -1, 0.1);
  EXPECT_EQ(objective.prepared, 64);
  EXPECT_TRUE(std::filesystem::exists(folder / "run" / "model" / "config.json"));
  const auto lines = read_metrics(folder / "run" / "metrics.jsonl");
  ASSERT_EQ(lines.size(), 80u);
  EXPECT_LT(lines.back().values.at("loss"), lines.front().values.at("loss") / 20);
  EXPECT_TRUE(lines.back().values.contains("gradient_norm"));
}

// Stops as SIGTERM would after `stop_at` updates, then resumes in a fresh process's place: new objective, new source.
TEST(Loop, ResumeGivesTheSameBits) {
  for (const double average : {0.0, 0.9}) {
    base::TemporaryFolder folder;
    auto settings = quick(20);
    settings.weight_average = average;
    LineObjective whole;
    auto source = line_source();
    train(whole, source, nullptr, settings, {.folder = folder / "whole"});

    LineObjective first;
    auto first_source = line_source();
    first.on_step = [](const StepContext& context) {
      if (context.step == 9) base::request_stop();
    };
    const auto stopped = train(first, first_source, nullptr, settings, {.folder = folder / "parts"});
    base::clear_stop_request();
    EXPECT_TRUE(stopped.interrupted);
    EXPECT_EQ(stopped.steps, 10);
    EXPECT_FALSE(at::equal(first.slope(), whole.slope()));
    EXPECT_FALSE(std::filesystem::exists(folder / "parts" / "model"));

    LineObjective second;
    auto second_source = line_source();
    const auto finished = train(second, second_source, nullptr, settings, {.folder = folder / "parts", .resume = true});
    EXPECT_EQ(finished.steps, 20);
    EXPECT_EQ(second.calls, 10);
    EXPECT_TRUE(at::equal(second.slope(), whole.slope()));
    EXPECT_TRUE(at::equal(second.offset(), whole.offset()));
    const auto a = Checkpoints::load(folder / "whole" / "checkpoints" / "step-000000020");
    const auto b = Checkpoints::load(folder / "parts" / "checkpoints" / "step-000000020");
    EXPECT_EQ(a.state.position, b.state.position);
    for (const auto& [group, named] : a.tensors)
      for (const auto& [name, tensor] : named)
        EXPECT_TRUE(at::equal(tensor, b.tensors.at(group).at(name))) << group << " " << name;
    // The loss curve has no gap and no repeated step.
    const auto curve = curve_of(read_metrics(folder / "parts" / "metrics.jsonl"), "loss");
    EXPECT_EQ(curve.steps, (std::vector<double>{5, 10, 15, 20}));
  }
}

TEST(Loop, AnotherSeedGivesOtherBits) {
  base::TemporaryFolder folder;
  LineObjective a, b;
  auto source = line_source();
  train(a, source, nullptr, quick(10), {.folder = folder / "a"});
  auto settings = quick(10);
  settings.seed = 1;
  train(b, source, nullptr, settings, {.folder = folder / "b"});
  EXPECT_FALSE(at::equal(a.slope(), b.slope()));
}

TEST(Loop, MicroBatchesGiveTheSameGradient) {
  base::TemporaryFolder folder;
  std::vector<at::Tensor> slopes;
  for (const int64_t pieces : {1, 3, 8}) {
    LineObjective objective(0);
    auto source = line_source();
    auto settings = quick(10);
    settings.micro_batches = pieces;
    train(objective, source, nullptr, settings, {.folder = folder / std::to_string(pieces)});
    slopes.push_back(objective.slope());
  }
  EXPECT_TRUE(at::allclose(slopes[0], slopes[1], 1e-5, 1e-6));
  EXPECT_TRUE(at::allclose(slopes[0], slopes[2], 1e-5, 1e-6));
}

TEST(Loop, RefusesToResumeAnotherRecipe) {
  base::TemporaryFolder folder;
  LineObjective objective;
  auto source = line_source();
  train(objective, source, nullptr, quick(5), {.folder = folder / "run", .identity = "a"});
  EXPECT_THAT(
      message_of([&] { train(objective, source, nullptr, quick(8), {.folder = folder / "run", .identity = "a"}); }),
      HasSubstr("--resume"));
  EXPECT_THAT(message_of([&] {
                train(objective, source, nullptr, quick(5),
                      {.folder = folder / "run", .identity = "b", .resume = true});
              }),
              HasSubstr("other settings"));
  EXPECT_THAT(message_of([&] {
                train(objective, source, nullptr, quick(8),
                      {.folder = folder / "run", .identity = "a", .resume = true});
              }),
              HasSubstr("other settings"));
  const auto result = train(objective, source, nullptr, quick(8),
                            {.folder = folder / "run", .identity = "b", .resume = true, .accept_changes = true});
  EXPECT_EQ(result.steps, 8);
  auto often = quick(8);
  often.log_every = 1;  // how often things are written does not matter
  EXPECT_EQ(message_of([&] {
              train(objective, source, nullptr, often, {.folder = folder / "run", .identity = "b", .resume = true});
            }),
            "");
}

TEST(Loop, NamesTheObjectsOfALossThatIsNotFinite) {
  base::TemporaryFolder folder;
  auto objects = line_objects(64);
  std::get<modalities::ScalarBlock>(objects.blocks.at("y")).value[17] = 1e300;  // too large for float32
  data::MemorySource source(objects, {.batch_size = 8, .seed = 5});
  LineObjective objective(0);
  const auto message = message_of([&] { train(objective, source, nullptr, quick(50), {.folder = folder / "run"}); });
  EXPECT_THAT(message, HasSubstr("object-17 (by its y)"));
  EXPECT_THAT(message, HasSubstr("(1 in all)"));
  EXPECT_TRUE(objective.slope().isfinite().all().item<bool>());
  const auto record = io::read_json(folder / "run" / "nonfinite.json");
  EXPECT_EQ(record["objects"].size(), 8u);
  ASSERT_EQ(record["guilty"].size(), 1u);
  EXPECT_EQ(record["guilty"][0]["modalities"], (std::vector<std::string>{"y"}));
}

// A number that float32 holds and bf16 rounds to infinity.
TEST(Loop, AnOverflowInBf16EndsTheRunAndNamesItsObject) {
  auto objects = line_objects(64);
  std::get<modalities::ScalarBlock>(objects.blocks.at("x")).value[17] = 3.4e38;
  std::get<modalities::ScalarBlock>(objects.blocks.at("y")).value[17] = 0;
  data::MemorySource source(objects, {.batch_size = 64, .seed = 5});
  base::TemporaryFolder folder;
  auto settings = quick(1);  // the first step of a line of slope 0 and offset 0
  LineObjective exact(0);
  EXPECT_EQ(message_of([&] { train(exact, source, nullptr, settings, {.folder = folder / "fp32"}); }), "");
  settings.precision = "bf16";
  LineObjective objective(0);
  const auto message = message_of([&] { train(objective, source, nullptr, settings, {.folder = folder / "bf16"}); });
  EXPECT_THAT(message, HasSubstr("the loss is"));
  EXPECT_THAT(message, HasSubstr("object-17"));
  EXPECT_THAT(message, HasSubstr("(1 in all)"));
  EXPECT_THAT(message, HasSubstr("train.precision = \"fp32\""));
  EXPECT_EQ(objective.slope().abs().max().item<float>(), 0) << "no step was made of it";
  EXPECT_TRUE(std::filesystem::exists(folder / "bf16" / "nonfinite.json"));
}

TEST(Loop, AGradientThatOverflowsEndsTheRunInEveryPrecision) {
  for (const char* precision : {"fp32", "bf16"}) {
    auto objects = line_objects(8);
    std::get<modalities::ScalarBlock>(objects.blocks.at("x")).value[3] = 1e30;
    std::get<modalities::ScalarBlock>(objects.blocks.at("y")).value[3] = 1e10;
    data::MemorySource source(objects, {.batch_size = 8, .seed = 5});
    base::TemporaryFolder folder;
    auto settings = quick(1);
    settings.precision = precision;
    LineObjective objective(0);
    const auto message = message_of([&] { train(objective, source, nullptr, settings, {.folder = folder / "run"}); });
    EXPECT_THAT(message, HasSubstr("the norm of the gradient is")) << precision;
    EXPECT_THAT(message, HasSubstr("Objects of the batch (8 in all)")) << precision;
    EXPECT_EQ(objective.slope().abs().max().item<float>(), 0) << precision;
  }
}

TEST(Loop, AverageIsWhatIsSavedAndValidated) {
  base::TemporaryFolder folder;
  LineObjective objective(0);
  auto source = line_source(), validation = line_source();
  auto settings = quick(16);
  settings.weight_average = 0.99;
  settings.optimiser.schedule = "constant";
  const auto averaged = train(objective, source, &validation, settings, {.folder = folder / "run"});
  const double last = validate(objective, validation, 16, 0).at("loss");  // of the last weights: it holds them again
  const double saved = loss_of_saved(folder / "run" / "model", line_objects(64));
  EXPECT_NEAR(averaged.validation.at("loss"), saved, 1e-4 * saved);
  EXPECT_GT(std::abs(last - saved), 0.1 * saved);
}

// Objects on a line that training passes on its way.
modalities::Batch objects_on_the_way() {
  auto out = line_objects(64);
  for (auto& y : std::get<modalities::ScalarBlock>(out.blocks.at("y")).value) y /= 2;
  return out;
}

TEST(Loop, KeepsTheBestModel) {
  base::TemporaryFolder folder;
  LineObjective objective(0);
  auto source = line_source();
  data::MemorySource validation(objects_on_the_way(), {.batch_size = 8, .shuffle = false});
  auto settings = quick(40);
  settings.keep_best = true;
  settings.validate_every = 4;
  const auto result = train(objective, source, &validation, settings, {.folder = folder / "run"});
  EXPECT_GT(result.best_step, 0);
  EXPECT_LT(result.best_step, 24);
  EXPECT_GT(result.validation.at("loss"), 2 * result.best_validation);
  const double saved = loss_of_saved(folder / "run" / "model", objects_on_the_way());
  EXPECT_NEAR(saved, result.best_validation, 1e-3 * result.best_validation);
  const auto curve = curve_of(read_metrics(folder / "run" / "metrics.jsonl"), "validation/loss");
  EXPECT_EQ(curve.steps, (std::vector<double>{4, 8, 12, 16, 20, 24, 28, 32, 36, 40}));
}

// More steps: the best so far stays the best. Other data: its loss says nothing of theirs.
TEST(Loop, TheBestIsSoughtAnewWhereItIsJudgedOtherwise) {
  base::TemporaryFolder folder;
  auto noisy = line_objects(64);
  for (size_t i = 0; i < 64; ++i)
    std::get<modalities::ScalarBlock>(noisy.blocks.at("y")).value[i] += i % 2 == 0 ? 20 : -20;
  auto settings = quick(40);
  settings.keep_best = true;
  settings.validate_every = 4;
  const auto run = [&](const modalities::Batch& judged_on, const std::string& identity) {
    LineObjective objective(0);
    auto source = line_source();
    data::MemorySource validation(judged_on, {.batch_size = 8, .shuffle = false});
    return train(objective, source, &validation, settings,
                 {.folder = folder / "run", .identity = identity, .resume = true, .accept_changes = true});
  };
  const auto first = run(objects_on_the_way(), "these");
  settings.steps = 44;
  const auto longer = run(objects_on_the_way(), "these");
  EXPECT_EQ(longer.best_step, first.best_step);
  EXPECT_EQ(longer.best_validation, first.best_validation);
  settings.steps = 48;
  const auto other = run(noisy, "others");
  EXPECT_EQ(other.best_step, 48);
  EXPECT_GT(other.best_validation, 100);
  EXPECT_NEAR(loss_of_saved(folder / "run" / "model", noisy), other.best_validation, 1e-4 * other.best_validation);
}

TEST(Loop, AValidationWithoutAnythingToJudgeLosesNothing) {
  for (const bool keep_best : {false, true}) {
    base::TemporaryFolder folder;
    auto nothing = line_objects(16);
    std::fill_n(std::get<modalities::ScalarBlock>(nothing.blocks.at("x")).present.begin(), 16, 0);
    data::MemorySource validation(nothing, {.batch_size = 8, .shuffle = false});
    LineObjective objective(0);
    auto source = line_source();
    auto settings = quick(10);
    settings.keep_best = keep_best;
    const auto result = train(objective, source, &validation, settings, {.folder = folder / "run"});
    EXPECT_EQ(result.steps, 10);
    EXPECT_TRUE(result.validation.empty());
    EXPECT_TRUE(std::filesystem::exists(folder / "run" / "model" / "config.json"));
    EXPECT_TRUE(Checkpoints(folder / "run" / "checkpoints", 2).latest().has_value());
  }
}

TEST(Loop, ACalibrationThatCannotBeDoneLosesNothing) {
  base::TemporaryFolder folder;
  LineObjective objective(0);
  objective.on_calibrate = [](auto) { base::user_error("3 validation objects: too few to calibrate"); };
  auto source = line_source(), validation = line_source();
  EXPECT_EQ(train(objective, source, &validation, quick(10), {.folder = folder / "run"}).steps, 10);
  EXPECT_TRUE(std::filesystem::exists(folder / "run" / "model" / "config.json"));
}

TEST(Loop, TheCheckpointIsThereBeforeTheLastValidation) {
  base::TemporaryFolder folder;
  const Checkpoints checkpoints(folder / "run" / "checkpoints", 2);
  LineObjective objective(0);
  bool seen = false;
  objective.on_step = [&](const StepContext& context) {
    if (!context.training) seen = !checkpoints.list().empty();
  };
  auto source = line_source(), validation = line_source();
  const auto result = train(objective, source, &validation, quick(10), {.folder = folder / "run"});
  EXPECT_TRUE(seen);
  const auto state = Checkpoints::verify(*checkpoints.latest());
  EXPECT_TRUE(state.has_best) << "and again after it";
  EXPECT_EQ(state.best_validation, result.best_validation);
}

// The model is exchanged in one step by who writes it: there is no instant without one.
TEST(Loop, SavesTheModelUnderItsOwnName) {
  struct Watched : LineObjective {
    using LineObjective::LineObjective;
    void save(const std::filesystem::path& folder) const override {
      EXPECT_EQ(folder.filename(), "model");
      LineObjective::save(folder);
    }
  };
  base::TemporaryFolder folder;
  Watched objective(0);
  auto source = line_source(), validation = line_source();
  auto settings = quick(20);
  settings.keep_best = true;
  settings.validate_every = 5;
  train(objective, source, &validation, settings, {.folder = folder / "run"});
  EXPECT_TRUE(std::filesystem::exists(folder / "run" / "model" / "config.json"));
}

TEST(Loop, AMisuseEndsTheRunAtItsFirstStep) {
  base::TemporaryFolder folder;
  LineObjective objective;
  auto source = line_source();
  objective.on_step = [](const StepContext&) { base::user_error("a setting is wrong"); };
  EXPECT_THAT(message_of([&] { train(objective, source, nullptr, quick(50), {.folder = folder / "run"}); }),
              testing::StartsWith("a setting is wrong"));
  EXPECT_EQ(objective.calls, 1);
}

TEST(Loop, ACompleteRunTellsTheLossOfItsLog) {
  base::TemporaryFolder folder;
  LineObjective objective;
  auto source = line_source();
  const auto whole = train(objective, source, nullptr, quick(10), {.folder = folder / "run"});
  const auto again = train(objective, source, nullptr, quick(10), {.folder = folder / "run", .resume = true});
  EXPECT_EQ(again.first_step, 10);
  EXPECT_EQ(again.loss, whole.loss);
  EXPECT_GT(again.loss, 0);
}

// A process that was killed between its last checkpoint and the validation after it left no line of that.
TEST(Loop, TheLastValidationIsWrittenOnce) {
  base::TemporaryFolder folder;
  LineObjective objective;
  auto source = line_source(), validation = line_source();
  train(objective, source, nullptr, quick(10), {.folder = folder / "run"});
  for (int again = 0; again < 2; ++again)
    train(objective, source, &validation, quick(10), {.folder = folder / "run", .resume = true});
  const auto curve = curve_of(read_metrics(folder / "run" / "metrics.jsonl"), "validation/loss");
  EXPECT_EQ(curve.steps, std::vector<double>{10});
}

TEST(Loop, GivesUpWhenThereIsNothingToLearn) {
  base::TemporaryFolder folder;
  auto objects = line_objects(64);
  for (auto* name : {"x", "y"})
    std::fill_n(std::get<modalities::ScalarBlock>(objects.blocks.at(name)).present.begin(), 64, 0);
  data::MemorySource source(objects, {.batch_size = 8, .seed = 5});
  LineObjective objective;
  EXPECT_THAT(message_of([&] { train(objective, source, nullptr, quick(50), {.folder = folder / "run"}); }),
              HasSubstr("nothing to learn here"));
}

}  // namespace
}  // namespace asterism::train
