#include "io/png.h"

#include <png.h>
#include <zlib.h>

#include <bit>
#include <cstring>

#include "base/error.h"

namespace asterism::io {
namespace {

// libpng leaves by longjmp: the message is kept here, and every function that calls setjmp has no C++ object to
// destroy.
struct Reading {
  std::span<const std::byte> rest;
  char message[160] = "";
};

void keep_message(png_structp png, png_const_charp message) {
  auto* reading = static_cast<Reading*>(png_get_error_ptr(png));
  std::strncpy(reading->message, message, sizeof reading->message - 1);
  png_longjmp(png, 1);
}

void no_warning(png_structp, png_const_charp) {}

void take_bytes(png_structp png, png_bytep out, size_t count) {
  auto* reading = static_cast<Reading*>(png_get_io_ptr(png));
  if (count > reading->rest.size()) png_error(png, "the file ends early");
  std::memcpy(out, reading->rest.data(), count);
  reading->rest = reading->rest.subspan(count);
}

struct PngShape {
  png_uint_32 width = 0, height = 0;
  int bits = 0, channels = 0;
};

// The header, and the transformations to 8 or 16 bits of grey or RGB. False when libpng refused it.
bool start_png(png_structp png, png_infop info, bool wide, PngShape& shape) {
  if (setjmp(png_jmpbuf(png))) return false;
  png_set_user_limits(png, 1u << 20, 1u << 20);
  png_set_chunk_malloc_max(png, 8u << 20);
  png_set_chunk_cache_max(png, 64);
  png_read_info(png, info);
  shape.width = png_get_image_width(png, info);
  shape.height = png_get_image_height(png, info);
  shape.bits = png_get_bit_depth(png, info);
  const int colours = png_get_color_type(png, info);
  const bool clear = (colours & PNG_COLOR_MASK_ALPHA) != 0 || png_get_valid(png, info, PNG_INFO_tRNS) != 0;
  png_set_expand(png);
  if (wide && shape.bits < 16) png_set_expand_16(png);
  if (wide && std::endian::native == std::endian::little) png_set_swap(png);
  if (clear) {
    png_color_16 black{};
    png_set_background(png, &black, PNG_BACKGROUND_GAMMA_SCREEN, 0, 1.0);
  }
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
  shape.channels = png_get_channels(png, info);
  return true;
}

bool finish_png(png_structp png, png_bytepp rows) {
  if (setjmp(png_jmpbuf(png))) return false;
  png_read_image(png, rows);
  png_read_end(png, nullptr);
  return true;
}

template <class T>
Picture<T> decode(std::span<const std::byte> bytes, const std::string& source) {
  constexpr bool kWide = sizeof(T) == 2;
  Reading reading{bytes, ""};
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &reading, keep_message, no_warning);
  ASTERISM_CHECK(png != nullptr);
  png_infop info = png_create_info_struct(png);
  struct Destroy {
    png_structp* png;
    png_infop* info;
    ~Destroy() { png_destroy_read_struct(png, info, nullptr); }
  } destroy{&png, &info};
  png_set_read_fn(png, &reading, take_bytes);
  PngShape shape;
  if (!start_png(png, info, kWide, shape)) base::data_error("{}: damaged PNG: {}", source, reading.message);
  if (!kWide && shape.bits == 16) base::data_error("{} is a PNG of 16 bits; read it with read_png16", source);
  const int64_t pixels = static_cast<int64_t>(shape.width) * shape.height;
  if (pixels > kMaxPicturePixels) {
    base::data_error("{} has {} x {} pixels; at most {} are read", source, shape.width, shape.height,
                     kMaxPicturePixels);
  }
  // Deflate shrinks at most 1032-fold; a picture that claims more is no picture.
  if (static_cast<uint64_t>(pixels) / 8 > bytes.size() * 1040) {
    base::data_error("{} claims {} x {} pixels in {} bytes; it is damaged, download it again", source, shape.width,
                     shape.height, bytes.size());
  }
  ASTERISM_CHECK(shape.channels == 1 || shape.channels == 3, "{} channels", shape.channels);
  Picture<T> picture{shape.height, shape.width, shape.channels, {}};
  picture.values.resize(static_cast<size_t>(pixels * shape.channels));
  ASTERISM_CHECK(png_get_rowbytes(png, info) == shape.width * static_cast<size_t>(shape.channels) * sizeof(T));
  std::vector<png_bytep> rows;
  for (int64_t y = 0; y < picture.height; ++y) {
    rows.push_back(reinterpret_cast<png_bytep>(picture.values.data() + y * picture.width * picture.channels));
  }
  if (!finish_png(png, rows.data())) base::data_error("{}: damaged PNG: {}", source, reading.message);
  return picture;
}

struct Writing {
  std::vector<std::byte>* out;
};

void put_bytes(png_structp png, png_bytep data, size_t count) {
  auto* out = static_cast<Writing*>(png_get_io_ptr(png))->out;
  const auto* begin = reinterpret_cast<const std::byte*>(data);
  out->insert(out->end(), begin, begin + count);
}

void put_nothing(png_structp) {}

bool write_rows(png_structp png, png_infop info, const PngShape& shape, const std::byte* values) {
  if (setjmp(png_jmpbuf(png))) return false;
  png_set_IHDR(png, info, shape.width, shape.height, shape.bits,
               shape.channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  // Of pictures of the sky, noise after a filter, runs alone are shorter than what a search for repeats finds in five
  // times the time.
  png_set_compression_strategy(png, Z_RLE);
  png_write_info(png, info);
  if (shape.bits == 16 && std::endian::native == std::endian::little) png_set_swap(png);
  const size_t stride = static_cast<size_t>(shape.width) * static_cast<size_t>(shape.channels * shape.bits / 8);
  for (png_uint_32 y = 0; y < shape.height; ++y)
    png_write_row(png, reinterpret_cast<png_const_bytep>(values + y * stride));
  png_write_end(png, info);
  return true;
}

}  // namespace

Picture8 decode_png8(std::span<const std::byte> bytes, const std::string& source) {
  return decode<uint8_t>(bytes, source);
}
Picture16 decode_png_wide(std::span<const std::byte> bytes, const std::string& source) {
  return decode<uint16_t>(bytes, source);
}

std::vector<std::byte> encode_png_rows(int64_t height, int64_t width, int64_t channels, int bits,
                                       const std::byte* rows) {
  std::vector<std::byte> out;
  Reading errors;
  Writing writing{&out};
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &errors, keep_message, no_warning);
  ASTERISM_CHECK(png != nullptr);
  png_infop info = png_create_info_struct(png);
  png_set_write_fn(png, &writing, put_bytes, put_nothing);
  const PngShape shape{static_cast<png_uint_32>(width), static_cast<png_uint_32>(height), bits,
                       static_cast<int>(channels)};
  const bool written = write_rows(png, info, shape, rows);
  png_destroy_write_struct(&png, &info);
  if (!written)
    base::user_error("a picture of {} x {} pixels cannot be written as PNG: {}", width, height, errors.message);
  return out;
}

}  // namespace asterism::io
