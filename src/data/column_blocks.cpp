#include "data/column_blocks.h"

#include <arrow/api.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "data/arrow_lists.h"
#include "data/cube_blocks.h"
#include "data/list_columns.h"
#include "data/nested_planes.h"
#include "data/vector_columns.h"
#include "io/image_file.h"
#include "modalities/image.h"
#include "modalities/map.h"
#include "modalities/scalar.h"
#include "modalities/spectrum.h"

namespace asterism::data {
namespace {

using modalities::ImageBlock;
using modalities::ScalarBlock;
using modalities::SpectrumBlock;

std::shared_ptr<arrow::Array> column_of(const arrow::Table& table, const std::string& name, const std::string& where) {
  const auto column = table.GetColumnByName(name);
  if (!column) base::data_error("{}: the column '{}' is missing", where, name);
  return one_chunk(*column, where + ", column " + name);
}

// A field of a struct column, nullptr when there is none. Rows keep their places.
std::shared_ptr<arrow::Array> child_of(const arrow::StructArray& column, const std::string& name) {
  return column.GetFieldByName(name);
}

std::shared_ptr<arrow::Array> need_child(const arrow::StructArray& column, const std::string& name,
                                         const std::string& where) {
  auto child = child_of(column, name);
  if (!child) base::data_error("{}: there is no field '{}'", where, name);
  return child;
}

const arrow::StructArray& as_struct(const std::shared_ptr<arrow::Array>& array, const std::string& where) {
  if (array->type_id() != arrow::Type::STRUCT)
    base::data_error("{}: of type {}; a struct is wanted", where, array->type()->ToString());
  return static_cast<const arrow::StructArray&>(*array);
}

// ---- spectra

// Number of pixels up to the padding: wavelengths of 0, -1 (MMU SDSS) or null at the end.
int64_t unpadded(const arrow::Array& wavelengths, int64_t first, int64_t length, const std::string& where) {
  std::vector<float> values(size_t(length), 0.0f);
  read_floats(wavelengths, first, length, values.data(), nullptr, where);
  while (length > 0 && !(values[size_t(length) - 1] > 0)) --length;
  return length;
}

// A network takes pixels in the order in which they lie: a spectrum that runs backwards would be read as another one.
void check_increasing(const SpectrumBlock& block, int64_t row, int64_t length, const std::string& where) {
  const float* wavelength = block.wavelength_angstrom.data() + row * block.length;
  float last = 0;
  for (int64_t i = 0; i < length; ++i) {
    if (!(wavelength[i] > last))
      base::data_error(
          "{}.lambda, row {}, pixel {}: {} A after {} A; wavelengths increase, and padding is at the end: put the "
          "pixels in order, or leave the row out",
          where, row, i, wavelength[i], last);
    last = wavelength[i];
  }
}

// lsf_sigma counted in pixels becomes Angstrom with the width of each pixel.
void scale_by_pixel_width(SpectrumBlock& block, int64_t row, int64_t length) {
  const float* wavelength = block.wavelength_angstrom.data() + row * block.length;
  float* lsf = block.lsf_sigma_angstrom.data() + row * block.length;
  for (int64_t i = 0; i < length; ++i) {
    const int64_t a = std::max<int64_t>(0, i - 1), b = std::min(length - 1, i + 1);
    lsf[i] *= b > a ? (wavelength[b] - wavelength[a]) / float(b - a) : 0;
  }
}

class SpectrumReader {
 public:
  SpectrumReader(const arrow::StructArray& column, const ModalityColumn& layout, const std::string& where)
      : column_(column), layout_(layout), where_(where) {
    for (int i = 0; i < 5; ++i) {
      const auto child = i < 2 ? need_child(column, kNames[i], where) : child_of(column, kNames[i]);
      has_[i] = child != nullptr;
      if (has_[i]) ranges_[i] = list_ranges(*child, where + "." + kNames[i]);
    }
  }

  SpectrumBlock read() {
    const int64_t n = column_.length();
    std::vector<int64_t> lengths(size_t(n), 0);
    int64_t longest = 0;
    for (int64_t row = 0; row < n; ++row) {
      if (column_.IsNull(row) || ranges_[0].valid[size_t(row)] == 0) continue;
      for (int i = 1; i < 5; ++i) check_length(i, row);
      lengths[size_t(row)] =
          unpadded(*ranges_[0].values, ranges_[0].first[size_t(row)], ranges_[0].length[size_t(row)], where_);
      longest = std::max(longest, lengths[size_t(row)]);
    }
    SpectrumBlock block = modalities::make_spectra(n, longest, layout_.unit);
    for (int64_t row = 0; row < n; ++row) {
      if (lengths[size_t(row)] > 0) read_row(block, row, lengths[size_t(row)]);
    }
    return block;
  }

