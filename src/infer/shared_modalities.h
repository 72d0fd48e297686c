#pragma once
// Which modalities a model gets from a dataset.

#include <string>
#include <vector>

namespace asterism::infer {

// `given`, or, where it is empty, all that model and data share, in the model's order: what of the model's the data
// lack is said then. UserError naming the nearest for one that either lacks, for one that is given twice, and where
// nothing is shared.
std::vector<std::string> shared_modalities(const std::vector<std::string>& of_model,
                                           const std::vector<std::string>& of_data,
                                           const std::vector<std::string>& given, const std::string& dataset);

}  // namespace asterism::infer
