#include "infer/drawn_columns.h"

#include <arrow/api.h>
#include <fmt/format.h>

#include "data/batch_table.h"
#include "data/layout.h"
#include "infer/columns.h"
#include "io/parquet.h"

namespace asterism::infer {
namespace {

std::string word_of(const arrow::Field& field, const std::string& key) {
  const auto words = field.metadata();
  const int at = words ? words->FindKey(key) : -1;
  return at < 0 ? "" : words->value(at);
}

modalities::Block where_present(const modalities::Block& block, const at::Tensor& present_N) {
  const auto present = present_N.to(at::kCPU, at::kBool).contiguous();
  if (present.all().item<bool>()) return block;
  const bool* flag = present.const_data_ptr<bool>();
  const int64_t n = modalities::rows(block);
  std::vector<int64_t> rows;
  for (int64_t i = 0; i < n; ++i) rows.push_back(flag[i] ? i : n);  // row n is one that is not there
  const std::vector<modalities::Block> both{block, modalities::absent_like(block, 1)};
  return modalities::select(modalities::concatenate(both), rows);
}

}  // namespace

void add_block(const std::string& name, const modalities::Block& block, const at::Tensor& present_N,
               const std::vector<modalities::ObjectKey>& objects, NewColumns& out) {
  modalities::Batch batch;
  batch.objects = objects;
  batch.blocks.emplace(name, where_present(block, present_N));
  const auto schema = data::schema_for(batch, {});
  const auto table = data::to_table(batch, schema);
  for (int column = 0; column < schema->num_fields(); ++column) {
    const auto& field = schema->field(column);
    if (word_of(*field, "asterism:modality") != name) continue;  // id, position and survey
    const auto& chunks = table->column(column);
    const auto array =
        chunks->num_chunks() == 1 ? chunks->chunk(0) : io::need_arrow(arrow::Concatenate(chunks->chunks()), name);
    const bool main = word_of(*field, "asterism:role") == "value";  // "image" where it is the only one
    out.emplace_back(main ? field->WithName(name) : field, array);
  }
}

void add_drawn(const std::string& target, const models::BlockPrediction& drawn, const at::Tensor& present_N,
               int64_t vocabulary, const std::vector<modalities::ObjectKey>& objects, bool decoded, NewColumns& out) {
  for (size_t i = 0; i < drawn.ids_NT.size(); ++i) {
    const auto array = token_column(drawn.ids_NT[i], present_N, vocabulary);
    out.emplace_back(
        vector_field(fmt::format("{}_tokens_{}", target, i), array->type(), "drawn tokens of " + target, vocabulary),
        array);
  }
  if (!std::holds_alternative<modalities::CatalogBlock>(drawn.mean))
    add_block(target + "_predicted", drawn.mean, present_N, objects, out);
  for (size_t i = 0; decoded && i < drawn.samples.size(); ++i)
    add_block(fmt::format("{}_sample_{}", target, i), drawn.samples[i], present_N, objects, out);
}

}  // namespace asterism::infer
