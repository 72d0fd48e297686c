#pragma once
// Which scalars of the data are true quantities that questions are asked about.

#include <string>
#include <vector>

#include "eval/question.h"

namespace asterism::eval {

// The `wanted` ones (UserError where the batch has no such scalar, naming the nearest), or, where none is named, every
// scalar but flux_*, mag_* and the column of the split.
std::vector<std::string> asked_labels(const modalities::Batch& batch, const std::vector<std::string>& wanted);

// UserError where a class that is named is no label, naming the nearest.
void check_classes(const std::vector<std::string>& classes, const std::vector<std::string>& labels);

// No known value is between two whole numbers.
bool is_whole(const Label& label);

// Says how far to trust something else: no property of the object.
bool is_flag(const std::string& name);

// The same value wherever it is known, or known nowhere.
bool is_constant(const Label& label);

}  // namespace asterism::eval
