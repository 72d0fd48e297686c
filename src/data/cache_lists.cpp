#include "data/cache_lists.h"

#include <arrow/api.h>

#include <algorithm>

#include "base/error.h"
#include "data/cache_column_file.h"
#include "data/cache_file.h"
#include "io/parquet.h"
#include "modalities/catalog.h"
#include "modalities/light_curve.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;
using modalities::Band;
using modalities::Block;
using modalities::CatalogBlock;
using modalities::LightCurveBlock;
using ArrayPtr = std::shared_ptr<arrow::Array>;

// Values from[starts[i] .. starts[i] + lengths[i]) of all i as an Arrow array.
template <class Builder, class T>
ArrayPtr gather(const T* from, const std::vector<int64_t>& starts, const std::vector<int64_t>& lengths) {
  Builder builder;
  for (size_t i = 0; i < starts.size(); ++i) {
    if (lengths[i] > 0) io::check_arrow(builder.AppendValues(from + starts[i], lengths[i]), "cache");
  }
  return io::need_arrow(builder.Finish(), "cache");
}

class LightCurveWriter : public CacheColumnWriter {
 public:
  LightCurveWriter(const fs::path& folder, const std::string& name)
      : file_(folder / (name + ".arrow")), bands_file_(folder / (name + ".bands.arrow")) {}

  void add(const Block& any) override {
    // Joined to an empty block of all bands so far, so that a band has one number in the whole file.
    const auto& given = std::get<LightCurveBlock>(any);
    const auto known = modalities::make_light_curves(0, 0, bands_, given.unit, given.time_system);
    const LightCurveBlock block = modalities::concatenate(std::vector<const LightCurveBlock*>{&known, &given});
    bands_ = block.bands;
    const PresentRows rows(block.present);
    const auto starts = rows.starts(block.length);
    std::vector<int64_t> counts;
    for (const int64_t row : rows.rows) counts.push_back(block.count[size_t(row)]);
    file_.write({{"time", lists(gather<arrow::DoubleBuilder>(block.time_day.data(), starts, counts), counts)},
                 {"band", lists(gather<arrow::Int32Builder>(block.band.data(), starts, counts), counts)},
                 {"value", lists(gather_floats(block.value.data(), starts, counts), counts)},
                 {"error", lists(gather_floats(block.error.data(), starts, counts), counts)},
                 {"mask", lists(gather_bits(block.mask.data(), starts, counts), counts)},
                 {"upper_limit", lists(gather_bits(block.upper_limit.data(), starts, counts), counts)}});
    rows_ += int64_t(rows.rows.size());
  }

  void close() override {
    arrow::StringBuilder names;
    std::vector<double> wavelength, width;
    for (const Band& band : bands_) {
      io::check_arrow(names.Append(band.name), "cache");
      wavelength.push_back(band.wavelength_angstrom);
      width.push_back(band.width_angstrom);
    }
    const std::vector<uint8_t> valid(bands_.size(), 1);
    const int64_t n = int64_t(bands_.size());
    bands_file_.write({{"name", io::need_arrow(names.Finish(), "cache")},
                       {"wavelength", doubles(wavelength.data(), valid.data(), n)},
                       {"width", doubles(width.data(), valid.data(), n)}});
    bands_file_.close();
    file_.close();
  }

 private:
  ColumnFile file_, bands_file_;
  std::vector<Band> bands_;
};

class CatalogWriter : public CacheColumnWriter {
 public:
  CatalogWriter(const fs::path& folder, const std::string& name) : file_(folder / (name + ".arrow")) {}

  void add(const Block& any) override {
    const auto& block = std::get<CatalogBlock>(any);
    const int64_t width = int64_t(block.columns.size());
    const PresentRows rows(block.present);
    std::vector<int64_t> starts, counts, sizes;
    for (const int64_t row : rows.rows) {
      for (int64_t c = 0; c < width; ++c) {
        starts.push_back((row * width + c) * block.length);
        counts.push_back(block.count[size_t(row)]);
      }
      sizes.push_back(width * block.count[size_t(row)]);
    }
    file_.write({{"value", lists(gather_floats(block.value.data(), starts, counts), sizes)},
                 {"mask", lists(gather_bits(block.mask.data(), starts, counts), sizes)}});
    rows_ += int64_t(rows.rows.size());
  }
  void close() override { file_.close(); }

 private:
  ColumnFile file_;
};

std::vector<Band> read_bands(const fs::path& path) {
  const CacheFile file(path);
  const auto name = file.column<arrow::StringArray>("name");
  const auto wavelength = file.column<arrow::DoubleArray>("wavelength"),
             width = file.column<arrow::DoubleArray>("width");
  std::vector<Band> out;
  for (int64_t i = 0; i < file.num_rows(); ++i) {
    const auto [batch, row] = file.find(i);
    out.push_back({name[batch]->GetString(row), wavelength[batch]->Value(row), width[batch]->Value(row)});
  }
  return out;
}

void check_lengths(bool same, const CacheFile& file, size_t batch, int64_t row) {
  if (!same)
    base::data_error("{}, batch {}, row {}: its fields have different lengths; make the cache again", file.where(),
                     batch, row);
}

