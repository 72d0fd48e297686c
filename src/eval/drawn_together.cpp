#include "eval/drawn_together.h"

#include <algorithm>
#include <unordered_map>

#include "base/error.h"
#include "base/signals.h"
#include "eval/observed_inputs.h"
#include "infer/joint_draws.h"

namespace asterism::eval {
namespace {

using Names = std::vector<std::string>;

const models::AnyToAny& checked(const models::Model& model, const Names& names) {
  const auto* predictor = dynamic_cast<const models::Predictor*>(&model);
  if (predictor == nullptr)
    base::user_error("--joint: a model of kind '{}' gives vectors, no draws; use one of kind 'any_to_any'",
                     model.kind());
  const auto targets = predictor->targets();
  for (const auto& name : names) {
    if (std::find(targets.begin(), targets.end(), name) == targets.end())
      base::user_error("--joint: the model does not predict '{}'; the nearest that it predicts is '{}'", name,
                       base::nearest(name, targets));
    if (std::count(names.begin(), names.end(), name) > 1) base::user_error("--joint: '{}' is named twice", name);
  }
  return infer::check_joint(*predictor, names);
}

// Rows of the batch on the test side that have all of the scalars and any of the inputs.
std::vector<int64_t> usable(const modalities::Batch& batch, const Names& names, const Names& given,
                            const std::unordered_map<uint64_t, int64_t>& row_of, const Labels& labels) {
  std::vector<int64_t> out;
  for (int64_t i = 0; i < batch.size(); ++i) {
    const auto found = row_of.find(batch.objects[size_t(i)].hash());
    if (found == row_of.end()) continue;
    const auto known = [&](const std::string& name) { return labels.at(name).present[size_t(found->second)] != 0; };
    const auto seen = [&](const std::string& name) {
      return modalities::present(batch.blocks.at(name))[size_t(i)] != 0;
    };
    if (std::all_of(names.begin(), names.end(), known) && std::any_of(given.begin(), given.end(), seen))
      out.push_back(i);
  }
  return out;
}

void add(const models::AnyToAny& model, const modalities::Batch& batch, const Names& given,
         const std::unordered_map<uint64_t, int64_t>& row_of, const Labels& labels, DrawnTogether& out) {
  auto rows = usable(batch, out.names, given, row_of, labels);
  rows.resize(std::min(rows.size(), size_t(kJointObjects) - out.rows.size()));
  if (rows.empty()) return;
  const auto chosen = modalities::select(batch, rows);
  models::PredictRequest request;
  request.given = given;
  request.targets = out.names;
  const auto drawn = infer::draw_together(model, chosen, request, kJointDraws).value_NSD;
  out.draws_MSD = out.draws_MSD.defined() ? at::cat({out.draws_MSD, drawn}) : drawn;
  for (const auto& object : chosen.objects) out.rows.push_back(row_of.at(object.hash()));
}

}  // namespace

void check_drawn_together(const models::Model& model, const std::vector<Names>& joint) {
  for (const auto& names : joint) checked(model, names);
}

void add_drawn_together(const models::Model& model, data::BatchSource& source, const CollectOptions& options,
                        Collected& collected) {
  if (options.joint.empty()) return;
  at::NoGradGuard no_grad;
  Names labels;
  for (const auto& entry : collected.labels) labels.push_back(entry.first);
  for (const auto& names : options.joint)
    for (const auto& name : names)
      if (!collected.labels.contains(name))
        base::user_error("--joint: '{}' is no label of these data, and nothing to judge draws by; the nearest is '{}'",
                         name, base::nearest(name, labels));
  std::unordered_map<uint64_t, int64_t> row_of;  // of the test side
  for (const int64_t row : collected.split.test) row_of[collected.subject.objects[size_t(row)].hash()] = row;
  auto& out = collected.subject.drawn;
  std::vector<Names> sets;  // of inputs, an entry for each of `out`
  source.seek({0, 0});
  for (int64_t n = 0; n < source.batches_per_epoch(); ++n) {
    base::stop_if_requested("stopped by a signal; nothing was written");
    const auto batch = source.next();
    if (!batch) break;
    const auto observed = observed_inputs(model, *batch, collected);
    if (sets.empty())
      for (const auto& names : options.joint) {
        sets.push_back(observed);
        sets.insert(sets.end(), options.given.begin(), options.given.end());
        for (size_t s = out.size(); s < sets.size(); ++s) out.push_back({names, title_of(sets[s], observed), {}, {}});
      }
    bool full = true;
    for (size_t s = 0; s < sets.size(); ++s) {
      add(checked(model, out[s].names), *batch, sets[s], row_of, collected.labels, out[s]);
      full = full && int64_t(out[s].rows.size()) >= kJointObjects;
    }
    if (full) break;
  }
}

}  // namespace asterism::eval
