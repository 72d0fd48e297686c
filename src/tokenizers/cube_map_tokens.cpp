#include "tokenizers/cube_map_tokens.h"

#include <algorithm>

#include "base/error.h"

namespace asterism::tokenizers {

namespace {

constexpr double kFaintest = -7, kStrongest = 4;  // ln of a map's strength
constexpr int64_t kTries = 9;                     // strengths, of a map that has more in one wave than levels reach
constexpr double kTryStep = 0.25;                 // of the logarithm

// Waves of each class.
std::vector<at::Tensor> by_class(const CubeModes& modes, size_t classes) {
  std::vector<std::vector<int64_t>> found(classes);
  for (size_t m = 0; m < modes.classes().size(); ++m) found[size_t(modes.classes()[m])].push_back(int64_t(m));
  std::vector<at::Tensor> out;
  out.reserve(found.size());
  for (const auto& one : found) out.push_back(at::tensor(one, at::kLong));
  return out;
}

}  // namespace

CubeMapTokens::CubeMapTokens(const nn::Scope& scope, int64_t maps, std::vector<int64_t> ring_tokens, int64_t token_bits)
    : ring_tokens_(std::move(ring_tokens)), token_bits_(token_bits) {
  const int64_t classes = CubeModes::kParities * rings();
  variance_CJ_ = scope.statistic("variance", at::ones({classes, maps}));
  for (int64_t c = 0; c < classes; ++c)
    classes_.emplace_back(scope / "class" / c, maps, ring_tokens_[size_t(c / CubeModes::kParities)], token_bits);
}

bool CubeMapTokens::fitted() const {
  return std::any_of(classes_.begin(), classes_.end(), [](const CoefficientTokens& one) { return one.fitted(); });
}

int64_t CubeMapTokens::tokens(const CubeModes& modes) const {
  int64_t out = maps();
  for (int64_t m = 0; m < modes.count(); ++m) out += ring_tokens_[size_t(modes.ring(m))];
  return out;
}

at::Tensor CubeMapTokens::variance(const CubeModes& modes) const {
  return variance_CJ_.index_select(0, at::tensor(modes.classes(), at::kLong)).t().to(at::kDouble).contiguous();
}

void CubeMapTokens::learn_variance(const std::vector<MapSample>& all) {
  const auto sum = at::zeros_like(variance_CJ_, at::kDouble);
  std::vector<double> weight(classes_.size(), 0);
  for (const auto& one : all) {
    const auto waves = by_class(*one.modes, classes_.size());
    for (size_t c = 0; c < waves.size(); ++c) {
      if (waves[c].numel() == 0) continue;
      sum[int64_t(c)] += one.c_JM.index_select(1, waves[c]).square().mean(1) * one.weight;
      weight[c] += one.weight;
    }
  }
  for (size_t c = 0; c < weight.size(); ++c)
    if (weight[c] > 0) variance_CJ_[int64_t(c)].copy_((sum[int64_t(c)] / weight[c]).clamp_min(1e-9));
}

at::Tensor CubeMapTokens::strength_ids(const CubeModes& modes, const at::Tensor& c_JM) const {
  const auto relative = c_JM.square().sum(1) / variance(modes).sum(1);
  const double top = double((int64_t{1} << token_bits_) - 1);
  const auto place = (relative.clamp_min(1e-30).log() * 0.5 - kFaintest) * (top / (kStrongest - kFaintest));
  return at::round(place.clamp(0, top)).to(at::kLong);
}

at::Tensor CubeMapTokens::log_strength(const at::Tensor& ids) const {
  const double top = double((int64_t{1} << token_bits_) - 1);
  return ids.clamp_max(int64_t(top)).to(at::kDouble) * ((kStrongest - kFaintest) / top) + kFaintest;
}

at::Tensor CubeMapTokens::strength(const CubeModes& modes, const at::Tensor& c_JM) const {
  return log_strength(strength_ids(modes, c_JM)).exp();
}

void CubeMapTokens::fit(const std::vector<MapSample>& all) {
  std::vector<std::vector<at::Tensor>> rows(classes_.size()), weights(classes_.size());
  for (const auto& one : all) {
    const auto z_MJ = (one.c_JM / strength(*one.modes, one.c_JM).unsqueeze(1)).t();
    const auto waves = by_class(*one.modes, classes_.size());
    for (size_t c = 0; c < waves.size(); ++c) {
      if (waves[c].numel() == 0) continue;
      rows[c].push_back(z_MJ.index_select(0, waves[c]));
      weights[c].push_back(at::full({waves[c].numel()}, one.weight, at::kDouble));
    }
  }
  for (size_t c = 0; c < rows.size(); ++c)
    if (!rows[c].empty()) classes_[c].fit(at::cat(rows[c]), at::cat(weights[c]));
}

at::Tensor CubeMapTokens::best_strength_ids(const CubeModes& modes, const at::Tensor& c_JM) const {
  const double top = double((int64_t{1} << token_bits_) - 1), step = kTryStep * top / (kStrongest - kFaintest);
  const auto by_T1 = at::round(at::arange(kTries, at::kDouble) * step).to(at::kLong).unsqueeze(1);
  const auto tried_TJ = (strength_ids(modes, c_JM).unsqueeze(0) + by_T1).clamp_max(int64_t(top));
  const auto strength_T1J = log_strength(tried_TJ.reshape({-1})).exp().view({kTries, 1, maps()});
  auto left_TJ = at::zeros({kTries, maps()}, at::kDouble);
  const auto waves = by_class(modes, classes_.size());
  for (size_t c = 0; c < waves.size(); ++c) {
    if (waves[c].numel() == 0) continue;
    const auto wanted_MJ = c_JM.index_select(1, waves[c]).t();
    const auto z = (wanted_MJ / strength_T1J).reshape({-1, maps()});
    const auto drawn = classes_[c].values(classes_[c].ids(z)).view({kTries, -1, maps()}) * strength_T1J;
    left_TJ += (drawn - wanted_MJ).square().sum(1);
  }
  return tried_TJ.gather(0, left_TJ.argmin(0, /*keepdim=*/true)).squeeze(0);
}

at::Tensor CubeMapTokens::ids(const CubeModes& modes, const at::Tensor& c_JM) const {
  const auto first = best_strength_ids(modes, c_JM);
  const auto z_MJ = (c_JM / log_strength(first).exp().unsqueeze(1)).t().contiguous();
  const auto waves = by_class(modes, classes_.size());
  std::vector<at::Tensor> of_mode(size_t(modes.count()));
  for (size_t c = 0; c < waves.size(); ++c) {
    if (waves[c].numel() == 0) continue;
    const auto found = classes_[c].ids(z_MJ.index_select(0, waves[c]));
    for (int64_t i = 0; i < waves[c].numel(); ++i) of_mode[size_t(waves[c][i].item<int64_t>())] = found[i];
  }
  of_mode.insert(of_mode.begin(), first);
  return at::cat(of_mode);
}

at::Tensor CubeMapTokens::values(const CubeModes& modes, const at::Tensor& ids_T) const {
  std::vector<std::vector<at::Tensor>> rows(classes_.size());
  int64_t at = maps();
  for (int64_t m = 0; m < modes.count(); ++m) {
    const int64_t count = ring_tokens_[size_t(modes.ring(m))];
    rows[size_t(modes.classes()[size_t(m)])].push_back(ids_T.narrow(0, at, count));
    at += count;
  }
  const auto waves = by_class(modes, classes_.size());
  auto out = at::zeros({maps(), modes.count()}, at::kDouble);
  const int64_t largest = (int64_t{1} << token_bits_) - 1;
  for (size_t c = 0; c < rows.size(); ++c) {
    if (rows[c].empty()) continue;
    const auto z_MJ = classes_[c].values(at::stack(rows[c]).clamp_max(largest));
    out.index_copy_(1, waves[c], z_MJ.t().to(at::kDouble));
  }
  return out * log_strength(ids_T.narrow(0, 0, maps())).exp().unsqueeze(1);
}

}  // namespace asterism::tokenizers
