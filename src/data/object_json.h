#pragma once
// One object as JSON, for other programs.

#include <string>

#include "modalities/block.h"

namespace asterism::data {

// The first object of the batch with everything that was observed of it, each modality with its kind and unit: a scalar
// with value and error; a spectrum with wavelength [Angstrom], flux and ivar; an image with bands, height, width and,
// band by band and row by row, flux and ivar; a vector with its values. Masked values are null; modalities that are not
// present are left out.
std::string object_json(const modalities::Batch& object);

}  // namespace asterism::data
