#include "data/cache_cube.h"

#include <arrow/api.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "data/arrow_lists.h"
#include "data/cache_column_file.h"
#include "data/cache_file.h"
#include "modalities/cube.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;
using modalities::CubeBlock;

class CubeWriter : public CacheColumnWriter {
 public:
  explicit CubeWriter(const fs::path& path) : file_(path) {}
  void add(const modalities::Block& any) override {
    const auto& block = std::get<CubeBlock>(any);
    const PresentRows rows(block.present);
    const int64_t plane = block.height * block.width;
    std::vector<int64_t> lengths, pixels;
    for (const int64_t row : rows.rows) {
      const float* wavelength = block.wavelength_angstrom.data() + row * block.length;
      int64_t length = block.length;
      while (length > 0 && wavelength[length - 1] == 0) --length;
      lengths.push_back(length);
      pixels.push_back(length * plane);
    }
    const auto starts = rows.starts(block.length), pixel_starts = rows.starts(block.length * plane);
    const auto floats = [](const base::AlignedVector<float>& values, const std::vector<int64_t>& first,
                           const std::vector<int64_t>& n) { return lists(gather_floats(values.data(), first, n), n); };
    file_.write({{"flux", floats(block.flux, pixel_starts, pixels)},
                 {"ivar", floats(block.ivar, pixel_starts, pixels)},
                 {"mask", lists(gather_bits(block.mask.data(), pixel_starts, pixels), pixels)},
                 {"wavelength", floats(block.wavelength_angstrom, starts, lengths)},
                 {"lsf", floats(block.lsf_sigma_angstrom, starts, lengths)}});
    rows_ += int64_t(rows.rows.size());
  }
  void close() override { file_.close(); }

 private:
  ColumnFile file_;
};

class CubeColumn : public CacheColumn {
 public:
  CubeColumn(const fs::path& path, const ModalityColumn& column)
      : file_(path),
        column_(column),
        flux_(file_, "flux"),
        ivar_(file_, "ivar"),
        wavelength_(file_, "wavelength"),
        lsf_(file_, "lsf"),
        mask_(file_, "mask") {
    for (size_t batch = 0; batch < flux_.lists.size(); ++batch) {
      for (int64_t row = 0; row < flux_.lists[batch]->length(); ++row) check_row(batch, row);
    }
  }
  int64_t num_rows() const override { return file_.num_rows(); }

  // All cubes come out equally long, padded to the longest of the dataset.
  modalities::Block gather(const std::vector<int64_t>& places) const override {
    CubeBlock block = modalities::make_cubes(int64_t(places.size()), longest_, column_.height, column_.width,
                                             column_.unit, column_.pixel_scale_arcsec);
    const int64_t plane = column_.height * column_.width;
    for (size_t i = 0; i < places.size(); ++i) {
      if (places[i] < 0) continue;
      const auto [batch, row] = file_.find(places[i]);
      block.present[i] = 1;
      copy(wavelength_, batch, row, block.wavelength_angstrom.data() + int64_t(i) * longest_);
      copy(lsf_, batch, row, block.lsf_sigma_angstrom.data() + int64_t(i) * longest_);
      const int64_t at = int64_t(i) * longest_ * plane;
      copy(flux_, batch, row, block.flux.data() + at);
      copy(ivar_, batch, row, block.ivar.data() + at);
      const auto& bits = *mask_.values[batch];
      unpack_bits(bits.values()->data(), bits.offset() + mask_.first(batch, row), mask_.length(batch, row),
                  block.mask.data() + at);
    }
    return block;
  }

 private:
  using Floats = ListColumn<arrow::FloatArray>;

  static void copy(const Floats& from, size_t batch, int64_t row, float* to) {
    const int64_t n = from.length(batch, row);
    if (n > 0) std::memcpy(to, from.values[batch]->raw_values() + from.first(batch, row), size_t(n) * sizeof(float));
  }

  void check_row(size_t batch, int64_t row) {
    const int64_t length = wavelength_.length(batch, row), size = length * column_.height * column_.width;
    longest_ = std::max(longest_, length);
    if (lsf_.length(batch, row) != length || flux_.length(batch, row) != size || ivar_.length(batch, row) != size ||
        mask_.length(batch, row) != size)
      base::data_error("{}, batch {}, row {}: its fields do not fit together; make the cache again", file_.where(),
                       batch, row);
  }

  CacheFile file_;
  ModalityColumn column_;
  Floats flux_, ivar_, wavelength_, lsf_;
  ListColumn<arrow::BooleanArray> mask_;
  int64_t longest_ = 0;
};

}  // namespace

std::unique_ptr<CacheColumnWriter> write_cache_cubes(const fs::path& path) {
  return std::make_unique<CubeWriter>(path);
}

std::unique_ptr<CacheColumn> open_cache_cubes(const fs::path& path, const ModalityColumn& column) {
  return std::make_unique<CubeColumn>(path, column);
}

}  // namespace asterism::data