 private:
  static constexpr const char* kNames[5] = {"lambda", "flux", "ivar", "mask", "lsf_sigma"};

  void check_length(int i, int64_t row) {
    if (has_[i] && ranges_[i].length[size_t(row)] != ranges_[0].length[size_t(row)])
      base::data_error("{}, row {}: {} {} values for {} wavelengths", where_, row, ranges_[i].length[size_t(row)],
                       kNames[i], ranges_[0].length[size_t(row)]);
  }

  void read_row(SpectrumBlock& block, int64_t row, int64_t length) {
    const size_t at = size_t(row * block.length), r = size_t(row);
    block.present[r] = 1;
    uint8_t* mask = block.mask.data() + at;
    std::fill(mask, mask + length, 0);
    if (has_[3]) read_flags(*ranges_[3].values, ranges_[3].first[r], length, mask, where_);
    read_floats(*ranges_[0].values, ranges_[0].first[r], length, block.wavelength_angstrom.data() + at, nullptr,
                where_);
    check_increasing(block, row, length, where_);
    read_floats(*ranges_[1].values, ranges_[1].first[r], length, block.flux.data() + at, mask, where_);
    float* ivar = block.ivar.data() + at;
    std::fill(ivar, ivar + length, 1.0f);
    if (has_[2]) read_floats(*ranges_[2].values, ranges_[2].first[r], length, ivar, mask, where_);
    if (has_[4]) {
      read_floats(*ranges_[4].values, ranges_[4].first[r], length, block.lsf_sigma_angstrom.data() + at, nullptr,
                  where_);
      for (int64_t i = 0; i < length; ++i)
        block.lsf_sigma_angstrom[at + size_t(i)] = std::max(0.0f, block.lsf_sigma_angstrom[at + size_t(i)]);
      if (layout_.quirk == Quirk::kLsfInPixels) scale_by_pixel_width(block, row, length);
    }
    for (int64_t i = 0; i < length; ++i) {
      if (!(ivar[i] > 0)) mask[i] = 1;
      if (mask[i] != 0) ivar[i] = 0;
    }
  }

