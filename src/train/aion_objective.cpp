#include "train/aion_objective.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <utility>

#include "base/error.h"
#include "models/all.h"
#include "models/budget.h"
#include "models/ordered_codes.h"
#include "nn/nothing_to_learn.h"
#include "tokenizers/aion/published_codec.h"
#include "tokenizers/all.h"
#include "train/published_name.h"
#include "train/source.h"

namespace asterism::train {
namespace {

// UserError naming the nearest.
const models::AionModality& published_modality(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& facts : models::aion_modalities()) {
    if (models::aion_modality_name(facts) == name) return facts;
    names.push_back(models::aion_modality_name(facts));
  }
  base::user_error("model.modalities.{}: AION-1 has no such modality; the nearest is '{}'", name,
                   base::nearest(name, names));
}

// The kind of tokenizer that the published layout has for a codec.
std::string kind_of(const std::string& codec) {
  for (const auto& entry : tokenizers::aion::token_keys())
    if (codec == entry.codec) return entry.kind;
  return "";
}

std::shared_ptr<tokenizers::Tokenizer> codec_of(const std::string& name, const models::AionModality& facts,
                                                const std::string& folder) {
  if (!folder.empty()) return tokenizers::load_tokenizer(models::model_folder(folder));
  const auto kind = kind_of(facts.codec);
  if (facts.tokens() > 1 && kind != "aion_multi_scalar")
    base::user_error("model.modalities.{}.codec: name the folder of a trained codec ('{}' of the published layout)",
                     name, facts.codec);
  return tokenizers::make_tokenizer(kind, nlohmann::json{{"published_as", published_name(kind, name, "")}}.dump());
}

// Codes that are steps of a number begin in order, as inputs and as answers (ordered_codes.h); the package reads them
// as it reads any.
void put_in_order(const models::AionNetwork& network, uint64_t seed) {
  constexpr double kInput = 0.5;  // beside places of 0.7 and a modality of 0.02
  const at::NoGradGuard no_grad;
  for (const auto& e : network.modalities) {
    const auto kind = kind_of(e.facts.codec);
    if (kind != "aion_scalar" && kind != "aion_log_scalar" && kind != "aion_grid_scalar" && kind != "aion_multi_scalar")
      continue;
    const auto fill = [&](const at::Tensor& table_VD, double deviation, const char* what) {
      if (table_VD.defined())
        table_VD.copy_(
            models::ordered_codes(table_VD.size(0), table_VD.size(1), deviation, seed, (e.facts.key + what).c_str()));
    };
    fill(e.in_table_VD, kInput, " in");
    fill(e.out_table_VD, kInput, " out");
    fill(e.to_logits_VD, std::sqrt(2.0 / double(e.facts.vocabulary + network.config.dim)), " logits");
  }
}

void check_codec(const std::string& name, const models::AionModality& facts, const tokenizers::Tokenizer& codec) {
  if (facts.sequence) base::user_error("model.modalities.{}: sequences are not trained; leave it out", name);
  if (codec.num_tokens() != facts.tokens() || codec.vocabulary() > facts.vocabulary)
    base::user_error(
        "model.modalities.{}: its codec makes {} tokens of {} codes, AION-1 has {} of {}; train a codec of the "
        "published size",
        name, codec.num_tokens(), codec.vocabulary(), facts.tokens(), facts.vocabulary);
}

// Sizes of a fresh model that are asked of one that is there.
void check_sizes(const AionObjectiveSettings& settings, const models::AionConfig& there) {
  const AionObjectiveSettings usual;
  const auto check = [&](const char* key, int64_t asked, int64_t unasked, int64_t has) {
    if (asked != unasked && asked != has)
      base::user_error("model.{} = {} has no effect with model.start: {} has {}; take it out", key, asked,
                       settings.start, has);
  };
  check("width", settings.width, usual.width, there.dim);
  check("depth", settings.depth, usual.depth, there.encoder_depth);
  check("heads", settings.heads, usual.heads, there.num_heads);
}

// The published layout has one codec for images and one for spectra of all surveys: of two, one would be lost in
// saving, and the model would open with codes that mean something else. UserError naming both.
void check_shared_codecs(const std::vector<models::AionInputs::Reader>& readers) {
  std::map<std::string, const models::AionInputs::Reader*> first;  // by the codec's published name
  for (const auto& reader : readers) {
    const auto* facts = models::find_aion_modality(reader.key);
    if (facts == nullptr || reader.folder.empty()) continue;
    const auto [found, is_first] = first.emplace(facts->codec, &reader);
    const auto &here = reader.folder, &there = found->second->folder;
    if (is_first || std::filesystem::weakly_canonical(here) == std::filesystem::weakly_canonical(there)) continue;
    if (dataset_fingerprint(here) == dataset_fingerprint(there)) continue;
    base::user_error(
        "model.modalities.{}: its codec is {}, and that of {} is {}; AION-1 has one codec '{}' for both, which is all "
        "that would be saved: name one folder for both (tokenizer.more_modalities trains one), or leave one out",
        reader.modality, here.string(), found->second->modality, there.string(), facts->codec);
  }
}

}  // namespace

