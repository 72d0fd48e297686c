#pragma once
// What a codec that is trained here is called in the package of AION-1's authors.

#include <string>

namespace asterism::train {

// The name of the quantity that a codec of this kind (aion_scalar, aion_log_scalar, aion_grid_scalar,
// aion_multi_scalar) is trained on, as its config.json will have it: `said`, a recipe's tokenizer.published_as, or,
// where that is empty, the package's name for a modality of our datasets ("flux_g" is "FLUX_G", "redshift" is "Z").
// UserError where the package knows no such quantity, or reads it by a codec of another kind: it could not load what is
// saved.
std::string published_name(const std::string& kind, const std::string& modality, const std::string& said);

}  // namespace asterism::train
