#pragma once
// A run that was interrupted and resumed ends with the bits of one that was left alone.

#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "base/error.h"
#include "base/signals.h"
#include "base/temporary_folder.h"
#include "tests/train/tiny_objects.h"
#include "train/checkpoint.h"
#include "train/wrapped_source.h"

namespace asterism::train {

// Stops the run, as SIGTERM would, when it gives its n-th batch.
class StoppingSource : public WrappedSource {
 public:
  StoppingSource(const modalities::Batch& objects, int64_t stop_at)
      : WrappedSource(std::make_unique<data::MemorySource>(objects, data::MemoryOptions{.batch_size = 4, .seed = 3})),
        left_(stop_at) {}
  std::optional<modalities::Batch> next() override {
    if (--left_ == 0) base::request_stop();
    return from().next();
  }

 private:
  int64_t left_;
};

// `make` gives a fresh objective each time: a new process's.
inline void expect_resume_gives_the_same_bits(const std::function<std::unique_ptr<Objective>()>& make,
                                              const modalities::Batch& objects, TrainSettings settings) {
  base::TemporaryFolder folder;
  const auto whole = make();
  settings.weight_average = whole->has_teacher() ? 0 : 0.9;
  settings.device = "cpu";  // a GPU adds up in any order
  StoppingSource calm(objects, 1000000);
  train(*whole, calm, nullptr, settings, {.folder = folder / "whole"});
  const auto first = make();
  StoppingSource hasty(objects, 7);
  const auto stopped = train(*first, hasty, nullptr, settings, {.folder = folder / "parts"});
  base::clear_stop_request();
  ASSERT_TRUE(stopped.interrupted);
  ASSERT_GT(stopped.steps, 0);
  const auto second = make();
  StoppingSource again(objects, 1000000);
  const auto finished = train(*second, again, nullptr, settings, {.folder = folder / "parts", .resume = true});
  EXPECT_EQ(finished.first_step, stopped.steps);
  const auto last = fmt::format("step-{:09}", settings.steps);
  const auto a = Checkpoints::load(folder / "whole" / "checkpoints" / last),
             b = Checkpoints::load(folder / "parts" / "checkpoints" / last);
  EXPECT_EQ(a.state.position, b.state.position);
  ASSERT_EQ(a.tensors.size(), b.tensors.size());
  for (const auto& [group, named] : a.tensors)
    for (const auto& [name, tensor] : named)
      EXPECT_TRUE(at::equal(tensor, b.tensors.at(group).at(name))) << group << " " << name;
}

}  // namespace asterism::train
