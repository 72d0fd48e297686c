#pragma once
// Which kinds of vectors are of one modality alone, and which of them lie in spaces of the same width.

#include <string>
#include <utility>
#include <vector>

#include "eval/question.h"

namespace asterism::eval {

// "all" and mixtures are no modality.
std::vector<std::string> single_modalities(const Subject& subject);

// Every two of them whose vectors can be compared, in both orders.
std::vector<std::pair<std::string, std::string>> comparable_pairs(const Subject& subject);

}  // namespace asterism::eval
