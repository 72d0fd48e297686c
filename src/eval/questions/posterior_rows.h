#pragma once
// Rows of Posteriors as the spans that eval/posterior.h measures.

#include <cstdint>
#include <span>
#include <vector>

#include "eval/question.h"

namespace asterism::eval {

// The probabilities of one object. Posteriors::probability_MK must be contiguous float64.
std::span<const double> row_of(const Posteriors& posteriors, int64_t row);

std::vector<double> medians_of(const Posteriors& posteriors, const std::vector<int64_t>& rows);

}  // namespace asterism::eval
