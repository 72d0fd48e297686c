// The reading side of cache_column.h.

#include "data/cache_column.h"

#include <arrow/api.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "data/cache_cube.h"
#include "data/cache_file.h"
#include "data/cache_lists.h"
#include "modalities/image.h"
#include "modalities/map.h"
#include "modalities/scalar.h"
#include "modalities/spectrum.h"
#include "modalities/vector.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;
using modalities::Block;

// Bits of fixed-size lists of bool.
void read_mask(const arrow::BooleanArray& mask, int64_t first, int64_t n, uint8_t* out) {
  unpack_bits(mask.values()->data(), mask.offset() + first, n, out);
}

class ImageColumn : public CacheColumn {
 public:
  ImageColumn(const fs::path& path, const ModalityColumn& column)
      : file_(path),
        column_(column),
        bands_(int64_t(column.bands.size())),
        size_(bands_ * column.height * column.width) {
    if (column.kind == "picture") {
      pixels_ = list_values<arrow::UInt8Array>(file_, "pixels", size_);
    } else {
      flux_ = list_values<arrow::FloatArray>(file_, "flux", size_);
      if (column.has_ivar) ivar_ = list_values<arrow::FloatArray>(file_, "ivar", size_);
      psf_ = list_values<arrow::FloatArray>(file_, "psf", bands_);
    }
    mask_ = list_values<arrow::BooleanArray>(file_, "mask", size_);
  }
  int64_t num_rows() const override { return file_.num_rows(); }

  Block gather(const std::vector<int64_t>& places) const override {
    auto block = modalities::make_images(0, column_.bands, column_.height, column_.width, column_.unit,
                                         column_.pixel_scale_arcsec, column_.has_ivar);
    block.n = int64_t(places.size());
    block.present.assign(places.size(), 0);
    block.psf_fwhm_arcsec.assign(places.size() * size_t(bands_), 0);
    block.mask.assign(places.size() * size_t(size_), 1);
    for (size_t i = 0; i < places.size(); ++i) {
      if (places[i] >= 0) read_small(places[i], i, block);
    }
    // Pixels are appended, not filled in: writing zeros first would cost as much again as the copy.
    if (!pixels_.empty()) {
      append_pictures(places, block.flux);
    } else {
      append(flux_, places, block.flux);
    }
    if (!ivar_.empty()) {
      append(ivar_, places, block.ivar);
    } else {
      block.ivar.reserve(block.mask.size());
      for (const uint8_t mask : block.mask) block.ivar.push_back(float(1 - mask));
    }
    if (column_.kind == "map") return modalities::as_maps(std::move(block), column_.layers, column_.integer);
    return block;
  }

 private:
  void append(const std::vector<const arrow::FloatArray*>& from, const std::vector<int64_t>& places,
              base::AlignedVector<float>& to) const {
    to.reserve(places.size() * size_t(size_));
    for (const int64_t place : places) {
      if (place < 0) {
        to.resize(to.size() + size_t(size_), 0.0F);
        continue;
      }
      const auto [batch, row] = file_.find(place);
      const float* values = from[batch]->raw_values() + row * size_;
      to.insert(to.end(), values, values + size_);
    }
  }

  void append_pictures(const std::vector<int64_t>& places, base::AlignedVector<float>& to) const {
    to.reserve(places.size() * size_t(size_));
    for (const int64_t place : places) {
      if (place < 0) {
        to.resize(to.size() + size_t(size_), 0.0F);
        continue;
      }
      const auto [batch, row] = file_.find(place);
      const uint8_t* pixels = pixels_[batch]->raw_values() + row * size_;
      for (int64_t k = 0; k < size_; ++k) to.push_back(float(pixels[k]) / 255);
    }
  }

  // All but the pixels.
  void read_small(int64_t place, size_t i, modalities::ImageBlock& block) const {
    const auto [batch, row] = file_.find(place);
    block.present[i] = 1;
    read_mask(*mask_[batch], row * size_, size_, block.mask.data() + i * size_t(size_));
    if (!psf_.empty())
      std::memcpy(block.psf_fwhm_arcsec.data() + int64_t(i) * bands_, psf_[batch]->raw_values() + row * bands_,
                  size_t(bands_) * sizeof(float));
  }

  CacheFile file_;
  ModalityColumn column_;
  int64_t bands_, size_;
  std::vector<const arrow::FloatArray*> flux_, ivar_, psf_;
  std::vector<const arrow::UInt8Array*> pixels_;
  std::vector<const arrow::BooleanArray*> mask_;
};

using Floats = ListColumn<arrow::FloatArray>;

class SpectrumColumn : public CacheColumn {
 public:
  SpectrumColumn(const fs::path& folder, const ModalityColumn& column)
      : file_(folder / (column.modality + ".arrow")),
        grids_file_(folder / (column.modality + ".grids.arrow")),
        column_(column),
        flux_(file_, "flux"),
        ivar_(file_, "ivar"),
        wavelength_(file_, "wavelength"),
        lsf_(file_, "lsf"),
        grids_(grids_file_, "values"),
        mask_(file_, "mask"),
        grid_(file_.column<arrow::Int32Array>("grid")),
        lsf_grid_(file_.column<arrow::Int32Array>("lsf_grid")) {
    for (size_t batch = 0; batch < flux_.lists.size(); ++batch) {
      for (int64_t row = 0; row < flux_.lists[batch]->length(); ++row) check_row(batch, row);
    }
  }
  int64_t num_rows() const override { return file_.num_rows(); }

