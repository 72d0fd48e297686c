#pragma once
// The units in which AION-1's authors measured each number that one of their codecs reads. Their files do not tell, and
// their program looks at none.

#include <optional>
#include <string>

namespace asterism::tokenizers::aion {

// The unit (VOUnits text; "" for a pure number) of a quantity by the package's name of it, "FLUX_G"; nullopt where the
// name is none of theirs, or its unit is not known: the moments of HSC shapes.
std::optional<std::string> published_unit(const std::string& modality);

}  // namespace asterism::tokenizers::aion
