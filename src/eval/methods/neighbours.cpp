#include "eval/methods/neighbours.h"

#include "base/error.h"

namespace asterism::eval {

Neighbours nearest(const at::Tensor& reference_MD, const at::Tensor& queries_ND, int64_t k) {
  ASTERISM_CHECK(reference_MD.dim() == 2 && queries_ND.dim() == 2 && reference_MD.size(1) == queries_ND.size(1) &&
                     reference_MD.size(0) >= 1 && k >= 1,
                 "k {}", k);
  at::NoGradGuard no_grad;
  const auto reference = reference_MD.to(at::kDouble).contiguous();
  const auto queries = queries_ND.to(at::kDouble).contiguous();
  const int64_t m = reference.size(0), n = queries.size(0);
  k = std::min(k, m);
  const auto squares_M = reference.square().sum(1);
  // Distances are first |r|^2 - 2 q.r, which orders the rows of one query; the winners are measured again directly.
  const int64_t extra = std::min(m, k + 8);
  const int64_t numbers = (int64_t{128} << 20) / int64_t(sizeof(double));
  const int64_t block = std::max<int64_t>(1, numbers / std::max(m, extra * reference.size(1)));
  std::vector<at::Tensor> rows, distances;
  const auto room = at::empty({std::min(n, block), m}, at::kDouble);  // the same memory for every block
  for (int64_t begin = 0; begin < n; begin += block) {
    const auto q = queries.slice(0, begin, std::min(n, begin + block));
    auto order = room.narrow(0, 0, q.size(0));
    at::addmm_out(order, squares_M.unsqueeze(0), q, reference.t(), 1, -2);
    const auto candidate = std::get<1>(order.topk(extra, 1, /*largest=*/false, /*sorted=*/true));
    const auto difference =
        reference.index_select(0, candidate.flatten()).view({q.size(0), extra, -1}) - q.unsqueeze(1);
    const auto distance = difference.square().sum(2).sqrt();
    // Rows are put in order first, so that the stable sort gives ties to the smaller row.
    const auto [by_row, place] = candidate.sort(1);
    const auto [sorted, rank] =
        distance.gather(1, place).sort(/*stable=*/std::optional<bool>(true), 1, /*descending=*/false);
    rows.push_back(by_row.gather(1, rank).slice(1, 0, k).contiguous());
    distances.push_back(sorted.slice(1, 0, k).contiguous());
  }
  if (n == 0) return {at::empty({0, k}, at::kLong), at::empty({0, k}, at::kDouble)};
  return {at::cat(rows), at::cat(distances)};
}

at::Tensor neighbour_weights(const Neighbours& neighbours, NeighbourWeight weight) {
  if (weight == NeighbourWeight::kEqual)
    return at::full_like(neighbours.distance_NK, 1.0 / double(neighbours.distance_NK.size(1)));
  const auto exact = neighbours.distance_NK.eq(0);
  const auto inverse = at::where(exact, at::ones_like(neighbours.distance_NK), neighbours.distance_NK.reciprocal());
  const auto weights = at::where(exact.any(1, true), exact.to(at::kDouble), inverse);
  return weights / weights.sum(1, true);
}

namespace {

template <class T>
at::Tensor picked(const Neighbours& neighbours, std::span<const T> values, at::ScalarType type) {
  const auto all = at::from_blob(const_cast<T*>(values.data()), {int64_t(values.size())}, type);
  ASTERISM_CHECK(neighbours.rows_NK.numel() == 0 || neighbours.rows_NK.max().item<int64_t>() < int64_t(values.size()),
                 "{} values", values.size());
  return all.index_select(0, neighbours.rows_NK.flatten()).view_as(neighbours.rows_NK);
}

}  // namespace

std::vector<double> neighbour_mean(const Neighbours& neighbours, std::span<const double> values,
                                   NeighbourWeight weight) {
  const auto mean =
      (picked(neighbours, values, at::kDouble) * neighbour_weights(neighbours, weight)).sum(1).contiguous();
  return {mean.const_data_ptr<double>(), mean.const_data_ptr<double>() + mean.numel()};
}

std::vector<int64_t> neighbour_class(const Neighbours& neighbours, std::span<const int64_t> labels,
                                     NeighbourWeight weight) {
  const auto label = picked(neighbours, labels, at::kLong).contiguous();
  const auto weights = neighbour_weights(neighbours, weight).contiguous();
  std::vector<int64_t> out;
  for (int64_t i = 0; i < label.size(0); ++i) {
    std::map<int64_t, double> votes;
    for (int64_t j = 0; j < label.size(1); ++j)
      votes[label.const_data_ptr<int64_t>()[i * label.size(1) + j]] +=
          weights.const_data_ptr<double>()[i * label.size(1) + j];
    auto best = votes.begin();
    for (auto it = votes.begin(); it != votes.end(); ++it)
      if (it->second > best->second + 1e-12) best = it;
    out.push_back(best->first);
  }
  return out;
}

std::vector<std::vector<double>> neighbour_values(const Neighbours& neighbours, std::span<const double> values) {
  const auto value = picked(neighbours, values, at::kDouble).contiguous();
  std::vector<std::vector<double>> out;
  const double* data = value.const_data_ptr<double>();
  for (int64_t i = 0; i < value.size(0); ++i)
    out.emplace_back(data + i * value.size(1), data + (i + 1) * value.size(1));
  return out;
}

Scaler Scaler::fit(const at::Tensor& train_MD) {
  const auto x = train_MD.to(at::kDouble);
  Scaler out;
  out.mean_D = x.mean(0);
  const auto spread = (x - out.mean_D).square().mean(0).sqrt();
  // A column whose spread is rounding alone counts as constant.
  const auto constant = spread.le(1e-12 * (out.mean_D.abs() + 1e-300));
  out.scale_D = at::where(constant, at::full_like(spread, INFINITY), spread);
  return out;
}

at::Tensor Scaler::operator()(const at::Tensor& x_ND) const { return (x_ND.to(at::kDouble) - mean_D) / scale_D; }

}  // namespace asterism::eval
