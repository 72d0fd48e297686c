#include "infer/embed.h"

#include <arrow/api.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "base/folder_hash.h"
#include "data/hats_read.h"
#include "infer/columns.h"
#include "infer/shared_modalities.h"
#include "infer/symmetric_embedding.h"
#include "infer/warn_unlike.h"
#include "models/all.h"
#include "models/codec_vectors.h"
#include "nn/autocast.h"
#include "nn/device.h"
#include "tokenizers/tokenizer.h"
#include "tokenizers/tokenizer_folder.h"

namespace asterism::infer {

MapResult embed(const models::Model& model, const std::string& model_hash, const EmbedOptions& options) {
  if (options.any_instrument && !model.checks_instrument())
    base::user_error("a model of kind '{}' takes any instrument by itself: leave out --any-instrument", model.kind());
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
                 (precision == nn::Precision::fp32 ? "" : " " + nn::name(precision));
  map.title = fmt::format("Vectors of {} by {}", options.dataset.filename().string(), model.kind());
  models::EmbedRequest request;
  request.given = given;
  request.normalise = options.normalise;
  request.layer = options.layer;
  request.rings = options.rings;
  request.any_instrument = options.any_instrument;
  map.description = fmt::format("{} numbers an object, from {}", model.vector_width(request), given_text);
  map.properties = {
      {"asterism_model", model.kind()}, {"asterism_model_sha256", model_hash}, {"asterism_given", given_text}};
  map.precision = precision;
  map.what = "embedding";
  const auto type = arrow::fixed_size_list(arrow::float32(), int32_t(model.vector_width(request)));
  const auto field = vector_field(options.column, type, map.description, 0);
  const auto ranges =
      options.model.empty() ? data::ValueRanges() : data::read_ranges(models::model_folder(options.model));
  data::UnlikeObjects unlike(ranges, given);
  const auto result = map_dataset(map, [&](const modalities::Batch& batch) -> NewColumns {
    unlike.add(batch);
    at::NoGradGuard no_grad;
    const nn::Autocast autocast(precision, device.type());
    const auto embedded = options.symmetries ? symmetric_embedding(model, batch, request) : model.embed(batch, request);
    return {{field, list_column(embedded.vectors_ND, embedded.present_N)}};
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
  return embed(*opened(folder, options), base::sha256_folder(folder), options);
}

}  // namespace asterism::infer
