#pragma once
// What a mapping file says of a band: a filter whose curve the program has, or wavelength and width.

#include <string>

#include "modalities/block.h"

namespace asterism::data {

// Angstrom; 0: not known. UserError naming `key` and the band where a filter stands beside them, or is not known.
modalities::Band mapped_band(const std::string& key, const std::string& name, double wavelength, double width,
                             const std::string& filter);

}  // namespace asterism::data
