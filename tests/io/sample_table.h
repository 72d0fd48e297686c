#pragma once
// A table such as datasets have: numbers, text with a null, a vector, a struct of lists; metadata on table and fields.

#include <arrow/api.h>

#include <memory>
#include <string>
#include <vector>

namespace asterism::io {

inline std::shared_ptr<arrow::Table> sample_table(int64_t rows) {
  arrow::Int64Builder ids;
  arrow::FloatBuilder fluxes;
  arrow::StringBuilder names;
  auto values = std::make_shared<arrow::FloatBuilder>(), elements = std::make_shared<arrow::FloatBuilder>();
  arrow::FixedSizeListBuilder vectors(arrow::default_memory_pool(), values, 4);
  arrow::ListBuilder lists(arrow::default_memory_pool(), elements);
  arrow::Status all;
  for (int64_t i = 0; i < rows; ++i) {
    all &= ids.Append(i * 3 - 5);
    all &= fluxes.Append(0.5f * static_cast<float>(i));
    all &= i % 7 == 3 ? names.AppendNull() : names.Append("object " + std::to_string(i));
    all &= vectors.Append();
    for (int k = 0; k < 4; ++k) all &= values->Append(static_cast<float>(i + k));
    all &= lists.Append();
    for (int64_t k = 0; k < i % 5; ++k) all &= elements->Append(static_cast<float>(k));
  }
  if (!all.ok()) all.Abort("sample table");
  const auto list = lists.Finish().ValueOrDie();
  const auto spectrum = arrow::StructArray::Make({list, list}, std::vector<std::string>{"flux", "ivar"}).ValueOrDie();
  const auto unit = arrow::key_value_metadata({"unit", "ucd"}, {"nanomaggy", "phot.flux"});
  const auto vector = vectors.Finish().ValueOrDie();
  const auto schema =
      arrow::schema({arrow::field("id", arrow::int64()), arrow::field("flux", arrow::float32())->WithMetadata(unit),
                     arrow::field("name", arrow::utf8()), arrow::field("vector", vector->type()),
                     arrow::field("spectrum", spectrum->type())},
                    arrow::key_value_metadata({"survey"}, {"mock"}));
  return arrow::Table::Make(
      schema, {ids.Finish().ValueOrDie(), fluxes.Finish().ValueOrDie(), names.Finish().ValueOrDie(), vector, spectrum});
}

}  // namespace asterism::io
