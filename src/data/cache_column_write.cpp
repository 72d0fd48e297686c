// The writing side of cache_column.h.

#include <arrow/api.h>

#include <cmath>
#include <map>
#include <span>

#include "base/error.h"
#include "base/random.h"
#include "data/arrow_lists.h"
#include "data/cache_column.h"
#include "data/cache_column_file.h"
#include "data/cache_cube.h"
#include "data/cache_file.h"
#include "data/cache_lists.h"
#include "modalities/map.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;
using modalities::ImageBlock;
using modalities::ScalarBlock;
using modalities::SpectrumBlock;
using modalities::VectorBlock;
using ArrayPtr = std::shared_ptr<arrow::Array>;
using Columns = CacheColumns;

constexpr size_t kMostGrids = 4096;

// Wavelength grids that many spectra share.
class SharedVectors {
 public:
  // The place of these values among the shared ones; -1 when there are too many different ones already.
  int32_t add(std::span<const float> values) {
    const uint64_t key = base::stable_hash({reinterpret_cast<const char*>(values.data()), values.size_bytes()});
    const auto range = places_.equal_range(key);
    for (auto it = range.first; it != range.second; ++it) {
      const auto& other = vectors_[size_t(it->second)];
      if (std::equal(values.begin(), values.end(), other.begin(), other.end())) return it->second;
    }
    if (vectors_.size() >= kMostGrids) return -1;
    vectors_.emplace_back(values.begin(), values.end());
    places_.emplace(key, int32_t(vectors_.size() - 1));
    return int32_t(vectors_.size() - 1);
  }
  const std::vector<std::vector<float>>& vectors() const { return vectors_; }

 private:
  std::vector<std::vector<float>> vectors_;
  std::multimap<uint64_t, int32_t> places_;
};

class ImageWriter : public CacheColumnWriter {
 public:
  ImageWriter(const fs::path& path, bool picture) : file_(path), picture_(picture) {}
  void add(const modalities::Block& any) override {
    const auto* maps = std::get_if<modalities::MapBlock>(&any);
    if (maps != nullptr)
      write(modalities::as_images(*maps));
    else
      write(std::get<ImageBlock>(any));
  }
  void close() override { file_.close(); }

 private:
  void write(const ImageBlock& block) {
    const int64_t size = int64_t(block.bands.size()) * block.height * block.width;
    const PresentRows rows(block.present);
    const auto starts = rows.starts(size), lengths = rows.lengths(size);
    Columns columns;
    if (picture_) {
      columns.emplace_back("pixels", fixed_lists(bytes(block, starts, size), size));
    } else {
      columns.emplace_back("flux", fixed_lists(gather_floats(block.flux.data(), starts, lengths), size));
      if (block.has_ivar)
        columns.emplace_back("ivar", fixed_lists(gather_floats(block.ivar.data(), starts, lengths), size));
    }
    columns.emplace_back("mask", fixed_lists(gather_bits(block.mask.data(), starts, lengths), size));
    const int64_t bands = int64_t(block.bands.size());
    if (!picture_)
      columns.emplace_back(
          "psf",
          fixed_lists(gather_floats(block.psf_fwhm_arcsec.data(), rows.starts(bands), rows.lengths(bands)), bands));
    file_.write(columns);
    rows_ += int64_t(rows.rows.size());
  }
  static ArrayPtr bytes(const ImageBlock& block, const std::vector<int64_t>& starts, int64_t size) {
    arrow::UInt8Builder builder;
    std::vector<uint8_t> row(static_cast<size_t>(size));
    for (const int64_t start : starts) {
      for (int64_t i = 0; i < size; ++i) row[size_t(i)] = uint8_t(std::lround(block.flux[size_t(start + i)] * 255));
      const bool ok = builder.AppendValues(row).ok();
      ASTERISM_CHECK(ok);
    }
    return *builder.Finish();
  }
  ColumnFile file_;
  bool picture_;
};

