// Temperatures of the posteriors of an any-to-any model, from objects that training did not see.

#include <algorithm>
#include <cmath>
#include <set>

#include "base/error.h"
#include "models/any_to_any_ask.h"
#include "models/temperature.h"
#include "models/wrap.h"
#include "nn/device.h"

namespace asterism::models {
namespace {

using Network = AnyToAny::Network;

size_t scalar_target(const Network& net, const std::string& target) {
  const auto asked = net.choose_targets({target});
  const size_t m = size_t(std::find(asked.begin(), asked.end(), 1) - asked.begin());
  if (!net.heads[m]->bins()) base::user_error("'{}' is no scalar: only scalars can be calibrated", target);
  return m;
}

// Mean -ln p of the truths of a scalar; of bins, of the one that holds the truth: training widens its targets, which a
// temperature against targets as wide would keep.
TemperatureLoss loss_of_temperature(const TargetHead& head, const at::Tensor& x_RD, const at::Tensor& truth_R) {
  if (head.continuous()) return loss_of_mixture(head.mixture(x_RD), truth_R);
  return loss_of_logits(head.logits(x_RD), head.bins()->bins_of(truth_R.to(at::kCPU)));
}

// What the temperature may depend on: each image or spectrum that can be given, and all scalars together.
struct Group {
  std::vector<size_t> modalities;
};

std::vector<Group> groups_beside(const Network& net, size_t target) {
  std::vector<Group> out;
  Group scalars;
  for (size_t m = 0; m < net.names.size(); ++m) {
    if (m == target || net.modality[m].input == "none") continue;
    if (net.modality[m].kind == "scalar")
      scalars.modalities.push_back(m);
    else
      out.push_back({{m}});
  }
  if (!scalars.modalities.empty()) out.push_back(scalars);
  return out;
}

// Everything, each group alone, everything but one.
std::vector<std::vector<uint8_t>> sets_of(const std::vector<Group>& groups, size_t modalities) {
  std::set<std::vector<uint8_t>> out;
  const auto add = [&](const auto& holds) {
    std::vector<uint8_t> given(modalities, 0);
    for (size_t g = 0; g < groups.size(); ++g)
      if (holds(g))
        for (const size_t m : groups[g].modalities) given[m] = 1;
    if (std::find(given.begin(), given.end(), 1) != given.end()) out.insert(given);
  };
  add([](size_t) { return true; });
  for (size_t one = 0; one < groups.size(); ++one) {
    add([&](size_t g) { return g == one; });
    add([&](size_t g) { return g != one; });
  }
  return {out.begin(), out.end()};
}

// [R, G]: the share of each group's modalities that an object gave.
at::Tensor shares(const std::vector<Group>& groups, const at::Tensor& given_RM) {
  auto out = at::zeros({given_RM.size(0), int64_t(groups.size())}, at::kDouble);
  for (size_t g = 0; g < groups.size(); ++g)
    for (const size_t m : groups[g].modalities)
      out.select(1, int64_t(g)) +=
          given_RM.select(1, int64_t(m)).gt(0).to(at::kDouble) / double(groups[g].modalities.size());
  return out;
}

// Answers about one scalar, and what is true.
struct Answers {
  std::vector<at::Tensor> of, truths, given;
  int64_t count = 0;
};

// `least`: objects that gave fewer tokens are left out.
void ask(const Network& net, const modalities::Batch& batch, size_t m, const std::vector<uint8_t>& given, int64_t least,
         Answers& out) {
  const auto found = batch.blocks.find(net.names[m]);
  if (found == batch.blocks.end())
    base::user_error("the validation objects have no '{}': it cannot be calibrated", net.names[m]);
  const auto& truth = std::get<modalities::ScalarBlock>(found->second);
  const auto present = wrap(truth.present, {truth.n}).gt(0);
  if (!present.any().item<bool>()) return;
  std::vector<uint8_t> asked(net.names.size(), 0);
  asked[m] = 1;
  const auto from = condition(net, batch, given);
  const auto rows = present.logical_and(from.given_NM.sum(1).ge(least)).nonzero().squeeze(1);
  if (rows.size(0) == 0) return;
  const auto answer = ask_scalars(net, from, asked)[m];
  out.of.push_back(answer.index_select(0, nn::onto(answer.device(), rows)));
  out.truths.push_back(wrap(truth.value, {truth.n}).index_select(0, rows));
  out.given.push_back(from.given_NM.index_select(0, rows));
  out.count += rows.size(0);
}

// Of very many answers some tell as much: the search asks hundreds of times.
at::Tensor evenly(int64_t count) {
  constexpr int64_t kMost = 6000;
  const int64_t taken = std::min(count, kMost);
  return at::arange(taken, at::kLong).mul(count).floor_divide(taken);
}

}  // namespace

double AnyToAny::calibrate(std::span<const modalities::Batch> validation, const std::vector<std::string>& given_names,
                           const std::string& target) {
  at::NoGradGuard no_grad;
  auto& net = *network_;
  const size_t m = scalar_target(net, target);
  std::vector<uint8_t> asked(net.names.size(), 0);
  asked[m] = 1;
  const auto given = inputs_of(net, given_names, asked);
  const bool by_input = net.settings.temperature_by_input && given_names.empty();
  const auto groups = by_input ? groups_beside(net, m) : std::vector<Group>();
  // What no temperature touches (see posterior()) says nothing of it: objects of which nothing was observed, above all.
  const int64_t least = given_names.empty() && net.has_several_inputs_beside(m) ? 2 : 1;
  Answers answers;
  for (const auto& batch : validation)
    for (const auto& one : by_input ? sets_of(groups, net.names.size()) : std::vector<std::vector<uint8_t>>{given})
      ask(net, batch, m, one, least, answers);
  if (answers.count < 10)
    base::user_error("{} validation objects have '{}' and what it is read off: too few to calibrate", answers.count,
                     target);
  const auto some = evenly(answers.count);
  const auto taken = [&](const std::vector<at::Tensor>& parts) {
    const auto all = at::cat(parts);
    return all.index_select(0, nn::onto(all.device(), some));
  };
  const auto given_RG = shares(groups, taken(answers.given));
  const auto fitted =
      fit_temperature(loss_of_temperature(*net.heads[m], taken(answers.of), taken(answers.truths)), given_RG);
  net.temperature_M.data_ptr<double>()[m] = std::exp(fitted.base);
  if (net.temperature_by_MM.defined()) {
    auto row_M = net.temperature_by_MM[int64_t(m)];
    row_M.zero_();
    for (size_t g = 0; g < groups.size(); ++g)
      for (const size_t i : groups[g].modalities)
        row_M[int64_t(i)] = fitted.by_input[g] / double(groups[g].modalities.size());
  }
  return std::exp(log_temperature_R(fitted, given_RG).mean().item<double>());
}

}  // namespace asterism::models
