#include "data/surveys/mmu_hdf5_curves.h"

#include <arrow/api.h>

#include <algorithm>

#include "base/error.h"
#include "io/parquet.h"

namespace asterism::data {
namespace {

using ArrayPtr = std::shared_ptr<arrow::Array>;

constexpr const char* kTime = "time";
constexpr const char* kBands = "bands";
constexpr int64_t kPlanes = 3;                     // times, fluxes, errors
constexpr int64_t kMostValues = int64_t{1} << 24;  // of one object

bool is_number(const io::Hdf5Dataset& d) { return d.kind != io::Hdf5Kind::kText; }

// Empty where the file does not name as many.
std::vector<std::string> band_names(io::Hdf5File& file, int64_t bands) {
  const auto* d = file.find(kBands);
  if (d == nullptr || d->kind != io::Hdf5Kind::kText || d->shape != std::vector<int64_t>{bands}) return {};
  return file.read_texts(kBands, 0, bands);
}

template <class Builder, class T>
ArrayPtr array_of(const std::vector<T>& values) {
  Builder builder;
  io::check_arrow(builder.AppendValues(values.data(), int64_t(values.size())), "light curves");
  return io::need_arrow(builder.Finish(), "light curves");
}

}  // namespace

std::optional<MmuHdf5Curves> MmuHdf5Curves::find(io::Hdf5File& file) {
  auto out = find_planes(file);
  if (!out) out = find_rows(file);
  if (!out) return out;
  if (out->bands_ < 1 || out->points_ < 1 || out->bands_ > kMostValues || out->points_ > kMostValues / out->bands_)
    base::data_error("{}: light curves of {} bands of {} points; an object has 1 to {} points", file.name(),
                     out->bands_, out->points_, kMostValues);
  out->make_type();
  return out;
}

std::optional<MmuHdf5Curves> MmuHdf5Curves::find_planes(io::Hdf5File& file) {
  const auto* d = file.find("lightcurve");
  if (d == nullptr || !is_number(*d) || d->shape.size() != 4 || d->shape[2] != kPlanes) return std::nullopt;
  MmuHdf5Curves out;
  out.planes_ = d->path;
  out.bands_ = d->shape[1];
  out.points_ = d->shape[3];
  out.fields_ = {{kTime, d->path}, {"flux", d->path}, {"flux_err", d->path}};
  out.band_names_ = band_names(file, out.bands_);
  if (out.band_names_.empty() && out.bands_ == 6) out.band_names_ = {"u", "g", "r", "i", "z", "Y"};
  if (out.band_names_.empty())
    base::data_error("{}, {}: {} bands, and no dataset '{}' with their names", file.name(), d->path, out.bands_,
                     kBands);
  return out;
}

std::optional<MmuHdf5Curves> MmuHdf5Curves::find_rows(io::Hdf5File& file) {
  const auto* time = file.find(kTime);
  if (time == nullptr || !is_number(*time) || time->shape.size() != 2) return std::nullopt;
  const auto like_time = [&](const char* name) {
    const auto* d = file.find(name);
    return d != nullptr && is_number(*d) && d->shape == time->shape;
  };
  const bool measured = like_time("mag") || like_time("flux") || like_time("pdcsap_flux") || like_time("psf_flux");
  if (!measured) return std::nullopt;
  MmuHdf5Curves out;
  const auto* id = file.find("object_id");
  out.one_object_ = id != nullptr && (id->shape.empty() || (id->rows() == 1 && time->shape[0] != 1));
  out.points_ = time->shape[1];
  if (out.one_object_) {
    out.bands_ = time->shape[0];
    out.band_names_ = band_names(file, out.bands_);
    if (out.band_names_.empty())
      base::data_error("{}: light curves in {} bands, and no dataset '{}' with their names", file.name(), out.bands_,
                       kBands);
  }
  out.fields_ = {{kTime, kTime}};
  for (const auto& d : file.datasets()) {
    if (d.path != kTime && is_number(d) && d.shape == time->shape) out.fields_.emplace_back(d.path, d.path);
  }
  return out;
}

bool MmuHdf5Curves::uses(const std::string& dataset) const {
  return (!band_names_.empty() && dataset == kBands) ||
         std::any_of(fields_.begin(), fields_.end(), [&](const auto& f) { return f.second == dataset; });
}

void MmuHdf5Curves::make_type() {
  arrow::FieldVector fields;
  if (!band_names_.empty()) fields.push_back(arrow::field("band", arrow::list(arrow::utf8())));
  for (const auto& [name, dataset] : fields_)
    fields.push_back(arrow::field(name, arrow::list(name == kTime ? arrow::float64() : arrow::float32())));
  type_ = arrow::struct_(fields);
}

ArrayPtr MmuHdf5Curves::list_of(const ArrayPtr& values, int64_t rows) const {
  std::vector<int32_t> offsets;
  for (int64_t row = 0; row <= rows; ++row) offsets.push_back(int32_t(row * bands_ * points_));
  return io::need_arrow(arrow::ListArray::FromArrays(*array_of<arrow::Int32Builder>(offsets), *values), "light curves");
}

ArrayPtr MmuHdf5Curves::names(int64_t rows) const {
  arrow::StringBuilder builder;
  for (int64_t row = 0; row < rows; ++row) {
    for (const auto& name : band_names_) {
      for (int64_t k = 0; k < points_; ++k) io::check_arrow(builder.Append(name), "light curves");
    }
  }
  return list_of(io::need_arrow(builder.Finish(), "light curves"), rows);
}

ArrayPtr MmuHdf5Curves::read(io::Hdf5File& file, int64_t first, int64_t rows) const {
  arrow::ArrayVector children;
  if (!band_names_.empty()) children.push_back(names(rows));
  const int64_t axis_first = one_object_ ? 0 : first, axis_rows = one_object_ ? bands_ : rows;
  std::vector<double> planes;
  if (!planes_.empty()) planes = file.read<double>(planes_, first, rows);
  for (size_t i = 0; i < fields_.size(); ++i) {
    std::vector<double> values;
    if (planes_.empty()) {
      values = file.read<double>(fields_[i].second, axis_first, axis_rows);
    } else {
      for (int64_t curve = 0; curve < rows * bands_; ++curve) {
        const auto from = planes.begin() + (curve * kPlanes + int64_t(i)) * points_;
        values.insert(values.end(), from, from + points_);
      }
    }
    if (fields_[i].first == kTime)
      children.push_back(list_of(array_of<arrow::DoubleBuilder>(values), rows));
    else
      children.push_back(
          list_of(array_of<arrow::FloatBuilder>(std::vector<float>(values.begin(), values.end())), rows));
  }
  return std::make_shared<arrow::StructArray>(type_, rows, children);
}

}  // namespace asterism::data
