#include "eval/factored.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "base/error.h"
#include "base/signals.h"
#include "models/any_to_any.h"

namespace asterism::eval {
namespace {

using modalities::ScalarBlock;
using Pair = std::pair<std::string, std::string>;

const models::AnyToAny& checked(const models::Model& model, const std::vector<Pair>& pairs) {
  const auto* any = dynamic_cast<const models::AnyToAny*>(&model);
  if (any == nullptr)
    base::user_error("a model of kind '{}' has no joint distribution of two scalars; use one of kind 'any_to_any'",
                     model.kind());
  const auto targets = any->targets();
  auto both = any->modalities();
  std::erase_if(
      both, [&](const std::string& name) { return std::find(targets.begin(), targets.end(), name) == targets.end(); });
  if (both.empty() && !pairs.empty()) base::user_error("the model predicts nothing that it also reads: no pairs");
  for (const auto& [a, b] : pairs) {
    if (a == b) base::user_error("'{}' is paired with itself: name two scalars", a);
    for (const auto& name : {a, b})
      if (std::find(both.begin(), both.end(), name) == both.end())
        base::user_error("the model does not both read and predict '{}'; the nearest that it does is '{}'", name,
                         base::nearest(name, both));
  }
  return *any;
}

const ScalarBlock& scalar(const modalities::Batch& batch, const std::string& name) {
  const auto found = batch.blocks.find(name);
  if (found == batch.blocks.end()) base::user_error("the data have no '{}' to pair with another scalar", name);
  const auto* block = std::get_if<ScalarBlock>(&found->second);
  if (block == nullptr) base::user_error("'{}' is no scalar: only scalars are paired", name);
  return *block;
}

// A value without its error, as a drawn one is: the error is an observation of its own, and p(a) p(b|a, error of a) is
// not the joint of a and b.
modalities::Batch bare(const modalities::Batch& batch, const std::string& name) {
  modalities::Batch out;
  out.objects = batch.objects;
  auto block = scalar(batch, name);
  block.has_error = false;
  block.error.assign(block.error.size(), 0);
  out.blocks[name] = std::move(block);
  return out;
}

// ln p(target | given), given nothing where it is empty: [n].
std::vector<double> ln_density(const models::AnyToAny& model, const modalities::Batch& batch, const std::string& target,
                               const std::string& given) {
  models::PredictRequest request;
  request.targets = {target};
  request.unconditional = given.empty();
  if (!given.empty()) request.given = {given};
  const auto& truth = scalar(batch, target).value;
  const auto truth_N = at::tensor(at::ArrayRef<double>(truth.data(), truth.size()), at::kDouble);
  const auto out = model.predict(given.empty() ? batch : bare(batch, given), request)
                       .scalars.at(target)
                       .log_density_N(truth_N)
                       .contiguous();
  return {out.const_data_ptr<double>(), out.const_data_ptr<double>() + out.numel()};
}

void add(const models::AnyToAny& model, const modalities::Batch& batch, const std::vector<int64_t>& rows,
         FactoredPair& pair) {
  const auto append = [&](std::vector<double>& to, const std::string& target, const std::string& given) {
    const auto values = ln_density(model, batch, target, given);
    to.insert(to.end(), values.begin(), values.end());
  };
  append(pair.ln_a, pair.a, "");
  append(pair.ln_b_given_a, pair.b, pair.a);
  append(pair.ln_b, pair.b, "");
  append(pair.ln_a_given_b, pair.a, pair.b);
  pair.rows.insert(pair.rows.end(), rows.begin(), rows.end());
}

}  // namespace

void check_pairs(const models::Model& model, const std::vector<Pair>& pairs) {
  if (!pairs.empty()) checked(model, pairs);
}

void add_factored(const models::Model& model, data::BatchSource& source, const std::vector<Pair>& pairs,
                  Collected& collected) {
  if (pairs.empty()) return;
  const auto& any = checked(model, pairs);
  at::NoGradGuard no_grad;
  std::unordered_map<uint64_t, int64_t> row_of;  // of the test side
  for (const int64_t row : collected.split.test) row_of[collected.subject.objects[size_t(row)].hash()] = row;
  auto& out = collected.subject.factored;
  const size_t first = out.size();
  for (const auto& [a, b] : pairs) out.push_back({a, b, {}, {}, {}, {}, {}});
  source.seek({0, 0});
  for (int64_t n = 0; n < source.batches_per_epoch(); ++n) {
    base::stop_if_requested("stopped by a signal; nothing was written");
    const auto batch = source.next();
    if (!batch) break;
    for (size_t p = 0; p < pairs.size(); ++p) {
      const auto &a = scalar(*batch, pairs[p].first), &b = scalar(*batch, pairs[p].second);
      std::vector<int64_t> chosen, rows;
      for (int64_t i = 0; i < batch->size(); ++i) {
        const auto found = row_of.find(batch->objects[size_t(i)].hash());
        if (found == row_of.end() || a.present[size_t(i)] == 0 || b.present[size_t(i)] == 0) continue;
        chosen.push_back(i);
        rows.push_back(found->second);
      }
      if (!chosen.empty()) add(any, modalities::select(*batch, chosen), rows, out[first + p]);
    }
  }
}

}  // namespace asterism::eval