void AionModalitySettings::describe(config::Fields& f) {
  f.add("codec", codec,
        "folder of its trained codec; empty: that of `start`, or, of scalars and vectors, made from the first sample");
  f.add("target", target, "whether it can be predicted");
  f.add("input_weight", input_weight, "how readily it is given in training").between(0, 1e6);
  f.add("target_weight", target_weight, "how readily it is asked for in training").between(0, 1e6);
}

void AionObjectiveSettings::describe(config::Fields& f) {
  f.add("start", start, "folder of an AION-1 model whose architecture, weights and codecs are gone on from");
  f.add("width", width, "numbers a token (base 768, large 1,024, xlarge 2,048); of a fresh model").between(8, 16384);
  f.add("depth", depth, "blocks of the encoder, and of the decoder; of a fresh model").between(1, 256);
  f.add("heads", heads, "attention heads; of a fresh model").between(1, 256);
  f.add("loss", loss, "mean over modalities, or over tokens weighted by the vocabulary (the package's \"token\")")
      .one_of({"by_modality", "by_token"});
  f.tables("modalities", of, "what the model reads and predicts, as datasets name it");
  f.tables("mixture", mixture, "what is given and what is asked for in training");
}

std::vector<std::string> AionObjectiveSettings::modalities() const {
  std::vector<std::string> out;
  for (const auto& entry : of) out.push_back(entry.first);
  return out;
}

std::unique_ptr<Objective> AionObjectiveSettings::make(uint64_t seed) const {
  if (of.empty()) base::user_error("model.modalities: name at least one, [model.modalities.flux_g]");
  if (width % heads != 0) base::user_error("model.width = {} is no multiple of model.heads = {}", width, heads);
  std::unique_ptr<models::Aion> model;
  if (!start.empty()) model = models::Aion::load(models::model_folder(start));
  if (model) check_sizes(*this, model->config());
  std::vector<models::AionInputs::Reader> readers;
  auto config = models::published_aion_config("base");
  config.dim = width;
  config.num_heads = heads;
  config.encoder_depth = config.decoder_depth = depth;
  config.domains_in.clear();
  config.domains_out.clear();
  for (const auto& [name, settings] : of) {
    const auto& facts = published_modality(name);
    if (model) {
      model->network().input(facts.key);
      if (settings.target) model->network().target(facts.key);
    }
    config.domains_in.push_back(facts.key);
    if (settings.target) config.domains_out.push_back(facts.key);
    if (model && settings.codec.empty()) {
      check_codec(name, facts, model->inputs().codec(name));
      readers.push_back(model->inputs().reader(name));
      continue;
    }
    auto codec = codec_of(name, facts, settings.codec);
    check_codec(name, facts, *codec);
    const auto folder = settings.codec.empty() ? std::filesystem::path() : models::model_folder(settings.codec);
    readers.push_back({name, facts.key, folder, std::move(codec)});
  }
  if (model)  // what is not trained on keeps its codec
    for (const auto& name : model->inputs().modalities())
      if (!of.contains(name)) readers.push_back(model->inputs().reader(name));
  check_shared_codecs(readers);
  if (config.domains_out.empty()) base::user_error("model.modalities: none is a target");
  if (!model) {
    model = std::make_unique<models::Aion>(std::move(config), seed);
    put_in_order(model->network(), seed);
  }
  model->read_with(std::move(readers));
  return std::make_unique<AionObjective>(std::move(model), *this);
}

