#pragma once
// Cubes out of a struct column (flux, ivar, mask: wavelength, line, pixel; lambda; lsf_sigma).

#include <arrow/type_fwd.h>

#include <string>

#include "data/layout.h"
#include "modalities/block.h"

namespace asterism::data {

// DataError naming the row where the fields do not fit together or wavelengths do not increase.
modalities::CubeBlock read_cubes(const arrow::StructArray& column, const ModalityColumn& layout,
                                 const std::string& where);

}  // namespace asterism::data
