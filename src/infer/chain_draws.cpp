#include "infer/chain_draws.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/error.h"
#include "infer/drawn_columns.h"
#include "infer/joint_draws.h"
#include "models/aion_joint.h"
#include "models/any_to_any.h"

namespace asterism::infer {
namespace {

constexpr int64_t kMostChains = 1000;  // columns of each image or spectrum

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::vector<std::string> readable_by(const models::Predictor& model) {
  if (const auto* any = dynamic_cast<const models::AnyToAny*>(&model)) return any->modalities();
  if (const auto* aion = dynamic_cast<const models::Aion*>(&model)) return aion->modalities();
  base::user_error(
      "joint draws need a model of kind 'any_to_any' or 'aion', which reads what it draws: leave --joint out");
}

// One chain of each object: a batch that holds the targets.
modalities::Batch draw_chain(const models::Predictor& model, const modalities::Batch& given,
                             const models::PredictRequest& request) {
  if (const auto* any = dynamic_cast<const models::AnyToAny*>(&model))
    return std::move(any->sample_joint(given, request).front());
  return std::move(models::sample_aion_joint(dynamic_cast<const models::Aion&>(model), given, request).front());
}

}  // namespace

void check_chain(const models::Predictor& model, const std::vector<std::string>& targets, int64_t draws) {
  const auto readable = readable_by(model), lists = model.sequences();
  if (targets.size() < 2)
    base::user_error(
        "joint draws are of several targets: name two or more, or ask for --draws or --samples of the one");
  for (const auto& target : targets) {
    if (contains(lists, target))
      base::user_error("'{}' is a list of sources: joint draws are of scalars, images and spectra. Leave it out",
                       target);
    if (target != targets.back() && !contains(readable, target))
      base::user_error(
          "draws of '{}' go in when the next target is drawn, and this model does not read it: name it last", target);
    if (model.codec(target).num_tokens() > 1 && draws > kMostChains)
      base::user_error("{} joint draws with '{}' among them, each a column: choose at most {}", draws, target,
                       kMostChains);
  }
}

void add_chain_draws(const models::Predictor& model, const modalities::Batch& batch,
                     const models::PredictRequest& request, int64_t draws, const at::Tensor& present_N,
                     NewColumns& out) {
  modalities::Batch given;
  given.objects = batch.objects;
  for (const auto& name : request.given)
    if (const auto found = batch.blocks.find(name); found != batch.blocks.end()) given.blocks.insert(*found);
  std::map<std::string, at::Tensor> values_NS;
  std::map<std::string, std::string> units;
  auto chain = request;
  chain.sampler.samples = 1;
  for (int64_t s = 0; s < draws; ++s) {
    chain.sampler.seed = request.sampler.seed + uint64_t(s) * models::kSampleStride;
    const auto drawn = draw_chain(model, given, chain);
    for (const auto& target : request.targets) {
      const auto& block = drawn.blocks.at(target);
      const auto* scalar = std::get_if<modalities::ScalarBlock>(&block);
      if (scalar == nullptr) {
        add_block(fmt::format("{}_joint_{}", target, s), block, present_N, batch.objects, out);
        continue;
      }
      auto& values = values_NS[target];
      if (!values.defined()) values = at::zeros({batch.size(), draws}, at::kDouble);
      const at::ArrayRef<double> column(scalar->value.data(), scalar->value.size());
      values.select(1, s).copy_(at::tensor(column, at::kDouble));
      units[target] = scalar->unit;
    }
  }
  for (const auto& target : request.targets)
    if (const auto found = values_NS.find(target); found != values_NS.end())
      add_joint_list(target, units.at(target), found->second, present_N, out);
}

}  // namespace asterism::infer