AionObjective::AionObjective(std::unique_ptr<models::Aion> model, AionObjectiveSettings settings)
    : model_(std::move(model)), settings_(std::move(settings)) {}

void AionObjective::prepare(const modalities::Batch& sample) {
  for (const auto& [name, settings] : settings_.of) {
    const auto& reader = model_->inputs().reader(name);
    if (!settings.codec.empty() || !reader.codec) continue;
    const auto found = sample.blocks.find(name);
    if (found == sample.blocks.end())
      base::user_error("'{}' is missing from the sample that sets its codes: give data that hold it", name);
    reader.codec->fit(found->second);
    tables_.adopt(name + ".", reader.codec->parameters());
  }
}

models::WarmStart AionObjective::start_from(const std::filesystem::path& folder) {
  const auto from = models::model_folder(folder);
  const auto whole = models::load_model(from);
  const auto* theirs = dynamic_cast<const models::Aion*>(whole.get());
  if (theirs == nullptr) base::user_error("train.init: {} is no model of AION-1's architecture", from.string());
  const auto known = theirs->inputs().modalities();
  const auto values_of = [](const models::AionInputs::Reader& r) {
    return r.codec ? r.codec->parameters().all() : tokenizers::load_tokenizer(r.folder)->parameters().all();
  };
  for (const auto& [name, settings] : settings_.of) {
    if (std::find(known.begin(), known.end(), name) == known.end()) continue;
    const auto& reader = model_->inputs().reader(name);
    const auto there = values_of(theirs->inputs().reader(name)), here = values_of(reader);
    const auto same = [&](const auto& alike) {
      return std::equal(here.begin(), here.end(), there.begin(), there.end(),
                        [&](const auto& a, const auto& b) { return a.first == b.first && alike(a.second, b.second); });
    };
    if (same([](const at::Tensor& a, const at::Tensor& b) { return at::equal(a, b); })) continue;
    const bool made_here = settings.codec.empty() && reader.codec != nullptr;
    if (!made_here || !same([](const at::Tensor& a, const at::Tensor& b) { return a.sizes() == b.sizes(); }))
      base::user_error(
          "train.init: '{}' has another codec in {}, so that its codes mean something else to those weights; set "
          "model.modalities.{}.codec to the one in its folder codecs",
          name, from.string(), name);
    reader.codec->parameters().load(there, from.string());
  }
  return Objective::start_from(from);
}

// Tokens of one modality of a batch.
struct AionObjective::Seen {
  std::string key;
  at::Tensor ids_NL;
  models::Candidate candidate;
};

