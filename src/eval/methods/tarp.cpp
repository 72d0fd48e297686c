#include "eval/methods/tarp.h"

#include "base/error.h"
#include "base/random.h"

namespace asterism::eval {
namespace {

std::vector<double> numbers(const at::Tensor& x_N) {
  const auto x = x_N.contiguous();
  return {x.const_data_ptr<double>(), x.const_data_ptr<double>() + x.numel()};
}

}  // namespace

TruthBox TruthBox::of(const at::Tensor& truth_ND) {
  const auto low_D = at::quantile(truth_ND, 0.01, 0), width_D = at::quantile(truth_ND, 0.99, 0) - low_D;
  return {low_D, at::where(width_D > 0, width_D, at::ones_like(width_D))};
}

at::Tensor TruthBox::operator()(const at::Tensor& x) const { return (x - low_D) / width_D; }

std::vector<double> tarp(const at::Tensor& truth_ND, const at::Tensor& draws_NSD, std::span<const uint64_t> keys,
                         uint64_t seed) {
  const int64_t n = truth_ND.size(0), d = truth_ND.size(1), s = draws_NSD.size(1);
  ASTERISM_CHECK(int64_t(keys.size()) == n && draws_NSD.size(0) == n && draws_NSD.size(2) == d, "{} objects", n);
  auto point_ND = at::empty({n, d}, at::kDouble);
  std::vector<double> place(static_cast<size_t>(n));
  for (int64_t i = 0; i < n; ++i) {
    base::Random random(seed, 0, keys[size_t(i)], "tarp");
    for (int64_t k = 0; k < d; ++k) point_ND.mutable_data_ptr<double>()[i * d + k] = random.uniform();
    place[size_t(i)] = random.uniform();
  }
  const auto of_truth_N = (truth_ND - point_ND).square().sum(1);
  const auto of_draw_NS = (draws_NSD - point_ND.unsqueeze(1)).square().sum(2);
  const auto nearer = numbers((of_draw_NS < of_truth_N.unsqueeze(1)).sum(1).to(at::kDouble));
  const auto as_near = numbers((of_draw_NS == of_truth_N.unsqueeze(1)).sum(1).to(at::kDouble));
  std::vector<double> out;
  for (size_t i = 0; i < size_t(n); ++i) out.push_back((nearer[i] + place[i] * (1 + as_near[i])) / double(s + 1));
  return out;
}

std::vector<double> energy_scores(const at::Tensor& truth_ND, const at::Tensor& draws_NSD) {
  const auto s = double(draws_NSD.size(1));
  ASTERISM_CHECK(s >= 2, "{} draws", s);
  const auto to_truth_N = (draws_NSD - truth_ND.unsqueeze(1)).square().sum(2).sqrt().mean(1);
  std::vector<at::Tensor> between;  // an object at a time: S^2 numbers
  for (int64_t i = 0; i < draws_NSD.size(0); ++i) {
    const auto draws_SD = draws_NSD[i];
    between.push_back((draws_SD.unsqueeze(0) - draws_SD.unsqueeze(1)).square().sum(2).sqrt().sum());
  }
  return numbers(to_truth_N - 0.5 * at::stack(between) / (s * (s - 1)));
}

}  // namespace asterism::eval
