#pragma once
// Fields of a struct column that hold planes of pixels: lists of lists of lists, as images, maps and cubes have them.

#include <arrow/type_fwd.h>

#include <cstdint>
#include <string>

#include "data/arrow_lists.h"

namespace asterism::data {

// A list over bands, layers or wavelengths of lists over lines of lists over pixels.
struct PlaneField {
  ListRanges planes, lines, pixels;
  bool known = false;  // false: the field is absent, or its innermost lists are all null
};

// DataError naming `where` for another type.
PlaneField plane_field(const arrow::StructArray& column, const std::string& name, const std::string& where);

// Place of the first pixel of a row in pixels.values, after checking that the row has so many planes of height x width
// pixels that lie end to end; DataError otherwise.
int64_t planes_start(const PlaneField& field, int64_t planes, int64_t height, int64_t width, int64_t row,
                     const std::string& where);

}  // namespace asterism::data
