// FitsHdu, the part about images.

#include <algorithm>

#include "base/bytes.h"
#include "base/error.h"
#include "io/fits_element.h"
#include "io/fits_handle.h"
#include "io/rice.h"

namespace asterism::io {
namespace {

constexpr int kMaxAxes = 16;
constexpr uint64_t kMaxCompression = 4096;  // elements a byte of file: gzip's most is 1032 bytes a byte

// Pixels of the tile that stands in this row of a compressed image: those at the far borders are cut.
int64_t pixels_of_tile(const FITSfile& packed, int64_t row) {
  int64_t pixels = 1;
  for (int axis = 0; axis < packed.zndim; ++axis) {
    const int64_t length = packed.znaxis[axis], tile = packed.tilesize[axis], tiles = (length + tile - 1) / tile;
    pixels *= std::min<int64_t>(tile, length - row % tiles * tile);
    row /= tiles;
  }
  return pixels;
}

// DataError where a Rice-compressed tile ends before its pixels do; see rice.h.
void check_rice_tiles(FitsHandle& handle, int hdu, const std::string& where) {
  fitsfile* file = handle.at(hdu);
  const FITSfile& packed = *file->Fptr;
  int status = 0;
  if (fits_is_compressed_image(file, &status) == 0 || packed.compress_type != RICE_1) return;
  const int width = packed.rice_bytepix;
  if (packed.cn_compressed < 1 || (width != 1 && width != 2 && width != 4) || packed.rice_blocksize < 1)
    base::data_error("{} is Rice-compressed with {} bytes a pixel in blocks of {}; unpack it with funpack first", where,
                     width, packed.rice_blocksize);
  const FitsExtent extent = handle.extent(hdu);
  const auto heap = handle.bytes()
                        .subspan(static_cast<size_t>(extent.start), static_cast<size_t>(extent.bytes))
                        .subspan(static_cast<size_t>(std::min(extent.heap, extent.bytes)));
  for (int64_t row = 0; row < packed.numrows; ++row) {
    LONGLONG length = 0, offset = 0;
    fits_read_descriptll(file, packed.cn_compressed, row + 1, &length, &offset, &status);
    handle.check(status, where);
    if (length == 0) continue;  // the tile is packed otherwise, in another column
    const int64_t pixels = pixels_of_tile(packed, row), there = static_cast<int64_t>(heap.size());
    if (length < 0 || offset < 0 || offset > there || length > there - offset ||
        !rice_bytes(heap.subspan(static_cast<size_t>(offset), static_cast<size_t>(length)), pixels,
                    packed.rice_blocksize, width)) {
      base::data_error(
          "{}, tile {}: {} bytes do not hold its {} Rice-compressed pixels; the file is damaged, download it "
          "again",
          where, row, length, pixels);
    }
  }
}

}  // namespace

void FitsHdu::read_image_layout() {
  fitsfile* file = handle_->at(index_);
  const std::string where = handle_->place(index_);
  int status = 0, axes = 0;
  fits_get_img_dim(file, &axes, &status);
  handle_->check(status, where);
  if (axes < 0 || axes > kMaxAxes) base::data_error("{} has {} axes; at most {} are read", where, axes, kMaxAxes);
  LONGLONG lengths[kMaxAxes] = {};
  fits_get_img_sizell(file, kMaxAxes, lengths, &status);
  handle_->check(status, where);
  uint64_t elements = 1;
  for (int axis = 0; axis < axes; ++axis) {
    if (lengths[axis] < 0 || !base::checked_multiply(elements, static_cast<uint64_t>(lengths[axis]), elements)) {
      base::data_error("{}: NAXIS{} is {}, which cannot be", where, axis + 1, lengths[axis]);
    }
  }
  // The length of an image that is not compressed was checked against the file; one that is can only grow so much.
  const uint64_t most = std::min<uint64_t>(handle_->limits().elements, handle_->bytes().size() * kMaxCompression);
  if (elements > most) base::data_error("{} is an image of {} pixels; at most {} are read", where, elements, most);
  shape_.assign(lengths, lengths + axes);
  std::reverse(shape_.begin(), shape_.end());
}

template <class T>
FitsValues<T> FitsHdu::image() const {
  const std::string where = handle_->place(index_);
  if (kind_ != FitsKind::kImage) {
    base::data_error("{} is {}, not an image", where, kind_ == FitsKind::kTable ? "a table" : "a header without data");
  }
  fitsfile* file = handle_->at(index_);
  check_rice_tiles(*handle_, index_, where);
  int status = 0, stored = 0;
  fits_get_img_equivtype(file, &stored, &status);
  handle_->check(status, where);
  if (std::is_integral_v<T> && stored < 0)
    base::data_error("{} has floating or scaled pixels; read them as such", where);
  size_t elements = 1;
  for (const int64_t length : shape_) elements *= static_cast<size_t>(length);
  FitsValues<T> image;
  image.shape = shape_;
  image.values.resize(elements);
  image.valid.resize(elements);
  std::vector<LONGLONG> first(shape_.size(), 1);
  int any_null = 0;
  fits_read_pixnullll(file, cfitsio_type<T>(), first.data(), static_cast<LONGLONG>(elements), image.values.data(),
                      reinterpret_cast<char*>(image.valid.data()), &any_null, &status);
  handle_->check(status, where);
  settle_nulls(image.values, image.valid);
  return image;
}

template FitsValues<float> FitsHdu::image<float>() const;
template FitsValues<double> FitsHdu::image<double>() const;
template FitsValues<int32_t> FitsHdu::image<int32_t>() const;
template FitsValues<int64_t> FitsHdu::image<int64_t>() const;

}  // namespace asterism::io
