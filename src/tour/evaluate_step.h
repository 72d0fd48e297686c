#pragma once
// A finished training step and what is asked of it.

#include <filesystem>

#include "eval/collect.h"
#include "tour/plan.h"

namespace asterism::tour {

// Vectors, posteriors and reconstructions of the step's model on its dataset, at most 4,000 objects.
eval::Collected collect_step(const TrainStep& step, const std::filesystem::path& out);

}  // namespace asterism::tour
