#include "infer/columns.h"

#include <arrow/api.h>

#include <cmath>

#include "base/error.h"
#include "data/column_words.h"
#include "io/parquet.h"

namespace asterism::infer {
namespace {

std::vector<uint8_t> flags_of(const at::Tensor& present_N, int64_t n) {
  if (!present_N.defined()) return std::vector<uint8_t>(size_t(n), 1);
  const auto flags = present_N.to(at::kByte).contiguous();
  ASTERISM_CHECK(flags.numel() == n, "{} flags for {} rows", flags.numel(), n);
  return {flags.const_data_ptr<uint8_t>(), flags.const_data_ptr<uint8_t>() + n};
}

// `Builder` of the values, `T` as they lie in the tensor.
template <class T, class Builder>
std::shared_ptr<arrow::Array> lists(const at::Tensor& values_ND, const std::vector<uint8_t>& present) {
  const int64_t n = values_ND.size(0), d = values_ND.size(1);
  auto values = std::make_shared<Builder>();
  arrow::FixedSizeListBuilder builder(arrow::default_memory_pool(), values, int32_t(d));
  const T* data = values_ND.const_data_ptr<T>();
  std::vector<typename Builder::value_type> row(static_cast<size_t>(d));
  for (int64_t i = 0; i < n; ++i) {
    if (present[size_t(i)] == 0) {
      io::check_arrow(builder.AppendNull(), "list column");
      continue;
    }
    io::check_arrow(builder.Append(), "list column");
    for (int64_t j = 0; j < d; ++j) row[size_t(j)] = static_cast<typename Builder::value_type>(data[i * d + j]);
    io::check_arrow(values->AppendValues(row), "list column");
  }
  return io::need_arrow(builder.Finish(), "list column");
}

}  // namespace

std::shared_ptr<arrow::Field> vector_field(const std::string& name, const std::shared_ptr<arrow::DataType>& type,
                                           const std::string& description, int64_t vocabulary) {
  data::FieldWords words = {{"description", description},
                            {"asterism:modality", name},
                            {"asterism:kind", "vector"},
                            {"asterism:role", "value"}};
  if (vocabulary > 0) words.emplace_back("asterism:vocabulary", std::to_string(vocabulary));
  return data::described_field(name, type, words);
}

std::shared_ptr<arrow::Field> scalar_field(const std::string& name, const std::string& unit,
                                           const std::string& description) {
  return data::described_field(name, arrow::float64(),
                               {{"unit", data::vo_unit(unit)},
                                {"description", description},
                                {"asterism:modality", name},
                                {"asterism:kind", "scalar"},
                                {"asterism:role", "value"},
                                {"asterism:unit", unit}});
}

std::shared_ptr<arrow::Array> list_column(const at::Tensor& values_ND, const at::Tensor& present_N) {
  ASTERISM_CHECK(values_ND.dim() == 2 && values_ND.size(1) > 0, "{} dimensions", values_ND.dim());
  return lists<float, arrow::FloatBuilder>(values_ND.detach().to(at::kCPU, at::kFloat).contiguous(),
                                           flags_of(present_N, values_ND.size(0)));
}

std::shared_ptr<arrow::Array> token_column(const at::Tensor& ids_NT, const at::Tensor& present_N, int64_t vocabulary) {
  ASTERISM_CHECK(ids_NT.dim() == 2 && ids_NT.size(1) > 0 && vocabulary >= 1 && vocabulary <= int64_t{1} << 32,
                 "vocabulary {}", vocabulary);
  const auto ids = ids_NT.detach().to(at::kCPU, at::kLong).contiguous();
  ASTERISM_CHECK(ids.numel() == 0 || (ids.min().item<int64_t>() >= 0 && ids.max().item<int64_t>() < vocabulary),
                 "a token outside the vocabulary of {}", vocabulary);
  const auto present = flags_of(present_N, ids.size(0));
  if (vocabulary <= int64_t{1} << 16) return lists<int64_t, arrow::UInt16Builder>(ids, present);
  return lists<int64_t, arrow::UInt32Builder>(ids, present);
}

std::shared_ptr<arrow::Array> number_column(const at::Tensor& values_N, const at::Tensor& present_N) {
  const auto values = values_N.detach().to(at::kCPU, at::kDouble).contiguous();
  const auto present = flags_of(present_N, values.numel());
  arrow::DoubleBuilder builder;
  for (int64_t i = 0; i < values.numel(); ++i) {
    const double value = values.const_data_ptr<double>()[i];
    const bool good = present[size_t(i)] != 0 && std::isfinite(value);
    io::check_arrow(good ? builder.Append(value) : builder.AppendNull(), "number column");
  }
  return io::need_arrow(builder.Finish(), "number column");
}

std::shared_ptr<arrow::Array> text_column(const std::vector<std::string>& texts) {
  arrow::StringBuilder builder;
  io::check_arrow(builder.AppendValues(texts), "text");
  return io::need_arrow(builder.Finish(), "text");
}

namespace {

// Lists of the members of a struct that are lists of lists of numbers: the vectors of tokens.
void check_finite_members(const std::string& name, const arrow::StructArray& column,
                          const std::vector<modalities::ObjectKey>& objects) {
  for (int c = 0; c < column.num_fields(); ++c) {
    const auto member = column.field(c);
    const auto* lists = dynamic_cast<const arrow::ListArray*>(member.get());
    const auto* vectors = lists ? dynamic_cast<const arrow::FixedSizeListArray*>(lists->values().get()) : nullptr;
    if (!vectors) continue;
    std::vector<modalities::ObjectKey> object_of_token(size_t(vectors->length()));
    for (int64_t i = 0; i < column.length(); ++i)
      for (int64_t token = lists->value_offset(i); token < lists->value_offset(i) + lists->value_length(i); ++token)
        object_of_token[size_t(token)] = objects[size_t(i)];
    check_finite(name, *vectors, object_of_token);
  }
}

}  // namespace

void check_finite(const std::string& name, const arrow::Array& column,
                  const std::vector<modalities::ObjectKey>& objects) {
  if (const auto* members = dynamic_cast<const arrow::StructArray*>(&column))
    return check_finite_members(name, *members, objects);
  const auto* list = dynamic_cast<const arrow::FixedSizeListArray*>(&column);
  const arrow::Array& values = list ? *list->values() : column;
  const auto* floats = dynamic_cast<const arrow::FloatArray*>(&values);
  const auto* doubles = dynamic_cast<const arrow::DoubleArray*>(&values);
  if (!floats && !doubles) return;
  const int64_t width = list ? list->value_length() : 1;
  for (int64_t i = 0; i < column.length(); ++i) {
    if (column.IsNull(i)) continue;
    const int64_t first = list ? list->value_offset(i) : i;
    for (int64_t k = first; k < first + width; ++k) {
      const double value = floats ? double(floats->Value(k)) : doubles->Value(k);
      if (!std::isfinite(value))
        base::data_error(
            "{}: {} of object {}/{}: the model is damaged or the object beyond what it can bear; see "
            "'asterism model verify' and the object's own values",
            name, value, objects[size_t(i)].survey, objects[size_t(i)].id);
    }
  }
}

}  // namespace asterism::infer
