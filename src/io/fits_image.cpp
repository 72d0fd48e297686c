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

// cfitsio's pointer to an image whose pixels T can hold.
template <class T>
fitsfile* readable(FitsHandle& handle, int hdu, FitsKind kind, const std::string& where) {
  if (kind != FitsKind::kImage) {
    base::data_error("{} is {}, not an image", where, kind == FitsKind::kTable ? "a table" : "a header without data");
  }
  fitsfile* file = handle.at(hdu);
  check_rice_tiles(handle, hdu, where);
  int status = 0, stored = 0;
  fits_get_img_equivtype(file, &stored, &status);
  handle.check(status, where);
  if (std::is_integral_v<T> && stored < 0)
    base::data_error("{} has floating or scaled pixels; read them as such", where);
  return file;
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
  fitsfile* file = readable<T>(*handle_, index_, kind_, where);
  size_t elements = 1;
  for (const int64_t length : shape_) elements *= static_cast<size_t>(length);
  FitsValues<T> image;
  image.shape = shape_;
  image.values.resize(elements);
  image.valid.resize(elements);
  std::vector<LONGLONG> first(shape_.size(), 1);
  int any_null = 0, status = 0;
  fits_read_pixnullll(file, cfitsio_type<T>(), first.data(), static_cast<LONGLONG>(elements), image.values.data(),
                      reinterpret_cast<char*>(image.valid.data()), &any_null, &status);
  handle_->check(status, where);
  settle_nulls(image.values, image.valid);
  return image;
}

template <class T>
FitsValues<T> FitsHdu::image(const std::vector<int64_t>& begin, const std::vector<int64_t>& end) const {
  const std::string where = handle_->place(index_);
  const size_t axes = shape_.size();
  bool inside = axes >= 2 && begin.size() == axes && end.size() == axes;
  FitsValues<T> box;
  size_t elements = 1;
  for (size_t i = 0; inside && i < axes; ++i) {
    inside = begin[i] >= 0 && begin[i] < end[i] && end[i] <= shape_[i];
    box.shape.push_back(end[i] - begin[i]);
    elements *= static_cast<size_t>(std::max<int64_t>(end[i] - begin[i], 0));
  }
  if (!inside) base::data_error("{}: a box that does not lie within its {} axes is asked for", where, axes);
  fitsfile* file = readable<T>(*handle_, index_, kind_, where);
  box.values.reserve(elements);
  box.valid.reserve(elements);
  const auto width = static_cast<size_t>(shape_.back());
  const auto left = static_cast<size_t>(begin.back()), wide = static_cast<size_t>(box.shape.back());
  FitsValues<T> rows;  // of one plane, whole
  rows.values.resize(static_cast<size_t>(box.shape[axes - 2]) * width);
  rows.valid.resize(rows.values.size());
  std::vector<int64_t> at = begin;
  for (bool more = true; more;) {
    std::vector<LONGLONG> first(at.rbegin(), at.rend());  // cfitsio's order, from 1, at the start of a row
    for (auto& pixel : first) ++pixel;
    first[0] = 1;
    int any_null = 0, status = 0;
    fits_read_pixnullll(file, cfitsio_type<T>(), first.data(), static_cast<LONGLONG>(rows.values.size()),
                        rows.values.data(), reinterpret_cast<char*>(rows.valid.data()), &any_null, &status);
    handle_->check(status, where);
    for (size_t from = left; from < rows.values.size(); from += width) {
      const auto part = static_cast<std::ptrdiff_t>(from), stop = static_cast<std::ptrdiff_t>(from + wide);
      box.values.insert(box.values.end(), rows.values.begin() + part, rows.values.begin() + stop);
      box.valid.insert(box.valid.end(), rows.valid.begin() + part, rows.valid.begin() + stop);
    }
    more = false;
    for (size_t axis = axes - 2; axis-- > 0 && !more;) {  // the next plane
      more = ++at[axis] < end[axis];
      if (!more) at[axis] = begin[axis];
    }
  }
  settle_nulls(box.values, box.valid);
  return box;
}

template FitsValues<float> FitsHdu::image<float>() const;
template FitsValues<double> FitsHdu::image<double>() const;
template FitsValues<int32_t> FitsHdu::image<int32_t>() const;
template FitsValues<int64_t> FitsHdu::image<int64_t>() const;
template FitsValues<float> FitsHdu::image<float>(const std::vector<int64_t>&, const std::vector<int64_t>&) const;
template FitsValues<double> FitsHdu::image<double>(const std::vector<int64_t>&, const std::vector<int64_t>&) const;
template FitsValues<int32_t> FitsHdu::image<int32_t>(const std::vector<int64_t>&, const std::vector<int64_t>&) const;
template FitsValues<int64_t> FitsHdu::image<int64_t>(const std::vector<int64_t>&, const std::vector<int64_t>&) const;

}  // namespace asterism::io