std::vector<AionObjective::Seen> AionObjective::look(const modalities::Batch& batch) {
  std::vector<uint64_t> hashes;
  for (const auto& object : batch.objects) hashes.push_back(object.hash());
  std::vector<Seen> out;
  for (const auto& [name, settings] : settings_.of) {
    const auto block = batch.blocks.find(name);
    if (block == batch.blocks.end()) continue;
    const auto& facts = published_modality(name);
    const auto& codec = model_->codec(name);
    const auto tokens = facts.tokens() > 1 ? cache_.encode(codec, block->second, hashes) : codec.encode(block->second);
    const auto present = tokens.present.to(at::kByte).contiguous();
    Seen seen{facts.key, tokens.ids, {}};
    auto& c = seen.candidate;
    c.name = name;
    c.scalar = facts.tokens() == 1;
    c.input_grid = c.target_grid = {.rows = facts.rows, .columns = facts.columns};
    c.input_weight = settings.input_weight;
    c.target_weight = settings.target_weight;
    const auto* there = present.const_data_ptr<uint8_t>();
    for (int64_t i = 0; i < batch.size(); ++i) c.usable_NP.insert(c.usable_NP.end(), size_t(facts.tokens()), there[i]);
    if (settings.target) c.askable_N.assign(there, there + batch.size());
    out.push_back(std::move(seen));
  }
  return out;
}

namespace {

// What 4M's masks say of one modality: see AionExample.
models::AionExample example_of(const std::string& key, const at::Tensor& ids_NL, const models::Rows& inputs,
                               const models::Rows& targets, std::vector<uint8_t>& asked_N) {
  models::AionExample out{key, ids_NL, at::ones(ids_NL.sizes(), at::kBool), at::ones(ids_NL.sizes(), at::kBool),
                          at::zeros(ids_NL.sizes(), at::kLong)};
  auto given = out.input_hidden_NL.accessor<bool, 2>(), asked = out.target_hidden_NL.accessor<bool, 2>();
  auto seen = out.attention_NL.accessor<int64_t, 2>();
  for (size_t r = 0; r < inputs.object.size(); ++r) given[inputs.object[r]][inputs.position[r]] = false;
  for (size_t r = 0; r < targets.object.size(); ++r)
    if (targets.shown[r] == 0) asked[targets.object[r]][targets.position[r]] = false;
  for (int64_t i = 0; i < ids_NL.size(0); ++i) {
    int64_t first = -1, count = 0;
    for (int64_t p = 0; p < ids_NL.size(1); ++p) {
      if (asked[i][p]) continue;
      if (count++ == 0) first = p;
    }
    if (count == 0) continue;
    seen[i][first] = count;  // all of these see each other
    asked_N[size_t(i)] = 1;
  }
  return out;
}

}  // namespace

nn::Outcome AionObjective::step(const modalities::Batch& batch, const StepContext& context) {
  const auto seen = look(batch);
  std::vector<models::Candidate> candidates;
  std::vector<uint64_t> hashes;
  for (const auto& one : seen) candidates.push_back(one.candidate);
  for (const auto& object : batch.objects) hashes.push_back(object.hash());
  const uint64_t seed = context.training ? context.seed : ~context.seed;  // a validation's own masks, always the same
  const auto draw = models::draw_budgets(candidates, hashes, settings_.mixture, {seed, context.epoch, false});
  std::vector<models::AionExample> examples;
  std::vector<uint8_t> asked_N(size_t(batch.size()), 0);
  for (size_t m = 0; m < seen.size(); ++m)
    examples.push_back(example_of(seen[m].key, seen[m].ids_NL, draw.inputs[m], draw.targets[m], asked_N));
  nn::Outcome out;
  out.weight = double(std::count(asked_N.begin(), asked_N.end(), uint8_t{1}));
  if (out.weight == 0)
    nn::nothing_to_learn("none of the {} objects of this batch has anything that the model predicts: it predicts {}",
                         batch.size(), base::quoted_list(model_->targets()));
  const auto loss =
      model_->loss(examples, 0, 0,
                   settings_.loss == "by_token" ? models::AionLossKind::by_token : models::AionLossKind::by_modality);
  out.loss = loss.total;
  for (const auto& one : examples)  // of the others the package counts 0, which is no mean of anything
    if (!one.target_hidden_NL.all().item<bool>())
      out.figures["loss/" + one.key] = loss.by_modality.at(one.key).detach();
  return out;
}

}  // namespace asterism::train
