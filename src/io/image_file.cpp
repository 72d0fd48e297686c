#include "io/image_file.h"

#include "base/atomic_file.h"
#include "base/error.h"
#include "io/file_bytes.h"
#include "io/jpeg.h"
#include "io/png.h"

namespace asterism::io {
namespace {

constexpr uint64_t kMaxPictureBytes = uint64_t{1} << 30;

bool begins_with(std::span<const std::byte> bytes, std::initializer_list<int> start) {
  if (bytes.size() < start.size()) return false;
  size_t i = 0;
  for (const int value : start) {
    if (bytes[i++] != static_cast<std::byte>(value)) return false;
  }
  return true;
}

bool is_png(std::span<const std::byte> bytes) {
  return begins_with(bytes, {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'});
}
bool is_jpeg(std::span<const std::byte> bytes) { return begins_with(bytes, {0xff, 0xd8, 0xff}); }

template <class T>
void check_picture(const Picture<T>& picture) {
  ASTERISM_CHECK(picture.height > 0 && picture.width > 0 && (picture.channels == 1 || picture.channels == 3) &&
                     picture.values.size() == static_cast<size_t>(picture.height * picture.width * picture.channels),
                 "picture of {} x {} x {} with {} values", picture.height, picture.width, picture.channels,
                 picture.values.size());
}

void write_bytes(const std::filesystem::path& path, const std::vector<std::byte>& bytes) {
  base::AtomicFile file(path);
  file.write(bytes.data(), bytes.size());
  file.commit();
}

}  // namespace

Picture8 read_picture(const std::filesystem::path& path) {
  return decode_picture(read_bytes(path, kMaxPictureBytes), "'" + path.string() + "'");
}

Picture8 decode_picture(std::span<const std::byte> bytes, const std::string& source) {
  if (is_png(bytes)) return decode_png8(bytes, source);
  if (is_jpeg(bytes)) return decode_jpeg(bytes, source);
  base::data_error("{} ({} bytes) is neither PNG nor JPEG, by its first bytes; convert it to one of them", source,
                   bytes.size());
}

Picture16 read_png16(const std::filesystem::path& path) {
  return decode_png16(read_bytes(path, kMaxPictureBytes), "'" + path.string() + "'");
}

Picture16 decode_png16(std::span<const std::byte> bytes, const std::string& source) {
  if (!is_png(bytes))
    base::data_error("{} ({} bytes) is no PNG, by its first bytes; convert it to PNG", source, bytes.size());
  return decode_png_wide(bytes, source);
}

std::vector<std::byte> encode_png(const Picture8& picture) {
  check_picture(picture);
  return encode_png_rows(picture.height, picture.width, picture.channels, 8,
                         reinterpret_cast<const std::byte*>(picture.values.data()));
}

std::vector<std::byte> encode_png(const Picture16& picture) {
  check_picture(picture);
  return encode_png_rows(picture.height, picture.width, picture.channels, 16,
                         reinterpret_cast<const std::byte*>(picture.values.data()));
}

std::vector<std::byte> encode_jpeg(const Picture8& picture, int quality) {
  check_picture(picture);
  ASTERISM_CHECK(quality >= 1 && quality <= 100, "JPEG quality {}", quality);
  return compress_jpeg(picture, quality);
}

void write_png(const std::filesystem::path& path, const Picture8& picture) { write_bytes(path, encode_png(picture)); }
void write_png(const std::filesystem::path& path, const Picture16& picture) { write_bytes(path, encode_png(picture)); }
void write_jpeg(const std::filesystem::path& path, const Picture8& picture, int quality) {
  write_bytes(path, encode_jpeg(picture, quality));
}

}  // namespace asterism::io
