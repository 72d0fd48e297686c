#include "infer/embed.h"

#include <arrow/api.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/apart.h"
#include "base/error.h"
#include "base/folder_hash.h"
#include "data/hats_read.h"
#include "infer/columns.h"
#include "infer/shared_modalities.h"
#include "infer/symmetric_embedding.h"
#include "infer/token_vectors.h"
#include "infer/warn_unlike.h"
#include "models/all.h"
#include "models/codec_vectors.h"
#include "nn/autocast.h"
#include "nn/device.h"
#include "tokenizers/tokenizer.h"
#include "tokenizers/tokenizer_folder.h"

namespace asterism::infer {
namespace {

// How many numbers a vector has. UserError where options and model do not go together.
int64_t checked_width(const models::Model& model, const EmbedOptions& options, const models::EmbedRequest& request) {
  const std::vector<std::string> known{"mean", "cls", "attentive", "tokens"};
  if (std::find(known.begin(), known.end(), options.pool) == known.end())
    base::user_error("no pooling '{}'; the nearest is '{}'", options.pool, base::nearest(options.pool, known));
  if (options.any_instrument && !model.checks_instrument())
    base::user_error("a model of kind '{}' takes any instrument by itself: leave out --any-instrument", model.kind());
  model.check_pool(options.pool);
  if (options.pool == "mean") return model.vector_width(request);
  if (options.rings > 0) base::user_error("rings are means of tokens: leave out --rings, or --pool {}", options.pool);
  if (options.pool == "tokens" && options.symmetries)
    base::user_error(
        "tokens of turned images lie elsewhere and have no mean: leave out --symmetries, or --pool tokens");
  return model.pools().at(options.pool);
}

models::EmbedRequest request_of(const EmbedOptions& options, const std::vector<std::string>& given) {
  models::EmbedRequest out;
  out.given = given;
  out.normalise = options.normalise;
  out.layer = options.layer;
  out.rings = options.rings;
  out.any_instrument = options.any_instrument;
  return out;
}

std::shared_ptr<arrow::Array> column_of(const models::Model& model, const modalities::Batch& batch,
                                        const models::EmbedRequest& request, const EmbedOptions& options) {
  if (options.pool == "tokens") return token_vectors_column(model.token_rows(batch, request), options.normalise);
  const auto embedded = options.symmetries ? symmetric_embedding(model, batch, request, options.pool)
                                           : embedding_by(model, batch, request, options.pool);
  return list_column(embedded.vectors_ND, embedded.present_N);
}

}  // namespace

MapResult embed(const models::Model& model, const std::string& model_hash, const EmbedOptions& options) {
  const auto layout = data::HatsReader::open(options.dataset).layout();
  const auto names = layout.names();
  const auto given = shared_modalities(model.modalities(), names, options.given, options.dataset.string());
  if (options.symmetries && !any_can_be_turned(layout, given))
    base::user_error("symmetries are of images, and none is read of {}: leave them out", options.dataset.string());
  const std::string given_text = fmt::format("{}", fmt::join(given, " "));
  MapOptions map;
  map.dataset = options.dataset;
  map.out = options.out;
  map.modalities = given;
  map.keep_scalars = options.keep_scalars;
  map.batch_size = options.batch_size;
  map.resume = options.resume;
  map.shard = options.shard;
  map.shards = options.shards;
  const auto device = model.device();
  const auto precision = nn::choose_precision(options.precision, device, nn::Work::inference);
  map.device = device;
  map.identity = fmt::format("embed {} {} {} {} {} {} {}", model_hash, given_text, options.normalise, options.layer,
                             options.symmetries, options.rings, options.column) +
                 (options.any_instrument ? " any instrument" : "") +
                 (options.pool == "mean" ? "" : " pool " + options.pool) +
                 (precision == nn::Precision::fp32 ? "" : " " + nn::name(precision));
  map.title = fmt::format("Vectors of {} by {}", options.dataset.filename().string(), model.kind());
  const auto request = request_of(options, given);
  const int64_t width = checked_width(model, options, request);
  const bool tokens = options.pool == "tokens";
  map.description = fmt::format("{} numbers {}, from {}", width, tokens ? "a token" : "an object", given_text);
  map.properties = {
      {"asterism_model", model.kind()}, {"asterism_model_sha256", model_hash}, {"asterism_given", given_text}};
  if (options.pool != "mean") map.properties.emplace_back("asterism_pool", options.pool);
  map.precision = precision;
  map.what = "embedding";
  // tokens are hundreds of vectors an object: no more of them in memory than a batch has
  if (tokens) map.rows_per_group = std::min(map.rows_per_group, std::max<int64_t>(1, options.batch_size));
  const auto field = tokens ? token_vectors_field(options.column, width, map.description)
                            : vector_field(options.column, arrow::fixed_size_list(arrow::float32(), int32_t(width)),
                                           map.description, 0);
  const auto ranges =
      options.model.empty() ? data::ValueRanges() : data::read_ranges(models::model_folder(options.model));
  data::UnlikeObjects unlike(ranges, given);
  const auto result = map_dataset(map, [&](const modalities::Batch& batch) -> NewColumns {
    unlike.add(batch);
    at::NoGradGuard no_grad;
    const nn::Autocast autocast(precision, device.type());
    return {{field, column_of(model, batch, request, options)}};
  });
  warn_of(unlike);
  return result;
}

namespace {

std::unique_ptr<models::Model> opened(const std::filesystem::path& folder, const EmbedOptions& options) {
  const auto device = nn::choose_device(options.device);
  if (!models::holds_tokenizer(folder)) return models::load_model(folder, device);
  auto given = options.given;
  if (given.empty())
    given = tokenizers::read_by_default(folder, data::HatsReader::open(options.dataset).layout().names(), "--given");
  if (given.size() != 1)
    base::user_error("{} is a tokenizer, and one modality makes its vectors: say with --given which of {} it reads",
                     folder.string(), base::quoted_list(given));
  auto model = std::make_unique<models::CodecVectors>(tokenizers::load_tokenizer(folder), given.front());
  if (!device.is_cpu()) model->to(device);
  return model;
}

}  // namespace

MapResult embed(const EmbedOptions& options) {
  const auto folder = models::model_folder(options.model);
  base::check_apart(folder, options.out);  // the model would be told by another hash from then on
  return embed(*opened(folder, options), base::sha256_folder(folder), options);
}

}  // namespace asterism::infer