class LightCurveColumn : public CacheColumn {
 public:
  LightCurveColumn(const fs::path& folder, const ModalityColumn& column)
      : file_(folder / (column.modality + ".arrow")),
        column_(column),
        bands_(read_bands(folder / (column.modality + ".bands.arrow"))),
        time_(file_, "time"),
        band_(file_, "band"),
        value_(file_, "value"),
        error_(file_, "error"),
        mask_(file_, "mask"),
        limit_(file_, "upper_limit") {
    for (size_t batch = 0; batch < time_.lists.size(); ++batch) {
      for (int64_t row = 0; row < time_.lists[batch]->length(); ++row) check_row(batch, row);
    }
  }
  int64_t num_rows() const override { return file_.num_rows(); }

  // Padded to the longest light curve of the dataset, so that a batch never depends on its rows.
  Block gather(const std::vector<int64_t>& places) const override {
    auto block =
        modalities::make_light_curves(int64_t(places.size()), longest_, bands_, column_.unit, column_.time_system);
    for (size_t i = 0; i < places.size(); ++i) {
      if (places[i] < 0) continue;
      const auto [batch, row] = file_.find(places[i]);
      const size_t at = i * size_t(longest_);
      const int64_t count = time_.length(batch, row);
      block.present[i] = 1;
      block.count[i] = int32_t(count);
      const auto copy = [&, batch = batch, row = row](const auto& from, auto* to) {
        std::copy_n(from.values[batch]->raw_values() + from.first(batch, row), count, to + at);
      };
      copy(time_, block.time_day.data());
      copy(band_, block.band.data());
      copy(value_, block.value.data());
      copy(error_, block.error.data());
      for (const auto& [flags, to] : {std::pair(&mask_, &block.mask), std::pair(&limit_, &block.upper_limit)})
        unpack_bits(flags->values[batch]->values()->data(), flags->values[batch]->offset() + flags->first(batch, row),
                    count, to->data() + at);
    }
    return block;
  }

 private:
  void check_row(size_t batch, int64_t row) {
    const int64_t count = time_.length(batch, row);
    check_lengths(band_.length(batch, row) == count && value_.length(batch, row) == count &&
                      error_.length(batch, row) == count && mask_.length(batch, row) == count &&
                      limit_.length(batch, row) == count,
                  file_, batch, row);
    for (int64_t i = 0; i < count; ++i) {
      const int32_t band = band_.values[batch]->Value(band_.first(batch, row) + i);
      if (band < 0 || size_t(band) >= bands_.size())
        base::data_error("{}, batch {}, row {}: band {} of {}; make the cache again", file_.where(), batch, row, band,
                         bands_.size());
    }
    longest_ = std::max(longest_, count);
  }

  CacheFile file_;
  ModalityColumn column_;
  std::vector<Band> bands_;
  ListColumn<arrow::DoubleArray> time_;
  ListColumn<arrow::Int32Array> band_;
  ListColumn<arrow::FloatArray> value_, error_;
  ListColumn<arrow::BooleanArray> mask_, limit_;
  int64_t longest_ = 0;
};

class CatalogColumnReader : public CacheColumn {
 public:
  CatalogColumnReader(const fs::path& folder, const ModalityColumn& column)
      : file_(folder / (column.modality + ".arrow")),
        column_(column),
        width_(int64_t(column.lists.size())),
        value_(file_, "value"),
        mask_(file_, "mask") {
    if (width_ < 1) base::data_error("{}: lists without columns; make the cache again", file_.where());
    for (size_t batch = 0; batch < value_.lists.size(); ++batch) {
      for (int64_t row = 0; row < value_.lists[batch]->length(); ++row) {
        const int64_t size = value_.length(batch, row);
        check_lengths(mask_.length(batch, row) == size && size % width_ == 0, file_, batch, row);
        longest_ = std::max(longest_, size / width_);
      }
    }
  }
  int64_t num_rows() const override { return file_.num_rows(); }

  Block gather(const std::vector<int64_t>& places) const override {
    auto block = modalities::make_catalogs(int64_t(places.size()), longest_, column_.lists);
    for (size_t i = 0; i < places.size(); ++i) {
      if (places[i] < 0) continue;
      const auto [batch, row] = file_.find(places[i]);
      const int64_t count = value_.length(batch, row) / width_;
      block.present[i] = 1;
      block.count[i] = int32_t(count);
      for (int64_t c = 0; c < width_; ++c) {
        const size_t at = size_t((int64_t(i) * width_ + c) * longest_);
        std::copy_n(value_.values[batch]->raw_values() + value_.first(batch, row) + c * count, count,
                    block.value.data() + at);
        unpack_bits(mask_.values[batch]->values()->data(),
                    mask_.values[batch]->offset() + mask_.first(batch, row) + c * count, count, block.mask.data() + at);
      }
    }
    return block;
  }

 private:
  CacheFile file_;
  ModalityColumn column_;
  int64_t width_, longest_ = 0;
  ListColumn<arrow::FloatArray> value_;
  ListColumn<arrow::BooleanArray> mask_;
};

}  // namespace

std::unique_ptr<CacheColumnWriter> write_light_curve_cache(const fs::path& folder, const std::string& modality) {
  return std::make_unique<LightCurveWriter>(folder, modality);
}

std::unique_ptr<CacheColumnWriter> write_catalog_cache(const fs::path& folder, const std::string& modality) {
  return std::make_unique<CatalogWriter>(folder, modality);
}

std::unique_ptr<CacheColumn> open_light_curve_cache(const fs::path& folder, const ModalityColumn& column) {
  return std::make_unique<LightCurveColumn>(folder, column);
}

std::unique_ptr<CacheColumn> open_catalog_cache(const fs::path& folder, const ModalityColumn& column) {
  return std::make_unique<CatalogColumnReader>(folder, column);
}

}  // namespace asterism::data
