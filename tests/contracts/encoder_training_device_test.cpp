// Image, spectrum and aligned encoders are trained on a device with the losses of the CPU, teacher, centres and pieces
// of a batch included, and a checkpoint goes on on the CPU.

#include <gtest/gtest.h>

#include "../models/shortened.h"
#include "../models/tiny_backbones.h"
#include "../models/tiny_sky.h"
#include "../train/resume.h"
#include "pretend_device.h"
#include "train/contrastive_objective.h"
#include "train/dino_objective.h"
#include "train/masked_image_objective.h"
#include "train/masked_spectrum_objective.h"
#include "train/metrics_log.h"
#include "train/specformer_objective.h"

namespace asterism::train {
namespace {

std::unique_ptr<Objective> objective_of(const std::string& kind) {
  using namespace models;
  if (kind == "masked_image")
    return std::make_unique<MaskedImageObjective>(std::make_unique<MaskedImage>(tiny::masked_image_model()));
  if (kind == "masked_spectrum")
    return std::make_unique<MaskedSpectrumObjective>(std::make_unique<MaskedSpectrum>(tiny::masked_spectrum_model()));
  if (kind == "masked_vision")
    return std::make_unique<MaskedImageObjective>(std::make_unique<MaskedImage>(tiny::masked_vision_model()));
  if (kind.starts_with("specformer")) {
    auto settings = tiny::astroclip_model();
    if (kind == "specformer_lengths") settings.spectrum_input.pixels = 0;
    settings.encoders = {"spectrum"};
    settings.embedding = 0;
    return std::make_unique<SpecFormerObjective>(std::make_unique<AstroClip>(std::move(settings)),
                                                 SpecFormerMaskSettings{.chunks = 2, .chunk_tokens = 2});
  }
  if (kind == "contrastive")
    return std::make_unique<ContrastiveObjective>(std::make_unique<Contrastive>(tiny::contrastive_model()));
  auto settings = tiny::dino_model();
  settings.augment.noise_probability = {0, 0, 0};  // each device draws its own
  return std::make_unique<DinoObjective>(std::make_unique<Dino>(std::move(settings)));
}

class EncoderTraining : public testing::TestWithParam<std::string> {
 protected:
  TrainSettings settings() const {
    TrainSettings out;
    out.steps = 3;
    out.log_every = out.checkpoint_every = 1;
    out.optimiser.learning_rate = 1e-3;
    out.optimiser.clip_norm = 0.5;
    out.micro_batches = GetParam() == "dino" ? 1 : 2;
    return out;
  }
  static modalities::Batch objects() {
    auto out = models::tiny::sky(16);
    if (GetParam() == "specformer_lengths")
      for (const int64_t row : {2, 5, 11}) models::tiny::shorten(out, row, 75 + row);
    return out;
  }
  const modalities::Batch objects_ = objects();
  const base::TemporaryFolder folder_;
};

void expect_close_losses(const std::vector<MetricsLine>& here, const std::vector<MetricsLine>& there) {
  ASSERT_EQ(here.size(), there.size());
  for (size_t i = 0; i < here.size(); ++i)
    for (const auto& [name, mine] : here[i].values) {
      if (name.ends_with("_s") || name.find("seconds") != std::string::npos) continue;  // clocks
      ASSERT_TRUE(there[i].values.contains(name)) << name;
      EXPECT_NEAR(there[i].values.at(name), mine, 5e-3 * std::max(1.0, std::abs(mine))) << name << " at " << i;
    }
}

TEST_P(EncoderTraining, HasTheLossesOfTheCpu) {
  auto run = [&](const char* name, const at::Device& device) {
    const auto objective = objective_of(GetParam());
    data::MemorySource source(objects_, {.batch_size = 8, .seed = 2}), validation = source;
    auto s = settings();
    s.validate_batches = 1;
    train(*objective, source, &validation, s, {.folder = folder_ / name, .device = device});
    for (const auto& [key, tensor] : objective->parameters().all())
      if (key.starts_with("teacher.") || key.starts_with("centre.")) {
        EXPECT_EQ(tensor.device(), device) << key;
      }
    return read_metrics(folder_ / name / "metrics.jsonl");
  };
  const auto here = run("here", at::kCPU), there = run("there", test::a_device());
  EXPECT_GE(here.size(), 3u);
  expect_close_losses(here, there);
}

TEST_P(EncoderTraining, GoesOnOnTheCpu) {
  const auto whole = objective_of(GetParam());
  StoppingSource calm(objects_, 1000000);
  train(*whole, calm, nullptr, settings(), {.folder = folder_ / "whole", .device = at::kCPU});
  const auto first = objective_of(GetParam()), second = objective_of(GetParam());
  StoppingSource hasty(objects_, 7), again(objects_, 1000000);
  const auto stopped =
      train(*first, hasty, nullptr, settings(), {.folder = folder_ / "parts", .device = test::a_device()});
  base::clear_stop_request();
  ASSERT_TRUE(stopped.interrupted);
  train(*second, again, nullptr, settings(), {.folder = folder_ / "parts", .resume = true, .device = at::kCPU});
  // not the weights: those without a gradient follow rounding errors, and Adam makes full steps of these
  expect_close_losses(read_metrics(folder_ / "whole" / "metrics.jsonl"),
                      read_metrics(folder_ / "parts" / "metrics.jsonl"));
}

INSTANTIATE_TEST_SUITE_P(All, EncoderTraining,
                         testing::Values("masked_image", "masked_vision", "masked_spectrum", "specformer",
                                         "specformer_lengths", "contrastive", "dino"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace asterism::train
