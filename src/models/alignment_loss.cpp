#include "models/alignment_loss.h"

#include <algorithm>
#include <limits>
#include <set>

#include "base/error.h"
#include "models/wrap.h"
#include "nn/autocast.h"
#include "nn/device.h"
#include "nn/nothing_to_learn.h"

namespace asterism::models {
namespace {

// The objects that both have.
struct Shared {
  at::Tensor rows_M, twin_MM;
  bool enough = false;  // two different ones
};

Shared shared_by(const Aligned& a, const Aligned& b, const std::vector<uint64_t>& hashes) {
  std::vector<int64_t> rows, chosen;
  for (size_t i = 0; i < hashes.size(); ++i) {
    if (!a.present_N[i] || !b.present_N[i]) continue;
    rows.push_back(int64_t(i));
    chosen.push_back(int64_t(hashes[i]));
  }
  Shared out;
  out.enough = std::set<int64_t>(chosen.begin(), chosen.end()).size() >= 2;
  if (!out.enough) return out;
  const auto there = nn::onto(a.vectors_NE.device(), std::vector{copied(rows), copied(chosen)});
  out.rows_M = there[0];
  const auto& hash = there[1];
  const auto own = at::arange(int64_t(rows.size()), hash.options());
  out.twin_MM = hash.unsqueeze(0).eq(hash.unsqueeze(1)).logical_and(own.unsqueeze(0).ne(own.unsqueeze(1)));
  return out;
}

bool listed(const std::vector<std::string>& pairs, const std::string& a, const std::string& b) {
  return pairs.empty() || std::find(pairs.begin(), pairs.end(), a + "-" + b) != pairs.end() ||
         std::find(pairs.begin(), pairs.end(), b + "-" + a) != pairs.end();
}

at::Tensor without_twins(const at::Tensor& logits, const at::Tensor& twin) {
  return logits.masked_fill(twin, -std::numeric_limits<double>::infinity());
}

at::Tensor numbers_of(const at::Tensor& cosine) {
  return at::arange(cosine.size(0), cosine.options().dtype(at::kLong).requires_grad(false));
}

at::Tensor accuracy(const at::Tensor& cosine, const at::Tensor& twin) {
  const auto own = numbers_of(cosine);
  const auto logits = without_twins(cosine, twin);
  return 0.5 * (logits.argmax(1).eq(own).to(at::kFloat).mean() + logits.argmax(0).eq(own).to(at::kFloat).mean());
}

std::vector<std::string> names_of(const std::vector<Aligned>& towers) {
  std::vector<std::string> out;
  out.reserve(towers.size());
  for (const auto& tower : towers) out.push_back(tower.name);
  return out;
}

}  // namespace

at::Tensor info_nce_loss(const at::Tensor& cosine, const at::Tensor& twin, const at::Tensor& temperature) {
  const auto logits = without_twins(cosine / temperature, twin);
  const auto own = numbers_of(cosine);
  return 0.5 * (at::cross_entropy_loss(logits, own) + at::cross_entropy_loss(logits.t(), own));
}

at::Tensor sigmoid_loss(const at::Tensor& cosine, const at::Tensor& twin, const at::Tensor& temperature,
                        const at::Tensor& bias) {
  const auto sign = 2 * at::eye(cosine.size(0), cosine.options().requires_grad(false)) - 1;
  const auto each = -at::log_sigmoid(sign * (cosine / temperature + bias));
  return each.masked_fill(twin, 0).sum() / cosine.size(0);
}

// The loss sees vectors alone, never what made them. So this is the one place for more than one process: join the
// vectors, presence and hashes of all of them here (all-gather, each keeping the gradient of its own rows), and nothing
// else changes.
nn::Outcome align(const std::vector<Aligned>& towers, const std::vector<uint64_t>& hashes, const Alignment& how) {
  const nn::Autocast exact(nn::Precision::fp32, how.temperature.device().type());
  nn::Outcome out;
  out.figures["temperature"] = how.temperature.detach();
  if (how.bias.defined()) out.figures["bias"] = how.bias.detach();
  int64_t pairs = 0, used = 0;
  for (size_t a = 0; a < towers.size(); ++a)
    for (size_t b = a + 1; b < towers.size(); ++b) {
      if (!listed(how.pairs, towers[a].name, towers[b].name)) continue;
      const auto shared = shared_by(towers[a], towers[b], hashes);
      if (!shared.enough) continue;
      const auto own = [&](const Aligned& tower) {
        const auto vectors = tower.vectors_NE.index_select(0, shared.rows_M);
        return vectors.scalar_type() == at::kDouble ? vectors : vectors.to(at::kFloat);
      };
      const auto cosine = at::matmul(own(towers[a]), own(towers[b]).t());
      const auto each = how.loss == "siglip" ? sigmoid_loss(cosine, shared.twin_MM, how.temperature, how.bias)
                                             : info_nce_loss(cosine, shared.twin_MM, how.temperature);
      out.loss = out.loss.defined() ? out.loss + each : each;
      out.figures["accuracy/" + towers[a].name + "-" + towers[b].name] = accuracy(cosine.detach(), shared.twin_MM);
      ++pairs;
      used = std::max(used, shared.rows_M.size(0));
    }
  if (pairs == 0)
    nn::nothing_to_learn(
        "no two different objects of this batch of {} share two of {}: use larger batches of matched objects",
        hashes.size(), base::quoted_list(names_of(towers)));
  out.loss = out.loss / pairs;
  out.weight = double(used);
  return out;
}

}  // namespace asterism::models
