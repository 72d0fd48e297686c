#include "infer/predict.h"

#include <arrow/api.h>
#include <fmt/ranges.h>

#include "base/apart.h"
#include "base/error.h"
#include "base/folder_hash.h"
#include "base/log.h"
#include "base/random.h"
#include "data/column_words.h"
#include "data/hats_read.h"
#include "infer/chain_draws.h"
#include "infer/columns.h"
#include "infer/drawn_columns.h"
#include "infer/joint_draws.h"
#include "infer/likelihood.h"
#include "infer/shared_modalities.h"
#include "infer/warn_unlike.h"
#include "io/json.h"
#include "models/all.h"
#include "models/class_bins.h"
#include "models/draw_rounds.h"
#include "models/model.h"
#include "nn/autocast.h"
#include "nn/device.h"

namespace asterism::infer {
namespace {

constexpr int64_t kMostDraws = 1'000'000;

void add_scalar(const std::string& target, const models::ScalarPosterior& posterior, const at::Tensor& present_N,
                const modalities::Batch& batch, const PredictOptions& options, NewColumns& out) {
  // Written or not: of probabilities that are none, quantiles and mode would look like any other.
  const auto probabilities = list_column(posterior.probability_NK(), present_N);
  check_finite(target + "_posterior", *probabilities, batch.objects);
  auto number = [&](const std::string& suffix, const std::string& description, const at::Tensor& value_N) {
    out.emplace_back(scalar_field(target + suffix, posterior.unit(), description + " of the posterior of " + target),
                     number_column(value_N, present_N));
  };
  const auto edges = posterior.edges_E().contiguous();
  const std::span<const double> edge(edges.const_data_ptr<double>(), size_t(edges.numel()));
  if (models::are_classes(edge)) {  // which have no order, and so no mean and no quantiles
    number("_mode", "most probable class", posterior.mode_N());
  } else {
    number("_mean", "mean", posterior.mean_N());
    number("_std", "standard deviation", posterior.standard_deviation_N());
    number("_median", "median", posterior.median_N());
    number("_mode", "mode", posterior.mode_N());
    for (const auto& [suffix, q] :
         {std::pair<const char*, double>{"_q05", 0.05}, {"_q16", 0.16}, {"_q84", 0.84}, {"_q95", 0.95}})
      number(suffix, fmt::format("{:.0f}% quantile", 100 * q), posterior.quantile_N(q));
  }
  if (options.posterior) {
    const std::vector<double> values(edge.begin(), edge.end());
    out.emplace_back(data::described_field(target + "_posterior", probabilities->type(),
                                           {{"description", "probability of each bin of " + target},
                                            {"asterism:edges", io::dump_json(nlohmann::json(values), -1)}}),
                     probabilities);
  }
  if (options.draws > 0) {
    std::vector<uint64_t> keys;
    for (const auto& object : batch.objects) keys.push_back(object.hash());
    const uint64_t seed = options.sampler.seed + base::stable_hash(target);  // targets are drawn independently
    const auto array = list_column(posterior.sample_NS(options.draws, seed, keys), present_N);
    out.emplace_back(data::described_field(target + "_draws", array->type(),
                                           {{"unit", posterior.unit()}, {"description", "draws of " + target}}),
                     array);
  }
}

// What differs from the plain sampler, for the identity of an output that is resumed.
std::string how_drawn(const models::Sampler& s) {
  const models::Sampler plain;
  if (s.scheme == plain.scheme && s.top_k == plain.top_k && s.top_p == plain.top_p && s.guidance.plain() &&
      s.temperature_schedule == plain.temperature_schedule)
    return "";
  auto text = fmt::format(" {} {} {} {} {}", s.scheme, s.top_k, s.top_p, s.guidance.weight, s.temperature_schedule);
  for (const auto& [name, weight] : s.guidance.of) text += fmt::format(" {}={}", name, weight);
  return text;
}

bool is_in(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// What kinds of answers the targets are.
struct TargetKinds {
  bool scalars = false, grids = false, lists = false;
};

TargetKinds kinds_of(const models::Predictor& model, const std::vector<std::string>& targets) {
  TargetKinds out;
  const auto sequences = model.sequences();
  for (const auto& target : targets) {
    if (is_in(sequences, target))
      out.lists = true;
    else
      (model.codec(target).num_tokens() > 1 ? out.grids : out.scalars) = true;
  }
  return out;
}

// UserError for what is set and changes nothing: most settings are of scalars or of what is drawn, not of both.
void check_effects(const TargetKinds& of, const PredictOptions& o) {
  const models::Sampler plain;
  const auto& s = o.sampler;
  const bool blocks = of.grids || of.lists, drawn = blocks || o.draws > 0 || o.joint > 0 || o.passes > 0;
  struct Setting {
    const char* name;
    bool set, has_effect;
  };
  for (const auto& [name, set, has_effect] :
       {Setting{"samples", s.samples != plain.samples, blocks},
        {"steps", s.steps != plain.steps, of.grids},
        {"temperature", s.temperature != plain.temperature, blocks},
        {"schedule", s.schedule != plain.schedule, of.grids},
        {"temperature-schedule", s.temperature_schedule != plain.temperature_schedule, of.grids},
        {"sampler", s.scheme != plain.scheme, blocks},
        {"top-k", s.top_k != plain.top_k, blocks},
        {"top-p", s.top_p != plain.top_p, blocks},
        {"guidance", s.guidance.weight != plain.guidance.weight, blocks},
        {"guidance-of", !s.guidance.of.empty(), blocks},
        {"decoded", o.decoded, blocks},
        {"seed", s.seed != plain.seed, drawn},
        {"draws", o.draws > 0, of.scalars},
        {"passes", o.passes > 0, of.scalars},
        {"no-posterior", !o.posterior, of.scalars}})
    if ((set || is_in(o.told, std::string("--") + name)) && !has_effect)
      base::user_error("--{} has no effect on {}: leave it out", name,
                       std::string(name) == "seed" ? "posteriors that nothing is drawn from"
                       : of.lists                  ? "lists of sources, which are drawn one token after the other"
                       : of.scalars                ? "scalars, whose posterior is written whole"
                                                   : "images and spectra, which are drawn");
}

// A round draws at least one token: what is beyond their number is a slip, and of AION-1's rounds nearly all would be
// empty. The default passes, however few they are.
void check_steps(const models::Predictor& model, const PredictOptions& o) {
  int64_t most = 0;
  std::string longest;
  const auto sequences = model.sequences();
  for (const auto& target : o.targets) {
    if (is_in(sequences, target)) continue;
    if (const int64_t tokens = model.codec(target).num_tokens(); tokens > most) most = tokens, longest = target;
  }
  if (o.sampler.steps > std::max(most, models::Sampler{}.steps))
    base::user_error("--steps {}: '{}' has {} tokens, and a round draws at least one: choose at most {}",
                     o.sampler.steps, longest, most, most);
}

// Every target that is drawn needs a sampler that can.
void check_schemes(const models::Predictor& model, const PredictOptions& o) {
  const auto sequences = model.sequences();
  const auto& s = o.sampler;
  for (const auto& target : o.targets) {
    const bool sequence = is_in(sequences, target);
    if (sequence || model.codec(target).num_tokens() > 1)
      models::check_drawing(target, sequence, s.scheme, s.temperature, s.top_k, s.top_p);
  }
  models::temperature_by_round(s.temperature, s.temperature_schedule, {1});
}

// The targets, and what of them the data must hold; returns what the model may read.
std::vector<std::string> check_targets(const models::Model& loaded, const models::Predictor& model,
                                       const PredictOptions& options, const std::vector<std::string>& of_data) {
  auto inputs = loaded.modalities();
  auto known = model.targets();
  const auto sequences = model.sequences();
  known.insert(known.end(), sequences.begin(), sequences.end());
  for (const auto& target : options.targets) {
    if (!is_in(known, target))
      base::user_error("the model does not predict '{}'; the nearest that it predicts is '{}'", target,
                       base::nearest(target, known));
    if (is_in(options.given, target)) base::user_error("'{}' is both given and to be predicted", target);
    if (std::count(options.targets.begin(), options.targets.end(), target) > 1)
      base::user_error("'{}' is to be predicted twice: name each target once", target);
    if (options.likelihood && is_in(sequences, target))
      base::user_error("'{}' is a list of sources: --likelihood is of scalars, images and spectra", target);
    if (options.likelihood && !is_in(of_data, target))
      base::user_error("{} has no '{}' to take the likelihood of; the nearest that it has is '{}'",
                       options.dataset.string(), target, base::nearest(target, of_data));
    std::erase(inputs, target);
  }
  if (options.joint > 0) check_chain(model, options.targets, options.joint);
  check_effects(kinds_of(model, options.targets), options);
  check_steps(model, options);
  check_schemes(model, options);
  return inputs;
}

// UserError where the guidance is twofold, or by something that is not given.
void check_guidance(const models::Guidance& guidance, const std::vector<std::string>& given) {
  if (guidance.of.empty()) return;
  if (guidance.weight != 1)
    base::user_error("--guidance weighs all that is given and --guidance-of each for itself: leave one of them out");
  models::worlds_of(given, guidance);
}

// The model where it draws these targets, scalars alone, all chains at once; nullptr: chain by chain.
const models::AnyToAny* scalars_of(const models::Predictor& model, const std::vector<std::string>& targets) {
  const auto* any = dynamic_cast<const models::AnyToAny*>(&model);
  for (const auto& target : targets)
    if (any != nullptr && any->codec(target).num_tokens() > 1) any = nullptr;
  return any;
}

void add_joint(const models::Predictor& model, const modalities::Batch& batch, const models::PredictRequest& request,
               int64_t draws, const at::Tensor& present_N, NewColumns& out) {
  if (const auto* any = scalars_of(model, request.targets))
    add_joint_draws(check_joint(*any, request.targets), batch, request, draws, present_N, out);
  else
    add_chain_draws(model, batch, request, draws, present_N, out);
}

// Says which draws go in without the error that training always showed with them.
void warn_of_bare(const models::Predictor& model, const PredictOptions& options, const data::ValueRanges& learned,
                  const data::Layout& layout) {
  const auto* any = dynamic_cast<const models::AnyToAny*>(&model);
  if (any == nullptr || options.joint == 0) return;
  for (const auto& name : never_bare(*any, options.targets, learned, layout))
    base::log_warning(
        "draws of '{}' go in without an error, as training never showed it: what is drawn after it may be off; name "
        "it last, or train with hide_error",
        name);
}

// What decides the columns, for the identity of an output that is resumed.
std::string identity_of(const PredictOptions& o, const std::string& model_hash, const std::string& given,
                        const std::string& targets, nn::Precision precision) {
  const auto& s = o.sampler;
  auto text = fmt::format("predict {} {} {} {} {} {} {} {} {} {} {}{}", model_hash, given, targets, o.posterior,
                          o.draws, o.passes, s.samples, s.steps, s.temperature, s.schedule, s.seed, how_drawn(s));
  if (o.joint > 0) text += fmt::format(" joint {}", o.joint);
  if (o.decoded) text += " decoded";
  if (o.likelihood) text += " likelihood";
  if (precision != nn::Precision::fp32) text += " " + nn::name(precision);
  return text;
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
  const auto sequences = model.sequences();
  models::Prediction prediction, lists;
  auto of_lists = request;
  std::erase_if(request.targets, [&](const auto& target) { return is_in(sequences, target); });
  std::erase_if(of_lists.targets, [&](const auto& target) { return !is_in(sequences, target); });
  if (!request.targets.empty()) prediction = model.predict(batch, request);
  if (!of_lists.targets.empty()) lists = model.draw_sequences(batch, of_lists);
  NewColumns out;
  for (const auto& target : options.targets) {
    const auto& of_target = is_in(sequences, target) ? lists : prediction;
    if (const auto scalar = of_target.scalars.find(target); scalar != of_target.scalars.end())
      add_scalar(target, scalar->second, of_target.present_N, batch, options, out);
    if (const auto block = of_target.blocks.find(target); block != of_target.blocks.end())
      add_drawn(target, block->second, of_target.present_N, model.codec(target).vocabulary(), batch.objects,
                options.decoded, out);
    if (options.likelihood) add_log_likelihood(model, of_target, batch, options.given, target, out);
  }
  if (options.joint > 0) add_joint(model, batch, request, options.joint, prediction.present_N, out);
  return out;
}

namespace {

void check_numbers(const PredictOptions& options) {
  const auto at_least = [](const char* name, double value, double least) {
    if (!(value >= least)) base::user_error("{} = {}: it is at least {}", name, value, least);
  };
  at_least("--samples", double(options.sampler.samples), 1);
  at_least("--steps", double(options.sampler.steps), 1);
  at_least("--temperature", options.sampler.temperature, 0);
  at_least("--draws", double(options.draws), 0);
  at_least("--joint", double(options.joint), 0);
  at_least("--passes", double(options.passes), 0);
}

}  // namespace

MapResult predict(const PredictOptions& options) {
  const auto folder = models::model_folder(options.model);
  base::check_apart(folder, options.out);  // the model would be told by another hash from then on
  const auto loaded = models::load_model(folder, nn::choose_device(options.device));
  const auto* model = dynamic_cast<const models::Predictor*>(loaded.get());
  if (model == nullptr)
    base::user_error(
        "{}: a model of kind '{}' gives vectors, not predictions; use one of kind 'any_to_any', 'aion' or 'adapted'",
        options.model.string(), loaded->kind());
  if (options.targets.empty())
    base::user_error("no target: name what to predict, one of {}", base::quoted_list(model->targets()));
  check_numbers(options);
  if (std::max(options.draws, options.joint) > kMostDraws)
    base::user_error("{} draws of each object: choose at most {}", std::max(options.draws, options.joint), kMostDraws);
  const auto layout = data::HatsReader::open(options.dataset).layout();
  const auto names = layout.names();
  const auto inputs = check_targets(*loaded, *model, options, names);
  const auto learned = data::read_ranges(folder);
  warn_of_bare(*model, options, learned, layout);
  auto complete = options;
  complete.given = shared_modalities(inputs, names, options.given, options.dataset.string());
  check_guidance(options.sampler.guidance, complete.given);
  const std::string hash = base::sha256_folder(folder);
  MapOptions map;
  map.dataset = options.dataset;
  map.out = options.out;
  map.modalities = complete.given;
  if (options.likelihood) map.modalities.insert(map.modalities.end(), options.targets.begin(), options.targets.end());
  map.keep_scalars = options.keep_scalars;
  map.batch_size = options.batch_size;
  map.resume = options.resume;
  map.shard = options.shard;
  map.shards = options.shards;
  const std::string given = fmt::format("{}", fmt::join(complete.given, " ")),
                    targets = fmt::format("{}", fmt::join(options.targets, " "));
  const auto precision = nn::choose_precision(options.precision, loaded->device(), nn::Work::inference);
  map.identity = identity_of(options, hash, given, targets, precision);
  map.title = fmt::format("Predictions of {}", targets);
  map.description = fmt::format("predicted from {}", given);
  map.properties = {{"asterism_model", loaded->kind()}, {"asterism_model_sha256", hash}, {"asterism_given", given}};
  map.precision = precision;
  map.what = "predicting";
  map.device = loaded->device();
  data::UnlikeObjects unlike(learned, complete.given);
  const auto result = map_dataset(map, [&](const modalities::Batch& batch) {
    unlike.add(batch);
    const nn::Autocast autocast(precision, map.device.type());
    return predict_batch(*model, batch, complete);
  });
  warn_of(unlike);
  return result;
}

}  // namespace asterism::infer
