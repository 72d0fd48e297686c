#include "infer/joint_draws.h"

#include <arrow/api.h>

#include <algorithm>

#include "base/error.h"
#include "data/column_words.h"
#include "infer/columns.h"

namespace asterism::infer {

const models::AnyToAny& check_joint(const models::Predictor& model, const std::vector<std::string>& targets) {
  const auto* any = dynamic_cast<const models::AnyToAny*>(&model);
  if (any == nullptr)
    base::user_error("joint draws need a model of kind 'any_to_any', which reads what it draws: leave --joint out");
  if (targets.size() < 2)
    base::user_error("joint draws are of several targets: name two or more, or ask for --draws of the one");
  const auto readable = any->modalities();
  for (const auto& target : targets) {
    if (any->codec(target).num_tokens() > 1)
      base::user_error("'{}' is no scalar: joint draws are of scalars. Leave it out, or ask for --samples of it",
                       target);
    if (target != targets.back() && std::find(readable.begin(), readable.end(), target) == readable.end())
      base::user_error(
          "draws of '{}' go in when the next target is drawn, and this model does not read it: name it last", target);
  }
  return *any;
}

std::vector<std::string> never_bare(const models::AnyToAny& model, const std::vector<std::string>& targets,
                                    const data::ValueRanges& learned, const data::Layout& layout) {
  std::vector<std::string> out;
  const auto had_errors = [&](const std::string& target) {
    if (const auto range = learned.find(target); range != learned.end()) return range->second.contains("error");
    const auto* column = layout.find(target);
    return column != nullptr && column->error != data::ErrorKind::kNone;
  };
  if (model.settings().pair_consistency > 0) return out;
  for (const auto& target : targets) {
    const auto& m = model.settings().modalities.at(target);
    const bool as_value = m.input == "values" || m.input == "both";
    if (target != targets.back() && as_value && m.hide_error == 0 && had_errors(target)) out.push_back(target);
  }
  return out;
}

JointDraws draw_together(const models::AnyToAny& model, const modalities::Batch& batch,
                         const models::PredictRequest& request, int64_t draws) {
  modalities::Batch given;
  given.objects = batch.objects;
  bool light = true;
  for (const auto& name : request.given) {
    const auto found = batch.blocks.find(name);
    if (found == batch.blocks.end()) continue;
    given.blocks.insert(*found);
    light = light && std::holds_alternative<modalities::ScalarBlock>(found->second);
  }
  const auto targets = int64_t(request.targets.size());
  JointDraws out;
  out.value_NSD = at::empty({batch.size(), draws, targets}, at::kDouble);
  out.unit.resize(request.targets.size());
  auto* values = out.value_NSD.mutable_data_ptr<double>();
  auto chained = request;
  chained.sampler.samples = light ? draws : 1;  // each draw holds a copy of all that is given
  for (int64_t s = 0; s < draws; s += chained.sampler.samples) {
    chained.sampler.seed = request.sampler.seed + uint64_t(s) * models::kSampleStride;
    const auto drawn = model.sample_joint(given, chained);
    for (int64_t t = 0; t < targets; ++t)
      for (size_t k = 0; k < drawn.size(); ++k) {
        const auto& block = std::get<modalities::ScalarBlock>(drawn[k].blocks.at(request.targets[size_t(t)]));
        out.unit[size_t(t)] = block.unit;
        for (int64_t i = 0; i < batch.size(); ++i)
          values[(i * draws + s + int64_t(k)) * targets + t] = block.value[size_t(i)];
      }
  }
  return out;
}

void add_joint_list(const std::string& target, const std::string& unit, const at::Tensor& value_NS,
                    const at::Tensor& present_N, NewColumns& out) {
  const auto array = list_column(value_NS, present_N);
  out.emplace_back(data::described_field(target + "_joint", array->type(),
                                         {{"unit", data::vo_unit(unit)},
                                          {"description", "joint draws: one place of the lists is one draw"}}),
                   array);
}

void add_joint_draws(const models::AnyToAny& model, const modalities::Batch& batch,
                     const models::PredictRequest& request, int64_t draws, const at::Tensor& present_N,
                     NewColumns& out) {
  const auto drawn = draw_together(model, batch, request, draws);
  for (size_t t = 0; t < request.targets.size(); ++t)
    add_joint_list(request.targets[t], drawn.unit[t], drawn.value_NSD.select(2, int64_t(t)).contiguous(), present_N,
                   out);
}

}  // namespace asterism::infer
