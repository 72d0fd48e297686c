#include "data/surveys/mmu_hdf5.h"

#include <arrow/api.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "base/error.h"
#include "data/arrow_lists.h"
#include "io/image_file.h"
#include "io/parquet.h"

namespace asterism::data {
namespace {

using ArrayPtr = std::shared_ptr<arrow::Array>;
using TypePtr = std::shared_ptr<arrow::DataType>;

constexpr int64_t kLongestAxis = 1 << 20;

TypePtr element_type(io::Hdf5Kind kind) {
  switch (kind) {
    case io::Hdf5Kind::kFloat:
      return arrow::float32();
    case io::Hdf5Kind::kDouble:
      return arrow::float64();
    case io::Hdf5Kind::kInteger:
      return arrow::int64();
    case io::Hdf5Kind::kBool:
      return arrow::boolean();
    case io::Hdf5Kind::kText:
      return arrow::utf8();
  }
  return arrow::null();
}

template <class T>
ArrayPtr wrapped(const TypePtr& type, const std::vector<T>& values) {
  std::shared_ptr<arrow::Buffer> buffer =
      io::need_arrow(arrow::AllocateBuffer(int64_t(values.size() * sizeof(T))), "HDF5 rows");
  std::copy(values.begin(), values.end(), reinterpret_cast<T*>(buffer->mutable_data()));
  return arrow::MakeArray(arrow::ArrayData::Make(type, int64_t(values.size()), {nullptr, buffer}));
}

// What the datasets that begin with spectrum_, image_ and catalog_ are called in a struct.
std::string field_name(const std::string& group, const std::string& rest) {
  if (group == "spectrum" && rest == "wavelength") return "lambda";
  if (group == "image" && rest == "array") return "flux";
  return rest;
}

bool is_picture(const io::Hdf5Dataset& d) {
  return d.shape.size() == 4 && d.shape[3] == 3 &&
         (d.kind == io::Hdf5Kind::kInteger || d.kind == io::Hdf5Kind::kBool) && d.shape[1] < 65536 &&
         d.shape[2] < 65536;
}

// BTSbot: three images of one alert, as planes of the last axis.
constexpr std::array<const char*, 3> kViews = {"ztf-science", "ztf-reference", "ztf-difference"};

bool is_triplet(const io::Hdf5Dataset& d) {
  return d.path == "image_triplet" && d.shape.size() == 4 && d.shape[3] == int64_t(kViews.size()) &&
         (d.kind == io::Hdf5Kind::kFloat || d.kind == io::Hdf5Kind::kDouble) && d.shape[1] < 65536 &&
         d.shape[2] < 65536;
}

TypePtr triplet_type(const io::Hdf5Dataset& d) {
  TypePtr flux = arrow::float32();
  for (const int64_t axis : {d.shape[2], d.shape[1], int64_t(kViews.size())})
    flux = arrow::fixed_size_list(flux, int32_t(axis));
  return arrow::struct_({arrow::field("band", arrow::fixed_size_list(arrow::utf8(), int32_t(kViews.size()))),
                         arrow::field("flux", flux)});
}

}  // namespace

MmuHdf5::MmuHdf5(io::Hdf5File file) : file_(std::move(file)), curves_(MmuHdf5Curves::find(file_)) {
  sort_datasets();
  arrow::FieldVector fields;
  for (const auto& column : columns_) fields.push_back(arrow::field(column.name, type_of(column)));
  schema_ = arrow::schema(fields);
}

TypePtr MmuHdf5::type_of(const Column& column) const {
  arrow::FieldVector children;
  switch (column.form) {
    case Form::kPlain:
      return type_of(file_.need(column.dataset));
    case Form::kPicture:
      return arrow::struct_({arrow::field("bytes", arrow::binary()), arrow::field("path", arrow::utf8())});
    case Form::kCurves:
      return curves_->type();
    case Form::kTriplet:
      return triplet_type(file_.need(column.dataset));
    case Form::kStruct:
      for (const auto& [name, dataset] : column.children)
        children.push_back(arrow::field(name, type_of(file_.need(dataset))));
      return arrow::struct_(children);
  }
  return arrow::null();
}

void MmuHdf5::add_struct(const std::string& name, const std::vector<std::pair<std::string, std::string>>& children) {
  const auto has = [&](const char* field) {
    return std::any_of(children.begin(), children.end(), [&](const auto& c) { return c.first == field; });
  };
  const bool known = (name == "spectrum" && has("flux") && has("lambda")) ||
                     (name == "image" && has("flux") && has("band")) || (name == "catalog" && has("X") && has("Y"));
  if (known) {
    columns_.push_back({Form::kStruct, name, children, ""});
  } else {
    for (const auto& [field, dataset] : children) left_out_.push_back(dataset);
  }
}

void MmuHdf5::sort_datasets() {
  Groups groups;
  const bool one_object = curves_ && curves_->one_object();
  rows_ = one_object ? 1 : -1;
  if (curves_) {
    columns_.push_back({Form::kCurves, "lightcurve", {}, ""});
    row_bytes_ = std::max(row_bytes_, curves_->values_per_row() * 8);
  }
  for (const auto& d : file_.datasets()) {
    const bool used = curves_ && curves_->uses(d.path);
    const bool too_long = std::any_of(d.shape.begin() + (d.shape.empty() ? 0 : 1), d.shape.end(),
                                      [](int64_t axis) { return axis > kLongestAxis || axis < 1; });
    const bool no_rows = one_object ? d.rows() != 1 : d.shape.empty();
    const bool inside = d.path.find('/') != std::string::npos || d.path.find('.') != std::string::npos;
    const bool misfit = !used && (inside || no_rows || too_long);
    if (misfit) left_out_.push_back(d.path);
    if (misfit || (used && (one_object || d.shape.size() == 1))) continue;  // of one axis: the names of bands
    if (rows_ < 0) rows_ = d.rows();
    if (d.rows() != rows_)
      base::data_error("{}, {}: {} rows, and the dataset before it has {}", file_.name(), d.path, d.rows(), rows_);
    if (!used) add_dataset(d, groups);
  }
  for (const auto& [name, children] : groups) add_struct(name, children);
  std::set<std::string> names;
  for (const auto& column : columns_) {
    std::set<std::string> fields;
    for (const auto& [field, dataset] : column.children)
      if (!fields.insert(field).second)
        base::data_error("{}, {}: a second dataset that becomes {}.{}", file_.name(), dataset, column.name, field);
    if (!names.insert(column.name).second)
      base::data_error("{}: a dataset {} beside datasets {}_..., which become one column of that name", file_.name(),
                       column.name, column.name);
  }
  if (rows_ < 0)
    base::data_error("{}: no dataset with rows; of MaNGA's files with a group an object, import mmu_manga",
                     file_.name());
  if (file_.find("object_id") == nullptr && file_.find("name") == nullptr)
    base::data_error("{}: no dataset object_id", file_.name());
}

void MmuHdf5::add_dataset(const io::Hdf5Dataset& d, Groups& groups) {
  row_bytes_ = std::max(row_bytes_, d.per_row() * 8);
  std::string group;
  for (const char* start : {"spectrum_", "image_", "catalog_"}) {
    if (d.path.rfind(start, 0) == 0 && d.shape.size() >= 2) group = std::string(start, std::string(start).size() - 1);
  }
  if (is_picture(d)) {
    columns_.push_back({Form::kPicture, d.path, {}, d.path});
  } else if (is_triplet(d)) {
    columns_.push_back({Form::kTriplet, "image", {}, d.path});
  } else if (!group.empty()) {
    groups[group].emplace_back(field_name(group, d.path.substr(group.size() + 1)), d.path);
  } else if (d.shape.size() <= 1 || (d.shape.size() == 2 && d.kind != io::Hdf5Kind::kText)) {
    columns_.push_back({Form::kPlain, d.path, {}, d.path});
  } else {
    left_out_.push_back(d.path);
  }
}

TypePtr MmuHdf5::type_of(const io::Hdf5Dataset& d) const {
  TypePtr type = element_type(d.kind);
  for (size_t axis = d.shape.size(); axis-- > 1;) type = arrow::fixed_size_list(type, int32_t(d.shape[axis]));
  return type;
}

ArrayPtr MmuHdf5::array_of(const std::string& path, int64_t first, int64_t rows) {
  const auto& d = file_.need(path);
  ArrayPtr values;
  if (d.kind == io::Hdf5Kind::kFloat) values = wrapped(arrow::float32(), file_.read<float>(path, first, rows));
  if (d.kind == io::Hdf5Kind::kDouble) values = wrapped(arrow::float64(), file_.read<double>(path, first, rows));
  if (d.kind == io::Hdf5Kind::kInteger) values = wrapped(arrow::int64(), file_.read<int64_t>(path, first, rows));
  if (d.kind == io::Hdf5Kind::kBool) {
    const auto flags = file_.read<uint8_t>(path, first, rows);
    values = std::make_shared<arrow::BooleanArray>(int64_t(flags.size()), bits_of(flags.data(), int64_t(flags.size())));
  }
  if (d.kind == io::Hdf5Kind::kText) {
    arrow::StringBuilder builder;
    for (const auto& text : file_.read_texts(path, first, rows)) io::check_arrow(builder.Append(text), path);
    values = io::need_arrow(builder.Finish(), path);
  }
  TypePtr type = element_type(d.kind);
  for (size_t axis = d.shape.size(); axis-- > 1;) {
    type = arrow::fixed_size_list(type, int32_t(d.shape[axis]));
    values = std::make_shared<arrow::FixedSizeListArray>(type, values->length() / d.shape[axis], values);
  }
  return values;
}

// Colours of 0 to 255, encoded as the pictures of v1.5 are.
ArrayPtr MmuHdf5::pictures_of(const std::string& path, int64_t first, int64_t rows) {
  const auto& d = file_.need(path);
  const auto values = file_.read<int64_t>(path, first, rows);
  arrow::BinaryBuilder builder;
  const size_t size = size_t(d.per_row());
  for (size_t row = 0; row < size_t(rows); ++row) {
    io::Picture8 picture;
    picture.height = d.shape[1];
    picture.width = d.shape[2];
    picture.channels = 3;
    for (size_t i = row * size; i < (row + 1) * size; ++i) {
      if (values[i] < 0 || values[i] > 255)
        base::data_error("{}, {}, row {}: {} is no colour from 0 to 255", file_.name(), path, first + int64_t(row),
                         values[i]);
      picture.values.push_back(uint8_t(values[i]));
    }
    const auto png = io::encode_png(picture);
    io::check_arrow(builder.Append(reinterpret_cast<const uint8_t*>(png.data()), int32_t(png.size())), path);
  }
  const ArrayPtr bytes = io::need_arrow(builder.Finish(), path);
  const ArrayPtr none = io::need_arrow(arrow::MakeArrayOfNull(arrow::utf8(), rows), path);
  return std::make_shared<arrow::StructArray>(schema_->GetFieldByName(path)->type(), rows,
                                              arrow::ArrayVector{bytes, none});
}

// Planes of the last axis become bands.
ArrayPtr MmuHdf5::triplets_of(const std::string& path, int64_t first, int64_t rows) {
  const auto& d = file_.need(path);
  const auto values = file_.read<float>(path, first, rows);
  const size_t pixels = size_t(d.shape[1] * d.shape[2]);
  std::vector<float> planes(values.size());
  for (size_t row = 0; row < size_t(rows); ++row) {
    for (size_t i = 0; i < pixels * kViews.size(); ++i)
      planes[(row * kViews.size() + i % kViews.size()) * pixels + i / kViews.size()] =
          values[row * pixels * kViews.size() + i];
  }
  arrow::StringBuilder names;
  for (int64_t i = 0; i < rows * int64_t(kViews.size()); ++i)
    io::check_arrow(names.Append(kViews[size_t(i) % kViews.size()]), path);
  const auto type = triplet_type(d);
  auto flux = wrapped(arrow::float32(), planes);
  for (const int64_t axis : {d.shape[2], d.shape[1], int64_t(kViews.size())})
    flux = std::make_shared<arrow::FixedSizeListArray>(arrow::fixed_size_list(flux->type(), int32_t(axis)),
                                                       flux->length() / axis, flux);
  const auto bands =
      std::make_shared<arrow::FixedSizeListArray>(type->field(0)->type(), rows, io::need_arrow(names.Finish(), path));
  return std::make_shared<arrow::StructArray>(type, rows, arrow::ArrayVector{bands, flux});
}

ArrayPtr MmuHdf5::array_of(const Column& column, int64_t first, int64_t rows) {
  arrow::ArrayVector children;
  switch (column.form) {
    case Form::kPlain:
      return array_of(column.dataset, first, rows);
    case Form::kPicture:
      return pictures_of(column.dataset, first, rows);
    case Form::kCurves:
      return curves_->read(file_, first, rows);
    case Form::kTriplet:
      return triplets_of(column.dataset, first, rows);
    case Form::kStruct:
      for (const auto& [name, dataset] : column.children) children.push_back(array_of(dataset, first, rows));
      return std::make_shared<arrow::StructArray>(schema_->GetFieldByName(column.name)->type(), rows, children);
  }
  return nullptr;
}

std::shared_ptr<arrow::Table> MmuHdf5::read(int64_t first, int64_t rows) {
  if (first < 0 || rows < 0 || rows > rows_ - first)
    base::data_error("{}: rows {} to {} of {}", file_.name(), first, first + rows, rows_);
  arrow::ArrayVector out;
  for (const auto& column : columns_) out.push_back(array_of(column, first, rows));
  return arrow::Table::Make(schema_, out, rows);
}

}  // namespace asterism::data
