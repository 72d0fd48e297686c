#include "models/guidance.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"

namespace asterism::models {

std::vector<World> worlds_of(const std::vector<std::string>& inputs, const Guidance& guidance) {
  const std::vector<uint8_t> all(inputs.size(), 1), none(inputs.size(), 0);
  if (guidance.plain()) return {{all, 1}};
  if (guidance.of.empty()) {
    if (!std::isfinite(guidance.weight)) base::user_error("a guidance of {}: choose a number", guidance.weight);
    return {{all, guidance.weight}, {none, 1 - guidance.weight}};
  }
  std::vector<World> out{{none, 1}};
  for (const auto& [name, weight] : guidance.of) {
    const auto found = std::find(inputs.begin(), inputs.end(), name);
    if (found == inputs.end() && inputs.empty()) base::user_error("guidance by '{}', and nothing is given", name);
    if (found == inputs.end())
      base::user_error("guidance by '{}', which is not given; the nearest that is given is '{}'", name,
                       base::nearest(name, inputs));
    if (!std::isfinite(weight)) base::user_error("guidance by '{}' with a weight of {}: choose a number", name, weight);
    auto one = none;
    one[size_t(found - inputs.begin())] = 1;
    out[0].weight -= weight;
    out.push_back({one, weight});
  }
  return out;
}

at::Tensor mixed(const at::Tensor& logits_WRV, const std::vector<World>& worlds) {
  ASTERISM_CHECK(logits_WRV.size(0) == int64_t(worlds.size()), "logits of {} worlds", logits_WRV.size(0));
  const auto first = logits_WRV[0].to(at::kFloat);
  if (worlds.size() == 1) return worlds[0].weight == 1 ? first : first * worlds[0].weight;
  at::Tensor out;
  for (size_t w = 0; w < worlds.size(); ++w) {
    const auto part = logits_WRV[int64_t(w)].to(at::kFloat) * worlds[w].weight;
    out = out.defined() ? out + part : part;
  }
  return out.masked_fill(at::isneginf(first), -std::numeric_limits<double>::infinity());
}

}  // namespace asterism::models
