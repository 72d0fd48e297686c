#include "io/jpeg.h"

#include <jpeglib.h>

#include <csetjmp>
#include <cstdio>
#include <cstdlib>

#include "base/error.h"

namespace asterism::io {
namespace {

constexpr int kMaxScans = 200;  // progressive files of a few bytes can ask for thousands of passes over the picture
constexpr uint64_t kMaxPixelsPerByte =
    4096;  // an 8 x 8 block takes a bit or more in the first scan, and files have headers

// libjpeg leaves by longjmp; every function that calls setjmp here has no C++ object to destroy.
struct Errors {
  jpeg_error_mgr manager;  // first: libjpeg sees only this
  std::jmp_buf escape;
  char message[JMSG_LENGTH_MAX] = "";
};

void escape_error(j_common_ptr info) {
  auto* errors = reinterpret_cast<Errors*>(info->err);
  info->err->format_message(info, errors->message);
  std::longjmp(errors->escape, 1);
}

// Warnings are damage ("premature end of JPEG file"): libjpeg would go on with grey, which is not what the file showed.
void refuse_warning(j_common_ptr info, int level) {
  if (level < 0) escape_error(info);
}

void watch_scans(j_common_ptr info) {
  if (info->is_decompressor && reinterpret_cast<j_decompress_ptr>(info)->input_scan_number > kMaxScans) {
    auto* errors = reinterpret_cast<Errors*>(info->err);
    std::snprintf(errors->message, sizeof errors->message, "more than %d scans", kMaxScans);
    std::longjmp(errors->escape, 1);
  }
}

void prepare(Errors& errors) {
  jpeg_std_error(&errors.manager);
  errors.manager.error_exit = escape_error;
  errors.manager.emit_message = refuse_warning;
}

bool read_header(jpeg_decompress_struct& jpeg, Errors& errors, jpeg_progress_mgr& progress,
                 std::span<const std::byte> bytes) {
  if (setjmp(errors.escape)) return false;
  jpeg_create_decompress(&jpeg);
  progress.progress_monitor = watch_scans;
  jpeg.progress = &progress;
  jpeg.mem->max_memory_to_use = 1L << 31;
  jpeg_mem_src(&jpeg, reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<unsigned long>(bytes.size()));
  jpeg_read_header(&jpeg, TRUE);
  return true;
}

bool read_rows(jpeg_decompress_struct& jpeg, Errors& errors, unsigned char* values) {
  if (setjmp(errors.escape)) return false;
  jpeg.dct_method = JDCT_ISLOW;  // the same values on every machine
  jpeg_start_decompress(&jpeg);
  const size_t stride = static_cast<size_t>(jpeg.output_width) * static_cast<size_t>(jpeg.output_components);
  while (jpeg.output_scanline < jpeg.output_height) {
    JSAMPROW row = values + jpeg.output_scanline * stride;
    jpeg_read_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_decompress(&jpeg);
  return true;
}

bool write_rows(jpeg_compress_struct& jpeg, Errors& errors, const Picture8& picture, int quality, unsigned char** out,
                unsigned long* size) {
  if (setjmp(errors.escape)) return false;
  jpeg_create_compress(&jpeg);
  jpeg_mem_dest(&jpeg, out, size);
  jpeg.image_width = static_cast<JDIMENSION>(picture.width);
  jpeg.image_height = static_cast<JDIMENSION>(picture.height);
  jpeg.input_components = static_cast<int>(picture.channels);
  jpeg.in_color_space = picture.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, quality, TRUE);
  jpeg.dct_method = JDCT_ISLOW;
  if (quality >= 90) jpeg.comp_info[0].h_samp_factor = jpeg.comp_info[0].v_samp_factor = 1;  // full colour resolution
  jpeg_start_compress(&jpeg, TRUE);
  const auto stride = static_cast<size_t>(picture.width * picture.channels);
  while (jpeg.next_scanline < jpeg.image_height) {
    JSAMPROW row = const_cast<unsigned char*>(picture.values.data() + jpeg.next_scanline * stride);
    jpeg_write_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_compress(&jpeg);
  return true;
}

}  // namespace

Picture8 decode_jpeg(std::span<const std::byte> bytes, const std::string& source) {
  jpeg_decompress_struct jpeg{};
  jpeg_progress_mgr progress{};
  Errors errors;
  prepare(errors);
  jpeg.err = &errors.manager;
  struct Destroy {
    jpeg_decompress_struct* jpeg;
    ~Destroy() { jpeg_destroy_decompress(jpeg); }
  } destroy{&jpeg};
  if (!read_header(jpeg, errors, progress, bytes)) base::data_error("{}: damaged JPEG: {}", source, errors.message);
  const int64_t pixels = static_cast<int64_t>(jpeg.image_width) * jpeg.image_height;
  if (pixels > kMaxPicturePixels) {
    base::data_error("{} has {} x {} pixels; at most {} are read", source, jpeg.image_width, jpeg.image_height,
                     kMaxPicturePixels);
  }
  if (static_cast<uint64_t>(pixels) / kMaxPixelsPerByte > bytes.size()) {
    base::data_error("{} claims {} x {} pixels in {} bytes; it is damaged, download it again", source, jpeg.image_width,
                     jpeg.image_height, bytes.size());
  }
  const bool grey = jpeg.jpeg_color_space == JCS_GRAYSCALE;
  if (!grey && jpeg.jpeg_color_space != JCS_YCbCr && jpeg.jpeg_color_space != JCS_RGB) {
    base::data_error("{} has the colours of print (CMYK); save it as RGB", source);
  }
  jpeg.out_color_space = grey ? JCS_GRAYSCALE : JCS_RGB;
  Picture8 picture{jpeg.image_height, jpeg.image_width, grey ? 1 : 3, {}};
  picture.values.resize(static_cast<size_t>(pixels * picture.channels));
  if (!read_rows(jpeg, errors, picture.values.data())) base::data_error("{}: damaged JPEG: {}", source, errors.message);
  return picture;
}

std::vector<std::byte> compress_jpeg(const Picture8& picture, int quality) {
  jpeg_compress_struct jpeg{};
  Errors errors;
  prepare(errors);
  jpeg.err = &errors.manager;
  unsigned char* out = nullptr;
  unsigned long size = 0;
  const bool written = write_rows(jpeg, errors, picture, quality, &out, &size);
  jpeg_destroy_compress(&jpeg);
  std::vector<std::byte> bytes;
  if (written) bytes.assign(reinterpret_cast<std::byte*>(out), reinterpret_cast<std::byte*>(out) + size);
  std::free(out);
  if (!written)
    base::user_error("a picture of {} x {} pixels cannot be written as JPEG: {}", picture.width, picture.height,
                     errors.message);
  return bytes;
}

}  // namespace asterism::io
