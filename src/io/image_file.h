#pragma once
// Pictures: PNG (8 and 16 bits; grey or RGB) and JPEG (8 bits). Not for measured flux, which lives in FITS and Parquet.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace asterism::io {

inline constexpr int64_t kMaxPicturePixels = int64_t{1} << 28;  // 268 megapixels

// Pixels by row from the top, channels last: values[(y * width + x) * channels + c]; channels is 1 (grey) or 3 (RGB).
template <class T>
struct Picture {
  int64_t height = 0, width = 0, channels = 0;
  std::vector<T> values;
  T& at(int64_t y, int64_t x, int64_t c) { return values[static_cast<size_t>((y * width + x) * channels + c)]; }
  T at(int64_t y, int64_t x, int64_t c) const { return values[static_cast<size_t>((y * width + x) * channels + c)]; }
};
using Picture8 = Picture<uint8_t>;
using Picture16 = Picture<uint16_t>;

// Reads PNG or JPEG, told apart by their first bytes. Palettes become RGB; transparency is laid on black. DataError for
// anything else, damage, a file cut short, a 16-bit PNG (use read_png16), CMYK, or more than kMaxPicturePixels.
Picture8 read_picture(const std::filesystem::path& path);
Picture8 decode_picture(std::span<const std::byte> bytes, const std::string& source);
Picture16 read_png16(const std::filesystem::path& path);  // 8-bit files are widened: 255 becomes 65535
Picture16 decode_png16(std::span<const std::byte> bytes, const std::string& source);

// In memory, and as files (written atomically). JPEG quality 1 to 100.
std::vector<std::byte> encode_png(const Picture8& picture);
std::vector<std::byte> encode_png(const Picture16& picture);
std::vector<std::byte> encode_jpeg(const Picture8& picture, int quality = 90);
void write_png(const std::filesystem::path& path, const Picture8& picture);
void write_png(const std::filesystem::path& path, const Picture16& picture);
void write_jpeg(const std::filesystem::path& path, const Picture8& picture, int quality = 90);

}  // namespace asterism::io
