#include "nn/low_rank.h"

#include <cmath>

#include "base/error.h"
#include "nn/scope.h"

namespace asterism::nn {
namespace {

int64_t fused_parts(const std::string& name) {
  if (name.ends_with("qkv.weight")) return 3;
  return name.ends_with("kv.weight") ? 2 : 1;
}

// A tensor that took part in a graph is a plain one again.
void forget_graph(const at::Tensor& weight) {
  if (weight.grad_fn() != nullptr) weight.detach_();
}

}  // namespace

bool is_block_product(const std::string& name) {
  if (!name.ends_with(".weight")) return false;
  for (const char* part : {".attn.", "self_attn.", "cross_attn.", "attention.", ".mlp."})
    if (name.find(part) != std::string::npos) return true;
  return false;
}

LowRank::LowRank(Parameters& model, Parameters& learned, const Settings& settings, uint64_t seed,
                 const std::function<bool(const std::string&)>& choose)
    : scale_(settings.scale) {
  model.set_trainable([](const std::string&) { return false; });
  const Scope scope(learned, seed);
  for (const auto& [name, weight] : model.parameters()) {
    if (weight.dim() != 2 || weight.size(0) == 1 || weight.size(1) == 1 || !choose(name)) continue;
    const int64_t rank = std::min({settings.rank * fused_parts(name), weight.size(0), weight.size(1)});
    Adapted a;
    a.weight = weight;
    a.base = learned.add_constant(weight.detach().clone());
    a.up = scope.parameter(name + ".up", {weight.size(0), rank}, Init::zeros());
    a.down =
        scope.parameter(name + ".down", {rank, weight.size(1)}, Init::normal(1 / std::sqrt(double(weight.size(1)))));
    adapted_.push_back(std::move(a));
  }
  if (adapted_.empty())
    base::user_error("the model has no products of attention or MLP that low-rank adapters could change");
}

std::array<int64_t, 3> LowRank::Adapted::versions() const {
  return {int64_t(weight._version()), int64_t(up._version()), int64_t(down._version())};
}

void LowRank::apply() const {
  for (auto& a : adapted_) {
    if (!at::GradMode::is_enabled() && a.applied == a.versions()) continue;
    forget_graph(a.weight);
    a.weight.copy_(a.base + at::matmul(a.up, a.down).to(a.base.scalar_type()) * scale_);
    a.applied = a.versions();
  }
}

void LowRank::remove() const {
  at::NoGradGuard no_grad;
  for (const auto& a : adapted_) {
    forget_graph(a.weight);
    a.weight.copy_(a.base);
  }
}

}  // namespace asterism::nn
