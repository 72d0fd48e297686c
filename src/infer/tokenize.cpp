#include "infer/tokenize.h"

#include <arrow/api.h>

#include "base/error.h"
#include "data/hats_read.h"
#include "infer/columns.h"
#include "tokenizers/tokenizer.h"

namespace asterism::infer {

MapResult tokenize(const TokenizeOptions& options) {
  const auto tokenizer = tokenizers::load_tokenizer(options.tokenizer);
  const std::string hash = folder_fingerprint(options.tokenizer);
  const std::string column = options.column.empty() ? options.modality + "_tokens" : options.column;
  const auto names = data::HatsReader::open(options.dataset).layout().names();
  if (std::find(names.begin(), names.end(), options.modality) == names.end())
    base::user_error("{} has no '{}'; the nearest that it has is '{}'", options.dataset.string(), options.modality,
                     base::nearest(options.modality, names));
  MapOptions map;
  map.dataset = options.dataset;
  map.out = options.out;
  map.modalities = {options.modality};
  map.keep_scalars = options.keep_scalars;
  map.batch_size = options.batch_size;
  map.resume = options.resume;
  map.shard = options.shard;
  map.shards = options.shards;
  map.identity = fmt::format("tokenize {} {} {}", hash, options.modality, column);
  map.title = fmt::format("Tokens of {} by {}", options.modality, tokenizer->kind());
  map.description = fmt::format("{} tokens an object, each below {}", tokenizer->num_tokens(), tokenizer->vocabulary());
  map.properties = {{"asterism_tokenizer", tokenizer->kind()}, {"asterism_tokenizer_sha256", hash}};
  map.what = "tokenizing";
  return map_dataset(map, [&](const modalities::Batch& batch) -> NewColumns {
    at::NoGradGuard no_grad;
    const auto tokens = tokenizer->encode(batch.blocks.at(options.modality));
    const auto array = token_column(tokens.ids, tokens.present, tokenizer->vocabulary());
    return {{vector_field(column, array->type(), map.description, tokenizer->vocabulary()), array}};
  });
}

}  // namespace asterism::infer
