#include "infer/tokenize.h"

#include <arrow/api.h>
#include <fmt/ranges.h>

#include "base/apart.h"
#include "base/error.h"
#include "base/folder_hash.h"
#include "data/hats_read.h"
#include "infer/columns.h"
#include "infer/tokenizer_set.h"
#include "infer/warn_unlike.h"
#include "nn/autocast.h"
#include "nn/device.h"
#include "tokenizers/cube_templates.h"

namespace asterism::infer {

namespace {

struct Column {
  ModalityTokenizer from;
  std::string name, hash, description;
};

std::vector<Column> columns_of(const TokenizeOptions& options) {
  const auto there = data::HatsReader::open(options.dataset).layout().names();
  std::vector<Column> out;
  base::check_apart(options.tokenizer, options.out);  // a model with codecs would be told by another hash from then on
  for (auto& from : tokenizers_for(options.tokenizer, options.modalities, there)) {
    Column column;
    column.name = options.column.empty() ? from.modality + "_tokens" : options.column;
    base::check_apart(from.folder, options.out);
    column.hash = base::sha256_folder(from.folder);
    const bool of_any_size = dynamic_cast<const tokenizers::CubeTemplates*>(from.tokenizer.get()) != nullptr;
    column.description =
        fmt::format("{} tokens an object, each below {}",
                    of_any_size ? "height, width and so many" : std::to_string(from.tokenizer->num_tokens()),
                    from.tokenizer->vocabulary());
    column.from = std::move(from);
    out.push_back(std::move(column));
  }
  if (!options.column.empty() && out.size() > 1)
    base::user_error("--column names one column, and there are {} modalities; leave it out", out.size());
  return out;
}

// What the columns are, in the names and properties of the output.
void describe(const std::vector<Column>& columns, nn::Precision precision, MapOptions& map) {
  const std::string suffix = precision == nn::Precision::fp32 ? "" : " " + nn::name(precision);
  std::vector<std::string> identities, titles, kinds, hashes;
  for (const auto& column : columns) {
    const auto& from = column.from;
    map.modalities.push_back(from.modality);
    identities.push_back(fmt::format("tokenize {} {} {}{}", column.hash, from.modality, column.name, suffix));
    titles.push_back(fmt::format("Tokens of {} by {}", from.modality, from.tokenizer->kind()));
    kinds.push_back(from.tokenizer->kind());
    hashes.push_back(column.hash);
  }
  map.identity = fmt::format("{}", fmt::join(identities, "\n"));
  map.title = fmt::format("{}", fmt::join(titles, ", "));
  map.description = columns.size() == 1 ? columns[0].description : fmt::format("{} columns of tokens", columns.size());
  map.properties = {{"asterism_tokenizer", fmt::format("{}", fmt::join(kinds, " "))},
                    {"asterism_tokenizer_sha256", fmt::format("{}", fmt::join(hashes, " "))}};
  map.precision = precision;
}

}  // namespace

MapResult tokenize(const TokenizeOptions& options) {
  const auto device = nn::choose_device(options.device);
  const auto columns = columns_of(options);
  for (const auto& column : columns)
    if (!device.is_cpu()) column.from.tokenizer->to(device);
  const auto precision = nn::choose_precision(options.precision, device, nn::Work::inference_by_convolutions);
  MapOptions map;
  map.device = device;
  map.dataset = options.dataset;
  map.out = options.out;
  map.keep_scalars = options.keep_scalars;
  map.batch_size = options.batch_size;
  map.resume = options.resume;
  map.shard = options.shard;
  map.shards = options.shards;
  map.what = "tokenizing";
  describe(columns, precision, map);
  data::ValueRanges ranges;
  for (const auto& column : columns)
    if (auto of_folder = data::read_ranges(column.from.folder); of_folder.contains(column.from.modality))
      ranges[column.from.modality] = std::move(of_folder[column.from.modality]);
  data::UnlikeObjects unlike(ranges, map.modalities);
  const auto result = map_dataset(map, [&](const modalities::Batch& batch) -> NewColumns {
    unlike.add(batch);
    at::NoGradGuard no_grad;
    const nn::Autocast autocast(precision, device.type());
    NewColumns made;
    for (const auto& column : columns) {
      const auto& tokenizer = *column.from.tokenizer;
      const auto tokens = tokenizer.encode(batch.blocks.at(column.from.modality));
      const auto array = token_column(tokens.ids, tokens.present, tokenizer.vocabulary());
      made.emplace_back(vector_field(column.name, array->type(), column.description, tokenizer.vocabulary()), array);
    }
    return made;
  });
  warn_of(unlike);
  return result;
}

}  // namespace asterism::infer
