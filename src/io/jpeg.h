#pragma once
// JPEG through libjpeg-turbo. For image_file.cpp alone, which says what the functions promise.

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "io/image_file.h"

namespace asterism::io {

Picture8 decode_jpeg(std::span<const std::byte> bytes, const std::string& source);
std::vector<std::byte> compress_jpeg(const Picture8& picture, int quality);

}  // namespace asterism::io
