// Training on a device: the losses of the CPU, and checkpoints that either goes on from.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../models/tiny_sky.h"
#include "../train/linear_task.h"
#include "../train/resume.h"
#include "pretend_device.h"
#include "train/any_to_any_objective.h"
#include "train/metrics_log.h"

namespace asterism::train {
namespace {

std::unique_ptr<Objective> sky_objective() {
  return std::make_unique<AnyToAnyObjective>(
      std::make_unique<models::AnyToAny>(models::tiny::sky_model(), models::tiny::codecs(models::tiny::sky(12))));
}

TrainSettings a_few_steps() {
  TrainSettings settings;
  settings.steps = 4;
  settings.log_every = settings.checkpoint_every = 2;
  settings.weight_average = 0.9;
  settings.optimiser.learning_rate = 3e-3;
  settings.optimiser.clip_norm = 0.5;
  return settings;
}

data::MemorySource sky_source() { return data::MemorySource(models::tiny::sky(24), {.batch_size = 8, .seed = 2}); }

using Lines = std::vector<MetricsLine>;

void expect_close_lines(const Lines& here, const Lines& there) {
  ASSERT_EQ(here.size(), there.size());
  for (size_t i = 0; i < here.size(); ++i) {
    EXPECT_EQ(here[i].step, there[i].step);
    for (const char* name : {"loss", "validation/loss", "gradient_norm", "loss/redshift", "loss/image_legacy"}) {
      const auto mine = here[i].values.find(name), theirs = there[i].values.find(name);
      ASSERT_EQ(mine == here[i].values.end(), theirs == there[i].values.end()) << name;
      if (mine != here[i].values.end()) {
        EXPECT_NEAR(theirs->second, mine->second, 1e-3 * std::max(1.0, std::abs(mine->second))) << name;
      }
    }
  }
}

TEST(TrainingOnADevice, HasTheLossesOfTheCpu) {
  const base::TemporaryFolder folder;
  auto run = [&](const char* name, const at::Device& device) {
    const auto objective = sky_objective();
    auto source = sky_source(), validation = sky_source();
    auto settings = a_few_steps();
    settings.micro_batches = 2;
    settings.validate_batches = 1;
    const auto result = train(*objective, source, &validation, settings, {.folder = folder / name, .device = device});
    EXPECT_EQ(objective->parameters().device(), device);
    EXPECT_EQ(result.device.substr(0, 3), device.str().substr(0, 3));
    return read_metrics(folder / name / "metrics.jsonl");
  };
  const auto here = run("here", at::kCPU), there = run("there", test::a_device());
  EXPECT_EQ(here.size(), 3u);
  expect_close_lines(here, there);
}

void expect_resumed(const at::Device& first_device, const at::Device& second_device) {
  const base::TemporaryFolder folder;
  auto settings = a_few_steps();
  settings.log_every = 1;
  const auto objects = models::tiny::sky(16);
  const auto whole = sky_objective();
  StoppingSource calm(objects, 1000000);
  train(*whole, calm, nullptr, settings, {.folder = folder / "whole", .device = at::kCPU});
  const auto first = sky_objective();
  StoppingSource hasty(objects, 7);  // batches that scales are learned from count too
  const auto stopped = train(*first, hasty, nullptr, settings, {.folder = folder / "parts", .device = first_device});
  base::clear_stop_request();
  ASSERT_TRUE(stopped.interrupted);
  ASSERT_GT(stopped.steps, 0);
  const auto second = sky_objective();
  StoppingSource again(objects, 1000000);
  const auto finished =
      train(*second, again, nullptr, settings, {.folder = folder / "parts", .resume = true, .device = second_device});
  EXPECT_EQ(finished.first_step, stopped.steps);
  for (const auto& [name, tensor] : whole->parameters().parameters())
    EXPECT_TRUE(at::allclose(second->parameters().parameters().at(name).cpu(), tensor, 1e-2, 2e-3)) << name;
  expect_close_lines(read_metrics(folder / "whole" / "metrics.jsonl"),
                     read_metrics(folder / "parts" / "metrics.jsonl"));
}

TEST(TrainingOnADevice, GoesOnOnTheCpu) { expect_resumed(test::a_device(), at::kCPU); }

TEST(TrainingOnADevice, GoesOnFromTheCpu) { expect_resumed(at::kCPU, test::a_device()); }

// Counted on the pretended device: between two lines of the log the program asks for no number, and sends little.
TEST(TrainingOnADevice, AStepWaitsForNothing) {
  if (nn::gpus() > 0) GTEST_SKIP() << "counted on the pretended device alone";
  const base::TemporaryFolder folder;
  const auto objective = sky_objective();
  auto settings = a_few_steps();
  settings.steps = settings.log_every = settings.checkpoint_every = 14;
  std::vector<test::Traffic> steps;
  class Counting : public WrappedSource {
   public:
    Counting(std::unique_ptr<data::BatchSource> from, std::vector<test::Traffic>& steps)
        : WrappedSource(std::move(from)), steps_(steps) {}
    std::optional<modalities::Batch> next() override {
      steps_.push_back(test::traffic());
      return from().next();
    }

   private:
    std::vector<test::Traffic>& steps_;
  } counted(std::make_unique<data::MemorySource>(models::tiny::sky(8), data::MemoryOptions{.batch_size = 8, .seed = 2}),
            steps);
  train(*objective, counted, nullptr, settings, {.folder = folder / "run", .device = test::a_device()});
  ASSERT_GE(steps.size(), 14u);
  // Batches are read ahead of the steps: where one step ends in these counts depends on the threads, the sum does not.
  constexpr int64_t kCounted = 8;  // the last ones: the tokens of the objects are remembered by then
  int64_t copies = 0, operators = 0;
  for (size_t i = steps.size() - kCounted; i < steps.size(); ++i) {
    EXPECT_EQ(steps[i].waits, 0) << i;
    EXPECT_EQ(steps[i].to_cpu, 0) << i;
    EXPECT_EQ(steps[i].blocking, 0) << i;
    copies += steps[i].to_device;
    operators += steps[i].operators;
  }
  EXPECT_GT(copies, 0);
  EXPECT_LE(copies, 40 * kCounted);
  std::printf("a step: %ld operators, %ld copies\n", long(operators / kCounted), long(copies / kCounted));
}

TEST(TrainingOnADevice, NoticesALossThatIsNotFiniteBeforeItWritesAnything) {
  const base::TemporaryFolder folder;
  auto objects = line_objects(64);
  std::get<modalities::ScalarBlock>(objects.blocks.at("y")).value[17] = 1e300;  // too large for float32
  data::MemorySource source(objects, {.batch_size = 8, .seed = 5});
  LineObjective objective(0);
  TrainSettings settings;
  settings.steps = 50;
  settings.log_every = settings.checkpoint_every = 50;
  try {
    train(objective, source, nullptr, settings, {.folder = folder / "run", .device = test::a_device()});
    FAIL() << "went on";
  } catch (const base::DataError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("object-17"));
    EXPECT_THAT(error.what(), testing::HasSubstr("(1 in all)"));
    EXPECT_THAT(error.what(), testing::HasSubstr("the loss is"));
  }
  EXPECT_TRUE(objective.slope().isfinite().all().item<bool>());
  EXPECT_FALSE(std::filesystem::exists(folder / "run" / "checkpoints" / "step-000000050"));
}

}  // namespace
}  // namespace asterism::train
