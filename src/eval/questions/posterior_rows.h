#pragma once
// Rows of Posteriors as the spans that eval/posterior.h measures, and what those measure.

#include <cstdint>
#include <span>
#include <vector>

#include "eval/question.h"

namespace asterism::eval {

// The probabilities of one object. Posteriors::probability_MK must be contiguous float64.
std::span<const double> row_of(const Posteriors& posteriors, int64_t row);

std::vector<double> medians_of(const Posteriors& posteriors, const std::vector<int64_t>& rows);

// Of each of these objects, at its truth.
AtTruth at_truth(const Posteriors& posteriors, const std::vector<int64_t>& rows, const std::vector<double>& truths);

}  // namespace asterism::eval
