#include "tokenizers/coefficient_tokens.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"

namespace asterism::tokenizers {

namespace {

constexpr int64_t kLloydRounds = 30;
constexpr double kTail = 0.001;  // of the coefficients on either side that the first levels do not reach

std::vector<int64_t> dealt(const at::Tensor& variance_K, int64_t tokens, int64_t token_bits) {
  const int64_t k = variance_K.size(0);
  const auto variance = variance_K.to(at::kDouble).contiguous();
  std::vector<double> error(variance.const_data_ptr<double>(), variance.const_data_ptr<double>() + k);
  std::vector<int64_t> bits(size_t(k), 0);
  for (;;) {
    const auto worst = size_t(std::max_element(error.begin(), error.end()) - error.begin());
    if (error[worst] <= 0) return bits;
    ++bits[worst];
    error[worst] /= 4;
    if (bits[worst] <= token_bits && !places_of(bits, tokens, token_bits).empty()) continue;
    --bits[worst];
    error[worst] = 0;  // it can have no more
  }
}

// The levels of one coefficient: z_M rising, with weights; first evenly spread, then each the mean of what is nearest
// to it. A level to which nothing is nearest stays. Or evenly spread, beyond the outermost.
at::Tensor levels_of(const at::Tensor& z_M, const at::Tensor& weight_M, int64_t count, double beyond) {
  const int64_t m = z_M.size(0), edge = int64_t(kTail * double(m));
  const double first = z_M[edge].item<double>(), last = z_M[m - 1 - edge].item<double>();
  const double low = first - beyond * (last - first), high = last + beyond * (last - first);
  auto levels = low + (at::arange(count, at::kDouble) + 0.5) * ((high - low) / double(count));
  if (beyond > 0) return levels;
  const auto zero = at::zeros({1}, at::kDouble);
  const auto weight_below = at::cat({zero, weight_M.cumsum(0)}),
             sum_below = at::cat({zero, (weight_M * z_M).cumsum(0)});
  for (int64_t round = 0; round < kLloydRounds && count > 1; ++round) {
    const auto middles = (levels.narrow(0, 0, count - 1) + levels.narrow(0, 1, count - 1)) * 0.5;
    const auto ends = at::cat({at::zeros({1}, at::kLong), at::searchsorted(z_M, middles), at::full({1}, m, at::kLong)});
    const auto weight = weight_below.index_select(0, ends).diff(), sum = sum_below.index_select(0, ends).diff();
    levels = at::where(weight > 0, sum / weight, levels);
  }
  return std::get<0>(levels.sort());
}

}  // namespace

std::vector<TokenPlace> places_of(const std::vector<int64_t>& bits, int64_t tokens, int64_t token_bits) {
  std::vector<size_t> order(bits.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return bits[a] > bits[b]; });
  std::vector<int64_t> used(size_t(tokens), 0);
  std::vector<TokenPlace> out(bits.size());
  for (const size_t i : order) {
    if (bits[i] == 0) continue;
    size_t t = 0;
    while (t < used.size() && used[t] + bits[i] > token_bits) ++t;
    if (t == used.size()) return {};
    out[i] = {int64_t(t), used[t]};
    used[t] += bits[i];
  }
  return out;
}

CoefficientTokens::CoefficientTokens(const nn::Scope& scope, int64_t coefficients, int64_t tokens, int64_t token_bits)
    : tokens_(tokens),
      token_bits_(token_bits),
      bits_K_(scope.statistic("bits", at::zeros({coefficients}, at::kLong))),
      levels_KL_(scope.statistic("levels", at::zeros({coefficients, int64_t{1} << token_bits}))),
      variance_K_(scope.statistic("variance", at::ones({coefficients}))) {}

std::vector<int64_t> CoefficientTokens::bits() const {
  const auto* from = bits_K_.const_data_ptr<int64_t>();
  std::vector<int64_t> out(from, from + bits_K_.numel());
  const bool sound = std::all_of(out.begin(), out.end(), [&](int64_t b) { return b >= 0 && b <= token_bits_; });
  if (!sound || places_of(out, tokens_, token_bits_).empty())
    base::data_error("the bits of {} coefficients do not fit {} tokens of {} bits: the file of weights is damaged.",
                     out.size(), tokens_, token_bits_);
  return out;
}

void CoefficientTokens::fit(const at::Tensor& z_MK, const at::Tensor& weight_M, double beyond) {
  at::NoGradGuard no_grad;
  const int64_t k = bits_K_.size(0);
  ASTERISM_CHECK(z_MK.dim() == 2 && z_MK.size(1) == k && z_MK.size(0) > 0, "coefficients of {} rows", z_MK.size(0));
  const auto z = z_MK.to(at::kDouble), weight = weight_M.to(at::kDouble) / weight_M.to(at::kDouble).sum();
  const auto middle = at::mv(z.t(), weight);
  variance_K_.copy_(at::mv((z - middle).square().t(), weight));
  const auto bits = dealt(variance_K_, tokens_, token_bits_);
  bits_K_.copy_(at::tensor(bits, at::kLong));
  levels_KL_.zero_();
  for (int64_t i = 0; i < k; ++i) {
    const int64_t count = int64_t{1} << bits[size_t(i)];
    const auto [sorted, order] = z.select(1, i).sort();
    const auto levels =
        count == 1 ? middle.narrow(0, i, 1) : levels_of(sorted, weight.index_select(0, order), count, beyond);
    levels_KL_[i].narrow(0, 0, count).copy_(levels);
  }
}

at::Tensor CoefficientTokens::ids(const at::Tensor& z_MK) const {
  const auto count = bits();
  const auto places = places_of(count, tokens_, token_bits_);
  auto out = at::zeros({z_MK.size(0), tokens_}, at::kLong);
  for (size_t i = 0; i < count.size(); ++i) {
    if (count[i] == 0) continue;
    const int64_t levels = int64_t{1} << count[i];
    const auto of = levels_KL_[int64_t(i)];
    const auto middles = (of.narrow(0, 0, levels - 1) + of.narrow(0, 1, levels - 1)) * 0.5;
    const auto level = at::searchsorted(middles, z_MK.select(1, int64_t(i)).to(at::kFloat).contiguous());
    out.select(1, places[i].token).add_(level * (int64_t{1} << places[i].shift));
  }
  return out;
}

at::Tensor CoefficientTokens::nearest(int64_t coefficient, const at::Tensor& z_M) const {
  const int64_t levels = int64_t{1} << bits()[size_t(coefficient)];
  const auto of = levels_KL_[coefficient].narrow(0, 0, levels);
  const auto middles = (of.narrow(0, 0, levels - 1) + of.narrow(0, 1, levels - 1)) * 0.5;
  return of.index_select(0, at::searchsorted(middles, z_M.to(at::kFloat).contiguous())).to(z_M.scalar_type());
}

at::Tensor CoefficientTokens::values(const at::Tensor& ids_MT) const {
  const auto count = bits();
  const auto places = places_of(count, tokens_, token_bits_);
  auto out = at::empty({ids_MT.size(0), int64_t(count.size())});
  for (size_t i = 0; i < count.size(); ++i) {
    const auto whole = at::floor_divide(ids_MT.select(1, places[i].token), int64_t{1} << places[i].shift);
    const auto level = at::remainder(whole, int64_t{1} << count[i]);
    out.select(1, int64_t(i)).copy_(levels_KL_[int64_t(i)].index_select(0, level));
  }
  return out;
}

}  // namespace asterism::tokenizers