class SpectrumWriter : public CacheColumnWriter {
 public:
  explicit SpectrumWriter(const fs::path& folder, const std::string& name)
      : file_(folder / (name + ".arrow")), grids_file_(folder / (name + ".grids.arrow")) {}
  void add(const modalities::Block& any) override {
    const auto& block = std::get<SpectrumBlock>(any);
    const PresentRows rows(block.present);
    std::vector<int64_t> lengths, own_wavelengths, own_lsf;
    std::vector<int32_t> grid, lsf_grid;
    for (const int64_t row : rows.rows) {
      const float* wavelength = block.wavelength_angstrom.data() + row * block.length;
      const float* lsf = block.lsf_sigma_angstrom.data() + row * block.length;
      int64_t length = block.length;
      while (length > 0 && wavelength[length - 1] == 0) --length;
      const bool lsf_known = std::any_of(lsf, lsf + length, [](float v) { return v != 0; });
      lengths.push_back(length);
      grid.push_back(grids_.add({wavelength, size_t(length)}));
      lsf_grid.push_back(lsf_known ? grids_.add({lsf, size_t(length)}) : -1);
      own_wavelengths.push_back(grid.back() < 0 ? length : 0);
      own_lsf.push_back(lsf_known && lsf_grid.back() < 0 ? length : 0);
    }
    const auto starts = rows.starts(block.length);
    const auto floats = [&](const base::AlignedVector<float>& values, const std::vector<int64_t>& n) {
      return lists(gather_floats(values.data(), starts, n), n);
    };
    file_.write({{"flux", floats(block.flux, lengths)},
                 {"ivar", floats(block.ivar, lengths)},
                 {"mask", lists(gather_bits(block.mask.data(), starts, lengths), lengths)},
                 {"grid", int32s(grid)},
                 {"wavelength", floats(block.wavelength_angstrom, own_wavelengths)},
                 {"lsf_grid", int32s(lsf_grid)},
                 {"lsf", floats(block.lsf_sigma_angstrom, own_lsf)}});
    rows_ += int64_t(rows.rows.size());
  }
  void close() override {
    std::vector<float> all;
    std::vector<int64_t> lengths;
    for (const auto& v : grids_.vectors()) {
      all.insert(all.end(), v.begin(), v.end());
      lengths.push_back(int64_t(v.size()));
    }
    grids_file_.write({{"values", lists(gather_floats(all.data(), {0}, {int64_t(all.size())}), lengths)}});
    grids_file_.close();
    file_.close();
  }

 private:
  ColumnFile file_, grids_file_;
  SharedVectors grids_;
};

class NumberWriter : public CacheColumnWriter {
 public:
  explicit NumberWriter(const fs::path& path) : file_(path) {}
  void add(const modalities::Block& any) override {
    if (const auto* vector = std::get_if<VectorBlock>(&any)) {
      const PresentRows rows(vector->present);
      const auto values = gather_floats(vector->value.data(), rows.starts(vector->width), rows.lengths(vector->width));
      file_.write({{"value", fixed_lists(values, vector->width)}});
      rows_ += int64_t(rows.rows.size());
      return;
    }
    const auto& block = std::get<ScalarBlock>(any);
    std::vector<double> value, error;
    for (const int64_t row : PresentRows(block.present).rows) {
      value.push_back(block.value[size_t(row)]);
      error.push_back(block.error[size_t(row)]);
    }
    const std::vector<uint8_t> valid(value.size(), 1);
    const int64_t n = int64_t(value.size());
    Columns columns = {{"value", doubles(value.data(), valid.data(), n)}};
    if (block.has_error) columns.emplace_back("error", doubles(error.data(), valid.data(), n));
    file_.write(columns);
    rows_ += n;
  }
  void close() override { file_.close(); }

 private:
  ColumnFile file_;
};

}  // namespace

std::unique_ptr<CacheColumnWriter> write_cache_column(const fs::path& folder, const std::string& modality,
                                                      const std::string& kind) {
  const fs::path path = folder / (modality + ".arrow");
  if (kind == "image" || kind == "picture" || kind == "map")
    return std::make_unique<ImageWriter>(path, kind == "picture");
  if (kind == "cube") return write_cache_cubes(path);
  if (kind == "spectrum") return std::make_unique<SpectrumWriter>(folder, modality);
  if (kind == "light_curve") return write_light_curve_cache(folder, modality);
  if (kind == "catalog") return write_catalog_cache(folder, modality);
  return std::make_unique<NumberWriter>(path);
}

}  // namespace asterism::data
