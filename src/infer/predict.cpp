#include "infer/predict.h"

#include <arrow/api.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "data/batch_table.h"
#include "data/column_words.h"
#include "data/hats_read.h"
#include "infer/columns.h"
#include "infer/shared_modalities.h"
#include "io/json.h"
#include "io/parquet.h"
#include "models/model.h"

namespace asterism::infer {
namespace {

void add_scalar(const std::string& target, const models::ScalarPosterior& posterior, const at::Tensor& present_N,
                const modalities::Batch& batch, const PredictOptions& options, NewColumns& out) {
  auto number = [&](const std::string& suffix, const std::string& description, const at::Tensor& value_N) {
    out.emplace_back(scalar_field(target + suffix, posterior.unit(), description + " of the posterior of " + target),
                     number_column(value_N, present_N));
  };
  number("_mean", "mean", posterior.mean_N());
  number("_std", "standard deviation", posterior.standard_deviation_N());
  number("_median", "median", posterior.median_N());
  number("_mode", "mode", posterior.mode_N());
  for (const auto& [suffix, q] :
       {std::pair<const char*, double>{"_q05", 0.05}, {"_q16", 0.16}, {"_q84", 0.84}, {"_q95", 0.95}})
    number(suffix, fmt::format("{:.0f}% quantile", 100 * q), posterior.quantile_N(q));
  if (options.posterior) {
    const auto edges = posterior.edges_E().contiguous();
    const std::vector<double> values(edges.const_data_ptr<double>(), edges.const_data_ptr<double>() + edges.numel());
    const auto array = list_column(posterior.probability_NK(), present_N);
    out.emplace_back(data::described_field(target + "_posterior", array->type(),
                                           {{"description", "probability of each bin of " + target},
                                            {"asterism:edges", io::dump_json(nlohmann::json(values), -1)}}),
                     array);
  }
  if (options.draws > 0) {
    std::vector<uint64_t> keys;
    for (const auto& object : batch.objects) keys.push_back(object.hash());
    const auto array = list_column(posterior.sample_NS(options.draws, options.sampler.seed, keys), present_N);
    out.emplace_back(data::described_field(target + "_draws", array->type(),
                                           {{"unit", posterior.unit()}, {"description", "draws of " + target}}),
                     array);
  }
}

void add_block(const std::string& target, const models::BlockPrediction& prediction, const at::Tensor& present_N,
               int64_t vocabulary, const modalities::Batch& batch, NewColumns& out) {
  for (size_t i = 0; i < prediction.ids_NT.size(); ++i) {
    const auto array = token_column(prediction.ids_NT[i], present_N, vocabulary);
    out.emplace_back(
        vector_field(fmt::format("{}_tokens_{}", target, i), array->type(), "drawn tokens of " + target, vocabulary),
        array);
  }
  modalities::Batch mean;
  mean.objects = batch.objects;
  mean.blocks[target + "_predicted"] = prediction.mean;
  const auto schema = data::schema_for(mean, {});
  const auto table = data::to_table(mean, schema);
  const int last = schema->num_fields() - 1;  // after id, position and survey
  for (int column = 0; column <= last; ++column) {
    const auto& field = schema->field(column);
    const bool mine = field->name() == "image" || field->name() == "spectrum" || field->name().rfind(target, 0) == 0;
    if (!mine) continue;
    const auto& chunks = table->column(column);
    const auto array =
        chunks->num_chunks() == 1 ? chunks->chunk(0) : io::need_arrow(arrow::Concatenate(chunks->chunks()), target);
    const bool main = field->name() == "image" || field->name() == "spectrum";
    out.emplace_back(main ? field->WithName(target + "_predicted") : field, array);
  }
}

// What differs from the plain sampler, for the identity of an output that is resumed.
std::string how_drawn(const models::Sampler& s) {
  if (s.scheme == "maskgit" && s.top_k == 0 && s.top_p == 0 && s.guidance == 1) return "";
  return fmt::format(" {} {} {} {}", s.scheme, s.top_k, s.top_p, s.guidance);
}

}  // namespace

NewColumns predict_batch(const models::Predictor& model, const modalities::Batch& batch,
                         const PredictOptions& options) {
  at::NoGradGuard no_grad;
  models::PredictRequest request;
  request.given = options.given;
  request.targets = options.targets;
  request.sampler = options.sampler;
  request.passes = options.passes;
  const auto prediction = model.predict(batch, request);
  NewColumns out;
  for (const auto& target : options.targets) {
    if (const auto scalar = prediction.scalars.find(target); scalar != prediction.scalars.end())
      add_scalar(target, scalar->second, prediction.present_N, batch, options, out);
    if (const auto block = prediction.blocks.find(target); block != prediction.blocks.end())
      add_block(target, block->second, prediction.present_N, model.codec(target).vocabulary(), batch, out);
  }
  return out;
}

MapResult predict(const PredictOptions& options) {
  const auto loaded = models::load_model(options.model);
  const auto* model = dynamic_cast<const models::Predictor*>(loaded.get());
  if (model == nullptr)
    base::user_error(
        "{}: a model of kind '{}' gives vectors, not predictions; use one of kind 'any_to_any', 'aion' or 'adapted'",
        options.model.string(), loaded->kind());
  if (options.targets.empty())
    base::user_error("no target: name what to predict, one of {}", base::quoted_list(model->targets()));
  if (options.sampler.samples < 1 || options.sampler.steps < 1 || options.draws < 0 || options.passes < 0 ||
      !(options.sampler.temperature >= 0))
    base::user_error("samples and steps are at least 1; draws, passes and temperature not negative");
  auto inputs = loaded->modalities();
  const auto known = model->targets();
  for (const auto& target : options.targets) {
    if (std::find(known.begin(), known.end(), target) == known.end())
      base::user_error("the model does not predict '{}'; the nearest that it predicts is '{}'", target,
                       base::nearest(target, known));
    if (std::find(options.given.begin(), options.given.end(), target) != options.given.end())
      base::user_error("'{}' is both given and to be predicted", target);
    if (std::count(options.targets.begin(), options.targets.end(), target) > 1)
      base::user_error("'{}' is to be predicted twice: name each target once", target);
    std::erase(inputs, target);
  }
  const auto names = data::HatsReader::open(options.dataset).layout().names();
  auto complete = options;
  complete.given = shared_modalities(inputs, names, options.given, options.dataset.string());
  const std::string hash = folder_fingerprint(options.model);
  MapOptions map;
  map.dataset = options.dataset;
  map.out = options.out;
  map.modalities = complete.given;
  map.keep_scalars = options.keep_scalars;
  map.batch_size = options.batch_size;
  map.resume = options.resume;
  map.shard = options.shard;
  map.shards = options.shards;
  const std::string given = fmt::format("{}", fmt::join(complete.given, " ")),
                    targets = fmt::format("{}", fmt::join(options.targets, " "));
  map.identity =
      fmt::format("predict {} {} {} {} {} {} {} {} {} {} {}{}", hash, given, targets, options.posterior, options.draws,
                  options.passes, options.sampler.samples, options.sampler.steps, options.sampler.temperature,
                  options.sampler.schedule, options.sampler.seed, how_drawn(options.sampler));
  map.title = fmt::format("Predictions of {}", targets);
  map.description = fmt::format("predicted from {}", given);
  map.properties = {{"asterism_model", loaded->kind()}, {"asterism_model_sha256", hash}, {"asterism_given", given}};
  map.what = "predicting";
  return map_dataset(map, [&](const modalities::Batch& batch) { return predict_batch(*model, batch, complete); });
}

}  // namespace asterism::infer
