#pragma once
// The first ten losses of an objective on eight objects, against those that were written down: a change of any number
// on the way (initialisation, masks, loss, optimiser) shows here. tests/golden/first_losses.json; run the tests with
// ASTERISM_WRITE_GOLDEN=1 to write it anew after a change that is meant.

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "base/temporary_folder.h"
#include "io/json.h"
#include "tests/train/tiny_objects.h"
#include "tests/where.h"
#include "train/metrics_log.h"

namespace asterism::train {

inline void expect_golden(const std::string& name, Objective& objective, double tolerance,
                          const modalities::Batch& objects = eight_objects()) {
  base::TemporaryFolder folder;
  data::MemorySource source(objects, {.batch_size = 4, .seed = 3});
  train(objective, source, nullptr, by_heart(10, 1e-3), {.folder = folder / "run", .device = at::kCPU});
  const auto losses = curve_of(read_metrics(folder / "run" / "metrics.jsonl"), "loss").values;
  ASSERT_EQ(losses.size(), 10u);
  const std::filesystem::path file =
      std::filesystem::path(asterism::tests::kSourceFolder) / "tests/golden/first_losses.json";
  auto golden = std::filesystem::exists(file) ? io::read_json(file) : nlohmann::json::object();
  if (std::getenv("ASTERISM_WRITE_GOLDEN") != nullptr) {
    golden[name] = losses;
    io::write_json(file, golden);
  }
  ASSERT_TRUE(golden.contains(name)) << file;
  for (size_t i = 0; i < losses.size(); ++i)
    EXPECT_NEAR(losses[i], golden[name][i].get<double>(), tolerance * std::abs(losses[i])) << "step " << i;
}

}  // namespace asterism::train
