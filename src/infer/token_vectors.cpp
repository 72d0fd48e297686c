#include "infer/token_vectors.h"

#include <arrow/api.h>

#include <vector>

#include "base/error.h"
#include "data/arrow_lists.h"
#include "data/column_words.h"
#include "infer/columns.h"
#include "io/parquet.h"
#include "models/lone_encoder.h"

namespace asterism::infer {
namespace {

std::shared_ptr<arrow::Array> vectors_of(const at::Tensor& rows_RD) {
  const int64_t R = rows_RD.size(0), D = rows_RD.size(1);
  arrow::FloatBuilder builder;
  io::check_arrow(builder.AppendValues(rows_RD.const_data_ptr<float>(), R * D), "tokens");
  const auto values = io::need_arrow(builder.Finish(), "tokens");
  return std::make_shared<arrow::FixedSizeListArray>(arrow::fixed_size_list(arrow::float32(), int32_t(D)), R, values);
}

}  // namespace

std::shared_ptr<arrow::DataType> token_vectors_type(int64_t width) {
  return arrow::struct_(
      {data::described_field("modality", data::list_of(arrow::utf8()),
                             {{"description", "what each token is of; empty: of nothing observed"}}),
       data::described_field("vector", data::list_of(arrow::fixed_size_list(arrow::float32(), int32_t(width))),
                             {{"description", "one a token"}})});
}

std::shared_ptr<arrow::Field> token_vectors_field(const std::string& name, int64_t width,
                                                  const std::string& description) {
  return data::described_field(name, token_vectors_type(width), {{"description", description}});
}

std::shared_ptr<arrow::Array> token_vectors_column(const models::Model::TokenRows& tokens, bool normalise) {
  auto rows_RD = tokens.rows_RD.detach().to(at::kCPU, at::kFloat).contiguous();
  if (normalise) rows_RD = models::unit_rows(rows_RD).contiguous();
  const int64_t n = tokens.objects.groups(), R = tokens.objects.rows();
  ASTERISM_CHECK(rows_RD.dim() == 2 && rows_RD.size(0) == R && int64_t(tokens.modality_R.size()) == R,
                 "{} rows, {} of objects, {} of modalities", rows_RD.size(0), R, tokens.modality_R.size());
  std::vector<std::string> names;
  names.reserve(size_t(R));
  for (const int32_t modality : tokens.modality_R)
    names.push_back(modality < 0 ? std::string() : tokens.names.at(size_t(modality)));
  const std::vector<int32_t> offsets(tokens.objects.starts.begin(), tokens.objects.starts.end());
  std::vector<uint8_t> present;
  int64_t missing = 0;
  for (int64_t i = 0; i < n; ++i) {
    present.push_back(tokens.objects.length(i) > 0 ? 1 : 0);
    missing += present.back() == 0 ? 1 : 0;
  }
  const auto type = token_vectors_type(rows_RD.size(1));
  const arrow::ArrayVector members{data::list_array(type->field(0)->type(), offsets, text_column(names)),
                                   data::list_array(type->field(1)->type(), offsets, vectors_of(rows_RD))};
  return std::make_shared<arrow::StructArray>(type, n, members,
                                              missing > 0 ? data::bits_of(present.data(), n) : nullptr, missing);
}

}  // namespace asterism::infer
