#pragma once
// A scalar that a setting of a recipe names.

#include <string>

#include "modalities/block.h"

namespace asterism::train {

// UserError naming the setting ("data.require") and the nearest scalar where the batch has none of this name.
const modalities::ScalarBlock& named_scalar(const modalities::Batch& batch, const std::string& name,
                                            const std::string& setting);

}  // namespace asterism::train
