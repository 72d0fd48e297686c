#pragma once
// The length of a Rice-compressed stream, as FITS tiles hold them (FITS Standard 4.0, section 10.4.1; White & Becker
// 1998). cfitsio decodes them, but looks for the end of the bytes only once a block, so a damaged one would lead it
// behind.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace asterism::io {

// Bytes that `pixels` integers of `pixel_bytes` (1, 2 or 4) take, coded in blocks of `block` pixels from the beginning
// of `stream`. Nothing where the stream ends before they do, or where it could not have been written so.
std::optional<size_t> rice_bytes(std::span<const std::byte> stream, int64_t pixels, int block, int pixel_bytes);

}  // namespace asterism::io
