#pragma once
// PNG through libpng. For image_file.cpp alone, which says what the functions promise.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "io/image_file.h"

namespace asterism::io {

Picture8 decode_png8(std::span<const std::byte> bytes, const std::string& source);       // refuses 16 bits
Picture16 decode_png_wide(std::span<const std::byte> bytes, const std::string& source);  // widens 8 bits

// `rows`: height * width * channels values of `bits` (8 or 16) in the machine's byte order.
std::vector<std::byte> encode_png_rows(int64_t height, int64_t width, int64_t channels, int bits,
                                       const std::byte* rows);

}  // namespace asterism::io
