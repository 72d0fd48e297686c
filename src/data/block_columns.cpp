#include "data/block_columns.h"

#include <arrow/api.h>
#include <arrow/util/bitmap_ops.h>

#include <cmath>
#include <cstring>

#include "base/error.h"
#include "data/arrow_lists.h"
#include "io/image_file.h"
#include "io/parquet.h"
#include "modalities/image.h"
#include "modalities/map.h"

namespace asterism::data {
namespace {

using modalities::CubeBlock;
using modalities::ImageBlock;
using modalities::ScalarBlock;
using modalities::SpectrumBlock;
using ArrayPtr = std::shared_ptr<arrow::Array>;
using TypePtr = std::shared_ptr<arrow::DataType>;

std::vector<int64_t> rows_of(const base::AlignedVector<uint8_t>& present) {
  std::vector<int64_t> rows;
  for (size_t i = 0; i < present.size(); ++i) {
    if (present[i] != 0) rows.push_back(int64_t(i));
  }
  return rows;
}

TypePtr element(const TypePtr& list) { return static_cast<const arrow::ListType&>(*list).value_type(); }

// Offsets of the rows of a block: `count(row)` entries for a present one, none for an absent one.
template <class F>
std::vector<int32_t> offsets_of(const base::AlignedVector<uint8_t>& present, F count) {
  std::vector<int32_t> offsets(present.size() + 1, 0);
  for (size_t i = 0; i < present.size(); ++i)
    offsets[i + 1] = offsets[i] + (present[i] != 0 ? int32_t(count(int64_t(i))) : 0);
  return offsets;
}

std::vector<int32_t> even_offsets(int64_t n, int64_t step) {
  std::vector<int32_t> offsets(size_t(n) + 1);
  for (size_t i = 0; i < offsets.size(); ++i) offsets[i] = int32_t(int64_t(i) * step);
  return offsets;
}

// list<list<list<T>>>: the images of the present rows around their flat values.
ArrayPtr image_lists(const ImageBlock& block, int64_t images, ArrayPtr values, const TypePtr& type) {
  const int64_t bands = int64_t(block.bands.size());
  const TypePtr band_type = element(type), line_type = element(band_type);
  ArrayPtr lines = list_array(line_type, even_offsets(images * bands * block.height, block.width), std::move(values));
  ArrayPtr planes = list_array(band_type, even_offsets(images * bands, block.height), std::move(lines));
  return list_array(type, offsets_of(block.present, [&](int64_t) { return bands; }), std::move(planes));
}

// The same shape with every image null: a variance that nobody knows.
ArrayPtr unknown_images(const ImageBlock& block, int64_t images, const TypePtr& type) {
  const int64_t bands = int64_t(block.bands.size());
  ArrayPtr planes = io::need_arrow(arrow::MakeArrayOfNull(element(type), images * bands), "null images");
  return list_array(type, offsets_of(block.present, [&](int64_t) { return bands; }), std::move(planes));
}

// Per present row and band: a number, null where it is 0.
ArrayPtr known_numbers(const ImageBlock& block, const std::vector<int64_t>& rows, bool scale, const TypePtr& type) {
  const int64_t bands = int64_t(block.bands.size());
  std::vector<float> values;
  for (const int64_t row : rows) {
    for (int64_t b = 0; b < bands; ++b)
      values.push_back(scale ? float(block.pixel_scale_arcsec) : block.psf_fwhm_arcsec[size_t(row * bands + b)]);
  }
  return list_array(type, offsets_of(block.present, [&](int64_t) { return bands; }), floats_null_at_zero(values));
}

ArrayPtr band_names(const ImageBlock& block, int64_t images, const TypePtr& type) {
  arrow::StringBuilder builder;
  for (int64_t i = 0; i < images; ++i) {
    for (const auto& band : block.bands) io::check_arrow(builder.Append(band.name), "band names");
  }
  return list_array(type, offsets_of(block.present, [&](int64_t) { return int64_t(block.bands.size()); }),
                    io::need_arrow(builder.Finish(), "band names"));
}

int64_t pixels_of(const ImageBlock& block) { return int64_t(block.bands.size()) * block.height * block.width; }

void limit(int64_t values, const char* what) {
  if (values >= (int64_t{1} << 31))
    base::user_error("{} values of one {} column at a time; pass fewer rows", values, what);
}

ArrayPtr struct_array(const base::AlignedVector<uint8_t>& present, const std::vector<ArrayPtr>& children,
                      const TypePtr& type) {
  return std::make_shared<arrow::StructArray>(type, int64_t(present.size()), children,
                                              bits_of(present.data(), int64_t(present.size())),
                                              arrow::kUnknownNullCount);
}

io::Picture8 picture_of(const ImageBlock& block, int64_t row) {
  io::Picture8 out;
  out.height = block.height;
  out.width = block.width;
  out.channels = 3;
  const int64_t plane = block.height * block.width;
  out.values.resize(size_t(plane * 3));
  const float* flux = block.flux.data() + row * plane * 3;
  for (int64_t c = 0; c < 3; ++c) {
    for (int64_t i = 0; i < plane; ++i)
      out.values[size_t(i * 3 + c)] = uint8_t(std::lround(std::min(1.0f, std::max(0.0f, flux[c * plane + i])) * 255));
  }
  return out;
}

// Grey, white where any of the three colours is masked; empty when none is anywhere.
io::Picture8 mask_picture_of(const ImageBlock& block, int64_t row) {
  const int64_t plane = block.height * block.width;
  const uint8_t* mask = block.mask.data() + row * plane * 3;
  io::Picture8 out;
  if (std::find(mask, mask + plane * 3, 1) == mask + plane * 3) return out;
  out.height = block.height;
  out.width = block.width;
  out.channels = 1;
  out.values.resize(size_t(plane));
  for (int64_t i = 0; i < plane; ++i)
    out.values[size_t(i)] = mask[i] != 0 || mask[plane + i] != 0 || mask[2 * plane + i] != 0 ? 255 : 0;
  return out;
}

ArrayPtr encoded_pictures(const ImageBlock& block, bool mask) {
  arrow::BinaryBuilder bytes;
  base::AlignedVector<uint8_t> valid(size_t(block.n), 0);
  for (int64_t row = 0; row < block.n; ++row) {
    io::Picture8 picture;
    if (block.present[size_t(row)] != 0) picture = mask ? mask_picture_of(block, row) : picture_of(block, row);
    if (picture.values.empty()) {
      io::check_arrow(bytes.AppendNull(), "pictures");
      continue;
    }
    const auto png = io::encode_png(picture);
    io::check_arrow(bytes.Append(reinterpret_cast<const uint8_t*>(png.data()), int32_t(png.size())), "pictures");
    valid[size_t(row)] = 1;
  }
  const TypePtr type = arrow::struct_({arrow::field("bytes", arrow::binary()), arrow::field("path", arrow::utf8())});
  return struct_array(valid,
                      {io::need_arrow(bytes.Finish(), "pictures"),
                       io::need_arrow(arrow::MakeArrayOfNull(arrow::utf8(), block.n), "pictures")},
                      type);
}

// Number of pixels of one spectrum, or of planes of one cube, before its padding.
template <class WithWavelengths>
int64_t unpadded_length(const WithWavelengths& block, int64_t row) {
  const float* wavelength = block.wavelength_angstrom.data() + row * block.length;
  int64_t length = block.length;
  while (length > 0 && wavelength[length - 1] == 0) --length;
  return length;
}

// The fields that images and maps share: names, flux, ivar, mask (the first four of `type`).
std::vector<ArrayPtr> band_children(const ImageBlock& block, const std::vector<int64_t>& rows, const TypePtr& type) {
  const int64_t images = int64_t(rows.size()), size = pixels_of(block);
  limit(images * size, "image");
  const auto child = [&](int i) { return type->field(i)->type(); };
  std::vector<int64_t> lengths(rows.size(), size), starts(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) starts[i] = rows[i] * size;
  return {band_names(block, images, child(0)),
          image_lists(block, images, gather_floats(block.flux.data(), starts, lengths), child(1)),
          block.has_ivar ? image_lists(block, images, gather_floats(block.ivar.data(), starts, lengths), child(2))
                         : unknown_images(block, images, child(2)),
          image_lists(block, images, gather_bits(block.mask.data(), starts, lengths), child(3))};
}

}  // namespace

ArrayPtr image_array(const ImageBlock& block, const TypePtr& type) {
  const auto rows = rows_of(block.present);
  auto children = band_children(block, rows, type);
  children.push_back(known_numbers(block, rows, false, type->field(4)->type()));
  children.push_back(known_numbers(block, rows, true, type->field(5)->type()));
  return struct_array(block.present, children, type);
}

ArrayPtr map_array(const modalities::MapBlock& maps, const TypePtr& type) {
  const ImageBlock block = modalities::as_images(maps);
  const auto rows = rows_of(block.present);
  auto children = band_children(block, rows, type);
  ImageBlock units = modalities::make_images(0, {}, 0, 0, "", 0, false);
  units.present = block.present;
  for (const auto& layer : maps.layers) units.bands.push_back({layer.unit, 0, 0});
  children.push_back(band_names(units, int64_t(rows.size()), type->field(4)->type()));
  children.push_back(known_numbers(block, rows, true, type->field(5)->type()));
  return struct_array(block.present, children, type);
}

ArrayPtr cube_array(const CubeBlock& block, const TypePtr& type) {
  const auto rows = rows_of(block.present);
  const int64_t plane = block.height * block.width;
  std::vector<int64_t> starts, lengths, pixel_starts, pixels;
  int64_t planes = 0;
  for (const int64_t row : rows) {
    starts.push_back(row * block.length);
    lengths.push_back(unpadded_length(block, row));
    pixel_starts.push_back(starts.back() * plane);
    pixels.push_back(lengths.back() * plane);
    planes += lengths.back();
  }
  limit(planes * plane, "cube");
  size_t next = 0;
  const auto offsets = offsets_of(block.present, [&](int64_t) { return lengths[next++]; });
  const auto nested = [&](ArrayPtr values, int i) {
    const TypePtr plane_type = element(type->field(i)->type());
    ArrayPtr lines =
        list_array(element(plane_type), even_offsets(planes * block.height, block.width), std::move(values));
    ArrayPtr lists = list_array(plane_type, even_offsets(planes, block.height), std::move(lines));
    return list_array(type->field(i)->type(), offsets, std::move(lists));
  };
  return struct_array(
      block.present,
      {nested(gather_floats(block.flux.data(), pixel_starts, pixels), 0),
       nested(gather_floats(block.ivar.data(), pixel_starts, pixels), 1),
       nested(gather_bits(block.mask.data(), pixel_starts, pixels), 2),
       list_array(type->field(3)->type(), offsets,
                  gather_floats(block.lsf_sigma_angstrom.data(), starts, lengths, true)),
       list_array(type->field(4)->type(), offsets, gather_floats(block.wavelength_angstrom.data(), starts, lengths))},
      type);
}

ArrayPtr spectrum_array(const SpectrumBlock& block, const TypePtr& type) {
  const auto rows = rows_of(block.present);
  std::vector<int64_t> starts, lengths;
  int64_t total = 0;
  for (const int64_t row : rows) {
    starts.push_back(row * block.length);
    lengths.push_back(unpadded_length(block, row));
    total += lengths.back();
  }
  limit(total, "spectrum");
  size_t next = 0;
  const auto offsets = offsets_of(block.present, [&](int64_t) { return lengths[next++]; });
  const auto child = [&](int i) { return type->field(i)->type(); };
  const auto floats = [&](const base::AlignedVector<float>& values, int i) {
    return list_array(child(i), offsets, gather_floats(values.data(), starts, lengths));
  };
  ArrayPtr lsf = gather_floats(block.lsf_sigma_angstrom.data(), starts, lengths, true);
  return struct_array(block.present,
                      {floats(block.flux, 0), floats(block.ivar, 1), list_array(child(2), offsets, lsf),
                       floats(block.wavelength_angstrom, 3),
                       list_array(child(4), offsets, gather_bits(block.mask.data(), starts, lengths))},
                      type);
}

ArrayPtr picture_array(const ImageBlock& block) { return encoded_pictures(block, false); }
ArrayPtr picture_mask_array(const ImageBlock& block) { return encoded_pictures(block, true); }

ArrayPtr scalar_array(const ScalarBlock& block) { return doubles(block.value.data(), block.present.data(), block.n); }
ArrayPtr scalar_error_array(const ScalarBlock& block) {
  std::vector<uint8_t> known(block.present.begin(), block.present.end());
  for (size_t i = 0; i < known.size(); ++i) known[i] = known[i] != 0 && block.error[i] != 0;  // unknown
  return doubles(block.error.data(), known.data(), block.n);
}

}  // namespace asterism::data
