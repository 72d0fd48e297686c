#pragma once
// The gradient of one batch, whole or in pieces, and what to say when it is not a number.

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "modalities/block.h"
#include "nn/precision.h"
#include "train/objective.h"

namespace asterism::train {

struct BatchGradient {
  at::Tensor loss;                            // weighted mean over the pieces, a float64 scalar where it was computed
  double weight = 0;                          // observations it is a mean of; 0: nothing in the batch to learn from
  std::map<std::string, at::Tensor> figures;  // weighted means, detached
  std::string why_nothing;                    // the objective's sentence where weight is 0
};

// Adds up the gradients of `pieces` consecutive parts of the batch, each weighted by its number of observations: those
// of the whole batch's loss where that is a mean over observations, else of the pieces' own means. Gradients must be
// clear before; they are set after. A loss of the CPU that is not finite ends it at once (its value is returned; the
// gradients are then of no use); that of another device is not looked at: nobody waits for it. A piece that says
// nn::NothingToLearn is passed over; other errors go through. Dropout draws from a generator seeded by (seed, step,
// piece).
BatchGradient gradient_of(Objective& objective, const modalities::Batch& batch, const StepContext& context,
                          int64_t pieces, nn::Precision precision);

// A DataError for a loss or gradient norm that is not finite: names up to 8 objects, those first whose loss alone (or
// beside two good ones, where objects need each other) is not finite in this precision, and writes the keys of all
// objects of the batch to `file`.
[[noreturn]] void fail_not_finite(Objective& objective, const modalities::Batch& batch, const StepContext& context,
                                  nn::Precision precision, const std::string& what, double value,
                                  const std::filesystem::path& file);

}  // namespace asterism::train