  const arrow::StructArray& column_;
  const ModalityColumn& layout_;
  const std::string& where_;
  ListRanges ranges_[5];
  bool has_[5] = {};
};

// ---- images

// Bands and size of the first present row, where the schema does not tell them.
void ask_first_row(const arrow::StructArray& column, const PlaneField& flux, ImageBlock& block, ModalityColumn& layout,
                   const std::string& where) {
  for (int64_t row = 0; row < column.length(); ++row) {
    if (column.IsNull(row) || flux.planes.length[size_t(row)] == 0) continue;
    const int64_t band = flux.planes.first[size_t(row)];
    layout.height = flux.lines.length[size_t(band)];
    layout.width = layout.height > 0 ? flux.pixels.length[size_t(flux.lines.first[size_t(band)])] : 0;
    if (layout.bands.empty()) {
      const ListRanges names = list_ranges(*need_child(column, "band", where), where + ".band");
      for (int64_t i = 0; i < names.length[size_t(row)]; ++i)
        layout.bands.push_back({read_text(*names.values, names.first[size_t(row)] + i, where), 0, 0});
    }
    const auto scale = child_of(column, "scale");
    float value = 0;
    if (scale && layout.pixel_scale_arcsec == 0) {
      const ListRanges scales = list_ranges(*scale, where + ".scale");
      if (scales.length[size_t(row)] > 0)
        read_floats(*scales.values, scales.first[size_t(row)], 1, &value, nullptr, where);
      layout.pixel_scale_arcsec = value > 0 ? value : 0;
    }
    break;
  }
  block = modalities::make_images(column.length(), layout.bands, layout.height, layout.width, layout.unit,
                                  layout.pixel_scale_arcsec, layout.has_ivar);
}

void settle_pixels(ImageBlock& block, size_t at, size_t size, bool ivar_known) {
  float* ivar = block.ivar.data() + at;
  uint8_t* mask = block.mask.data() + at;
  if (!ivar_known) std::fill(ivar, ivar + size, 1.0f);
  for (size_t i = 0; i < size; ++i) {  // without branches: many at once
    const bool bad = bool(mask[i]) | !(ivar[i] > 0);
    mask[i] = uint8_t(bad);
    ivar[i] = bad ? 0 : ivar[i];
  }
}

// Planes are taken for those of the bands that the first row, or the schema, names: a row that names others, or the
// same in another order, may not be read as these.
void check_bands(const ListRanges& names, int64_t row, const std::vector<modalities::Band>& bands,
                 const std::string& where) {
  if (names.valid[size_t(row)] == 0) return;
  const int64_t first = names.first[size_t(row)], count = names.length[size_t(row)];
  std::vector<std::string> found, wanted;
  for (int64_t i = 0; i < count; ++i) found.push_back(read_text(*names.values, first + i, where + ".band"));
  for (const auto& band : bands) wanted.push_back(band.name);
  if (found != wanted)
    base::data_error("{}.band, row {}: {}; the others have {}", where, row, base::quoted_list(found),
                     base::quoted_list(wanted));
}

// One pixel scale is told for all images: a row, or a band of it, of another one may not be read as these.
void check_scale(const ListRanges& scales, int64_t row, double pixel_scale_arcsec, const std::string& where) {
  constexpr double kRounding = 1e-3;
  std::vector<float> found(size_t(scales.length[size_t(row)]), 0.0f);
  if (found.empty()) return;
  read_floats(*scales.values, scales.first[size_t(row)], int64_t(found.size()), found.data(), nullptr, where);
  for (size_t band = 0; band < found.size(); ++band)
    if (found[band] > 0 && std::abs(found[band] - pixel_scale_arcsec) > kRounding * pixel_scale_arcsec)
      base::data_error(
          "{}.scale, row {}, band {}: {} arcsec a pixel; the others have {}: put them into a dataset of their own",
          where, row, band, found[band], pixel_scale_arcsec);
}

ImageBlock read_images(const arrow::StructArray& column, ModalityColumn layout, const std::string& where) {
  const PlaneField flux = plane_field(column, "flux", where), ivar = plane_field(column, "ivar", where),
                   mask = plane_field(column, "mask", where);
  ImageBlock block;
  ask_first_row(column, flux, block, layout, where);
  if (!flux.known) return block;
  const auto psf = child_of(column, "psf_fwhm");
  const ListRanges psfs = psf ? list_ranges(*psf, where + ".psf_fwhm") : ListRanges{};
  const auto scale = block.pixel_scale_arcsec > 0 ? child_of(column, "scale") : nullptr;
  const ListRanges scales = scale ? list_ranges(*scale, where + ".scale") : ListRanges{};
  const auto band = child_of(column, "band");
  const ListRanges names = band ? list_ranges(*band, where + ".band") : ListRanges{};
  const int64_t bands = int64_t(block.bands.size()), size = bands * block.height * block.width;
  const auto start = [&](const PlaneField& f, int64_t row, const char* name) {
    return planes_start(f, bands, block.height, block.width, row, where + name);
  };
  for (int64_t row = 0; row < block.n; ++row) {
    if (column.IsNull(row) || flux.planes.length[size_t(row)] == 0) continue;
    const size_t at = size_t(row * size);
    if (band) check_bands(names, row, block.bands, where);
    if (scale) check_scale(scales, row, block.pixel_scale_arcsec, where);
    block.present[size_t(row)] = 1;
    uint8_t* bad = block.mask.data() + at;
    std::fill(bad, bad + size, 0);
    if (mask.known) read_flags(*mask.pixels.values, start(mask, row, ".mask"), size, bad, where);
    read_floats(*flux.pixels.values, start(flux, row, ".flux"), size, block.flux.data() + at, bad, where);
    if (ivar.known && layout.has_ivar)
      read_floats(*ivar.pixels.values, start(ivar, row, ".ivar"), size, block.ivar.data() + at, bad, where);
    settle_pixels(block, at, size_t(size), ivar.known && layout.has_ivar);
    if (psf && psfs.length[size_t(row)] == bands)
      read_floats(*psfs.values, psfs.first[size_t(row)], bands, block.psf_fwhm_arcsec.data() + row * bands, nullptr,
                  where);
  }
  return block;
}

// ---- pictures

std::string_view bytes_at(const arrow::Array& column, int64_t row, const std::string& where) {
  const auto child = need_child(as_struct(std::make_shared<arrow::StructArray>(column.data()), where), "bytes", where);
  if (column.IsNull(row) || child->IsNull(row)) return {};
  if (child->type_id() == arrow::Type::BINARY) return static_cast<const arrow::BinaryArray&>(*child).GetView(row);
  if (child->type_id() == arrow::Type::LARGE_BINARY)
    return static_cast<const arrow::LargeBinaryArray&>(*child).GetView(row);
  base::data_error("{}.bytes: of type {}; binary is wanted", where, child->type()->ToString());
}

io::Picture8 decoded(std::string_view bytes, const std::string& where) {
  return io::decode_picture({reinterpret_cast<const std::byte*>(bytes.data()), bytes.size()}, where);
}

ImageBlock read_pictures(const arrow::Array& column, const arrow::Array* masks, const ModalityColumn& layout,
                         const std::string& where) {
  ImageBlock block = modalities::make_images(column.length(), layout.bands, layout.height, layout.width, "display",
                                             layout.pixel_scale_arcsec, false);
  for (int64_t row = 0; row < block.n; ++row) {
    const std::string at_row = where + ", row " + std::to_string(row);
    const std::string_view bytes = bytes_at(column, row, where);
    if (bytes.empty()) continue;
    const io::Picture8 picture = decoded(bytes, at_row);
    if (block.height == 0)
      block = modalities::make_images(block.n, layout.bands, picture.height, picture.width, "display",
                                      layout.pixel_scale_arcsec, false);
    if (picture.height != block.height || picture.width != block.width)
      base::data_error("{}: a picture of {} x {} pixels; the others have {} x {}", at_row, picture.height,
                       picture.width, block.height, block.width);
    const int64_t plane = block.height * block.width;
    const size_t at = size_t(row * plane * 3);
    for (int64_t i = 0; i < plane; ++i) {
      for (int64_t c = 0; c < 3; ++c)
        block.flux[at + size_t(c * plane + i)] =
            float(picture.values[size_t(i * picture.channels + (picture.channels == 3 ? c : 0))]) / 255;
    }
    block.present[size_t(row)] = 1;
    std::fill(block.mask.begin() + int64_t(at), block.mask.begin() + int64_t(at) + plane * 3, 0);
    const std::string_view mask_bytes = masks ? bytes_at(*masks, row, where) : std::string_view{};
    if (!mask_bytes.empty()) {
      const io::Picture8 mask = decoded(mask_bytes, at_row);
      if (mask.height != block.height || mask.width != block.width)
        base::data_error("{}: the mask is not of the picture's size", at_row);
      for (int64_t i = 0; i < plane * 3; ++i)
        block.mask[at + size_t(i)] = mask.values[size_t((i % plane) * mask.channels)] != 0;
    }
    settle_pixels(block, at, size_t(plane * 3), false);
  }
  return block;
}

// ---- scalars

ScalarBlock read_scalars(const arrow::Array& values, const arrow::Array* errors, const ModalityColumn& layout,
                         const std::string& where) {
  const int64_t n = values.length();
  ScalarBlock block = modalities::make_scalars(n, layout.unit, layout.error != ErrorKind::kNone);
  std::vector<uint8_t> bad(size_t(n), 0), bad_error(size_t(n), 0);
  read_doubles(values, 0, n, block.value.data(), bad.data(), where);
  if (errors != nullptr) read_doubles(*errors, 0, n, block.error.data(), bad_error.data(), where);
  for (size_t i = 0; i < size_t(n); ++i) {
    double& error = block.error[i];
    if (layout.error == ErrorKind::kInverseVariance) {
      if (!(error > 0)) bad[i] = 1;  // an inverse variance of 0 is how the file says: not measured
      error = error > 0 ? 1 / std::sqrt(error) : 0;
    } else if (bad_error[i] != 0 || !(error >= 0)) {
      error = 0;
    }
    if (layout.quirk == Quirk::kFlagMeansBad) block.value[i] = block.value[i] == 0 ? 1 : 0;
    block.present[i] = bad[i] == 0;
    if (bad[i] != 0) block.value[i] = error = 0;
  }
  return block;
}

}  // namespace

modalities::Block read_block(const arrow::Table& table, const ModalityColumn& layout, const std::string& where) {
  const std::string here = where + ", column " + layout.column;
  const auto column = column_of(table, layout.column, where);
  const auto extra = layout.extra_column.empty() ? nullptr : column_of(table, layout.extra_column, where);
  if (layout.kind == "vector") return read_vectors(*column, layout, here);
  if (layout.kind == "scalar") return read_scalars(*column, extra.get(), layout, here);
  const auto& fields = as_struct(column, here);
  if (layout.kind == "spectrum") return SpectrumReader(fields, layout, here).read();
  if (layout.kind == "light_curve") return read_light_curves(fields, layout, here);
  if (layout.kind == "catalog") return read_catalogs(fields, layout, here);
  if (layout.kind == "image") return read_images(fields, layout, here);
  if (layout.kind == "map")
    return modalities::as_maps(read_images(fields, layout, here), layout.layers, layout.integer);
  if (layout.kind == "cube") return read_cubes(fields, layout, here);
  return read_pictures(*column, extra.get(), layout, here);
}

}  // namespace asterism::data