  // All spectra of one dataset come out equally long, padded to its longest, so that a batch never depends on its rows.
  Block gather(const std::vector<int64_t>& places) const override {
    auto block = modalities::make_spectra(int64_t(places.size()), longest_, column_.unit);
    for (size_t i = 0; i < places.size(); ++i) {
      if (places[i] < 0) continue;
      const auto [batch, row] = file_.find(places[i]);
      const size_t at = i * size_t(longest_);
      const int64_t length = flux_.length(batch, row);
      block.present[i] = 1;
      copy(flux_, batch, row, block.flux.data() + at);
      copy(ivar_, batch, row, block.ivar.data() + at);
      read_mask(*mask_.values[batch], mask_.first(batch, row), length, block.mask.data() + at);
      copy_shared(wavelength_, grid_[batch]->Value(row), batch, row, block.wavelength_angstrom.data() + at);
      copy_shared(lsf_, lsf_grid_[batch]->Value(row), batch, row, block.lsf_sigma_angstrom.data() + at);
    }
    return block;
  }

 private:
  static void copy(const Floats& from, size_t batch, int64_t row, float* out) {
    std::copy_n(from.values[batch]->raw_values() + from.first(batch, row), from.length(batch, row), out);
  }
  void copy_shared(const Floats& own, int32_t grid, size_t batch, int64_t row, float* out) const {
    if (grid < 0) return copy(own, batch, row, out);
    copy(grids_, 0, grid, out);
  }
  int64_t shared_length(const Floats& own, int32_t grid, size_t batch, int64_t row) const {
    if (grid < 0) return own.length(batch, row);
    return grid < grids_file_.num_rows() ? grids_.length(0, grid) : -1;
  }
  void check_row(size_t batch, int64_t row) {
    const int64_t length = flux_.length(batch, row),
                  lsf = shared_length(lsf_, lsf_grid_[batch]->Value(row), batch, row);
    longest_ = std::max(longest_, length);
    if (ivar_.length(batch, row) != length || mask_.length(batch, row) != length || (lsf != length && lsf != 0) ||
        shared_length(wavelength_, grid_[batch]->Value(row), batch, row) != length)
      base::data_error("{}, batch {}, row {}: its fields have different lengths; make the cache again", file_.where(),
                       batch, row);
  }

  CacheFile file_, grids_file_;
  ModalityColumn column_;
  Floats flux_, ivar_, wavelength_, lsf_, grids_;
  ListColumn<arrow::BooleanArray> mask_;
  std::vector<const arrow::Int32Array*> grid_, lsf_grid_;
  int64_t longest_ = 0;
};

class ScalarColumn : public CacheColumn {
 public:
  ScalarColumn(const fs::path& path, const ModalityColumn& column)
      : file_(path), column_(column), value_(file_.column<arrow::DoubleArray>("value")) {
    if (column.error != ErrorKind::kNone) error_ = file_.column<arrow::DoubleArray>("error");
  }
  int64_t num_rows() const override { return file_.num_rows(); }
  Block gather(const std::vector<int64_t>& places) const override {
    auto block = modalities::make_scalars(int64_t(places.size()), column_.unit, column_.error != ErrorKind::kNone);
    for (size_t i = 0; i < places.size(); ++i) {
      if (places[i] < 0) continue;
      const auto [batch, row] = file_.find(places[i]);
      block.present[i] = 1;
      block.value[i] = value_[batch]->Value(row);
      if (!error_.empty()) block.error[i] = error_[batch]->Value(row);
    }
    return block;
  }

 private:
  CacheFile file_;
  ModalityColumn column_;
  std::vector<const arrow::DoubleArray*> value_, error_;
};

class VectorColumn : public CacheColumn {
 public:
  VectorColumn(const fs::path& path, const ModalityColumn& column, int64_t width)
      : file_(path), column_(column), width_(width), value_(list_values<arrow::FloatArray>(file_, "value", width)) {}
  int64_t num_rows() const override { return file_.num_rows(); }
  Block gather(const std::vector<int64_t>& places) const override {
    auto block = modalities::make_vectors(int64_t(places.size()), width_, column_.vocabulary);
    for (size_t i = 0; i < places.size(); ++i) {
      if (places[i] < 0) continue;
      const auto [batch, row] = file_.find(places[i]);
      block.present[i] = 1;
      std::memcpy(block.value.data() + i * size_t(width_), value_[batch]->raw_values() + row * width_,
                  size_t(width_) * sizeof(float));
    }
    return block;
  }

 private:
  CacheFile file_;
  ModalityColumn column_;
  int64_t width_;
  std::vector<const arrow::FloatArray*> value_;
};

}  // namespace

std::unique_ptr<CacheColumn> open_cache_column(const fs::path& folder, const ModalityColumn& column,
                                               const arrow::DataType& type) {
  const fs::path path = folder / (column.modality + ".arrow");
  if (column.kind == "cube") return open_cache_cubes(path, column);
  if (column.kind == "image" || column.kind == "picture" || column.kind == "map")
    return std::make_unique<ImageColumn>(path, column);
  if (column.kind == "light_curve") return open_light_curve_cache(folder, column);
  if (column.kind == "catalog") return open_catalog_cache(folder, column);
  if (column.kind == "spectrum") return std::make_unique<SpectrumColumn>(folder, column);
  if (column.kind == "vector")
    return std::make_unique<VectorColumn>(path, column, static_cast<const arrow::FixedSizeListType&>(type).list_size());
  return std::make_unique<ScalarColumn>(path, column);
}

}  // namespace asterism::data
