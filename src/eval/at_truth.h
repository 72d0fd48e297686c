#pragma once
// What is known of predicted distributions at the true values: of binned ones by their bins (eval/posterior.h), of
// continuous ones by their own functions, as bins would hide how sharp they are.

#include <cstdint>
#include <vector>

#include "modalities/block.h"
#include "models/posterior.h"

namespace asterism::eval {

constexpr double kLeastLogDensity = -20;  // nats: of a truth in an empty bin or outside of the edges

// One number an object, in the label's unit.
struct AtTruth {
  std::vector<double> pit, crps, log_density, median;
};

// Puts a row for each row of a continuous posterior behind those that are there, at the labels of these objects (of a
// label that is missing, rows that mean nothing); nothing of a binned one.
void add_at_truth(const models::ScalarPosterior& posterior, const modalities::ScalarBlock& labels,
                  const std::vector<int64_t>& objects, AtTruth& out);

}  // namespace asterism::eval
