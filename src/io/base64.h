#pragma once
// Base64 (RFC 4648, with padding), for pictures inside HTML.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace asterism::io {

std::string encode_base64(std::span<const std::byte> bytes);

// DataError naming `source` for anything but canonical base64 (no blanks, padding required).
std::vector<std::byte> decode_base64(std::string_view text, const std::string& source);

// "data:image/png;base64,...": for src attributes. `type` is a media type such as "image/png".
std::string data_uri(std::string_view type, std::span<const std::byte> bytes);

}  // namespace asterism::io
