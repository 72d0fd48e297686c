#pragma once
// Ids of objects as published files write them.

#include <string_view>

namespace asterism::data {

// Without what str(bytes) of Python left about it, b'   2575025233207519232', and without blanks at its ends.
std::string_view cleaned_id(std::string_view text);

}  // namespace asterism::data
