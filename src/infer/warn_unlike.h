#pragma once
// Says at the end of a run over a dataset where its objects are not like those that the model learned from.

#include <vector>

#include "data/value_ranges.h"

namespace asterism::infer {

// Warns with the worst five of its lines, and says how many more there are; nothing where there are none.
void warn_of(const data::UnlikeObjects& unlike);

}  // namespace asterism::infer
