#include "tokenizers/shift_scan.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "nn/in_threads.h"

namespace asterism::tokenizers {

namespace {

constexpr int64_t kPerSet = 3;   // shifts of each set that are looked at again
constexpr int64_t kApart = 6;    // joined pixels between them
constexpr size_t kLookedAt = 4;  // of all sets together, at most
constexpr int64_t kLanes = 64;   // shifts solved side by side

// Sums of so many neighbours of the last dimension; the rest is dropped.
at::Tensor summed(const at::Tensor& x, int64_t neighbours) {
  const int64_t n = x.size(-1) / neighbours;
  auto shape = x.sizes().vec();
  shape.back() = n;
  shape.push_back(neighbours);
  return x.narrow(-1, 0, n * neighbours).reshape(shape).sum(-1);
}

// A length of 2^a 3^b 5^c, which transforms fast.
int64_t fast_length(int64_t at_least) {
  for (int64_t n = at_least;; ++n) {
    int64_t rest = n;
    for (const int64_t prime : {2, 3, 5})
      while (rest % prime == 0) rest /= prime;
    if (rest == 1) return n;
  }
}

// -2 ln evidence of up to kLanes shifts: Cholesky's decomposition of each (I + gram), all lanes in step. gram: row by
// row the upper triangle with the mean's row first, cross: [K+1]; each entry `stride` numbers after the one before.
void scores_of(const float* gram, const float* cross, int64_t stride, int64_t directions, double power, int64_t lanes,
               double* score) {
  const int64_t k = directions;
  std::vector<std::array<float, kLanes>> root(static_cast<size_t>(k * k)), right(static_cast<size_t>(k));
  const auto entry = [&](int64_t row, int64_t column) {  // of the upper triangle of [K+1, K+1]
    return gram + (row * (2 * (k + 1) - row + 1) / 2 + column - row) * stride;
  };
  for (int64_t i = 0; i < lanes; ++i) score[i] = power - 2 * double(cross[i]) + double(entry(0, 0)[i]);
  for (int64_t c = 0; c < k; ++c) {
    for (int64_t r = c; r < k; ++r) {
      auto& sum = root[size_t(r * k + c)];
      for (int64_t i = 0; i < lanes; ++i) sum[size_t(i)] = entry(c + 1, r + 1)[i] + (r == c ? 1.0f : 0.0f);
      for (int64_t j = 0; j < c; ++j) {
        const auto &a = root[size_t(r * k + j)], &b = root[size_t(c * k + j)];
        for (size_t i = 0; i < size_t(lanes); ++i) sum[i] -= a[i] * b[i];
      }
      const auto& pivot = root[size_t(c * k + c)];
      for (size_t i = 0; i < size_t(lanes); ++i)
        sum[i] = r == c ? std::sqrt(std::max(sum[i], 1e-6f)) : sum[i] / pivot[i];
    }
    auto& solved = right[size_t(c)];
    for (int64_t i = 0; i < lanes; ++i) solved[size_t(i)] = cross[(c + 1) * stride + i] - entry(0, c + 1)[i];
    for (int64_t j = 0; j < c; ++j)
      for (size_t i = 0; i < size_t(lanes); ++i) solved[i] -= root[size_t(c * k + j)][i] * right[size_t(j)][i];
    const auto& pivot = root[size_t(c * k + c)];
    for (size_t i = 0; i < size_t(lanes); ++i) {
      solved[i] /= pivot[i];
      score[i] += 2 * std::log(double(pivot[i])) - double(solved[i]) * double(solved[i]);
    }
  }
}

}  // namespace

ShiftScan::ShiftScan(const RestTemplates& templates) : templates_(&templates), tables_(tables_of(0)) {}

ShiftScan::Tables ShiftScan::tables_of(double blur) const {
  at::NoGradGuard no_grad;
  const auto& templates = *templates_;
  Tables out;
  for (size_t set = 0; set < templates.sets(); ++set) {
    auto fine = templates.templates(set);
    if (blur > 0) fine = LineBlur(std::vector<double>(size_t(fine.size(1)), blur)).of(fine);
    const auto rows = summed(fine, kJoined) / double(kJoined);
    std::vector<at::Tensor> products;
    for (int64_t j = 0; j < rows.size(0); ++j) products.push_back(rows.narrow(0, j, rows.size(0) - j) * rows[j]);
    Table table;
    table.shifts = rows.size(1) - templates.pixels() / kJoined + 1;
    table.length = fast_length(rows.size(1));
    table.products = at::fft_rfft(at::cat(products), table.length);
    table.singles = at::fft_rfft(rows, table.length);
    out.push_back(std::move(table));
  }
  return out;
}

std::vector<const ShiftScan::Tables*> ShiftScan::tables_for(const std::vector<double>& blur_M,
                                                            std::map<int, Tables>& made) const {
  std::vector<const Tables*> out;
  for (const double blur : blur_M) {
    // Levels a factor of the root of 2 apart, from one pixel: less is not seen by joined ones.
    const int level = blur < 1 ? 0 : 1 + int(std::lround(2 * std::log2(blur)));
    if (level > 0 && !made.contains(level)) made[level] = tables_of(std::exp2(0.5 * (level - 1)));
    out.push_back(level > 0 ? &made.at(level) : &tables_);
  }
  return out;
}

std::vector<double> ShiftScan::scores_of_one(size_t set, const Table& table, const at::Tensor& flux,
                                             const at::Tensor& weight) const {
  const auto correlated = [&](const at::Tensor& x, const at::Tensor& with) {
    return at::fft_irfft(at::fft_rfft(x, table.length).conj() * with, table.length).narrow(1, 0, table.shifts);
  };
  const auto gram = correlated(weight, table.products).contiguous();
  const auto cross = correlated(weight * flux, table.singles).contiguous();
  const double power = (weight * flux.square()).sum(at::kDouble).item<double>();
  std::vector<double> score(size_t(table.shifts));
  for (int64_t start = 0; start < table.shifts; start += kLanes)
    scores_of(gram.const_data_ptr<float>() + start, cross.const_data_ptr<float>() + start, table.shifts,
              templates_->directions(set), power, std::min(kLanes, table.shifts - start), score.data() + start);
  return score;
}

std::pair<at::Tensor, at::Tensor> ShiftScan::joined(const at::Tensor& flux_ML, const at::Tensor& weight_ML) {
  auto weight = summed(weight_ML, kJoined);
  return {summed(weight_ML * flux_ML, kJoined) / weight.clamp_min(1e-20), weight};
}

at::Tensor ShiftScan::scores(size_t set, const at::Tensor& flux_MJ, const at::Tensor& weight_MJ,
                             const std::vector<double>& blur_M) const {
  const int64_t m = flux_MJ.size(0), shifts = (templates_->places(set) - 1) / kPlacesPerShift + 1;
  auto out = at::empty({m, shifts}, at::kDouble);
  std::map<int, Tables> made;
  const auto tables_M = tables_for(blur_M.empty() ? std::vector<double>(size_t(m), 0) : blur_M, made);
  nn::in_threads(m, 1, [&](int64_t begin, int64_t end) {
    at::NoGradGuard no_grad;
    for (int64_t i = begin; i < end; ++i) {
      const auto all = scores_of_one(set, (*tables_M[size_t(i)])[set], flux_MJ[i], weight_MJ[i]);
      std::copy_n(all.begin(), shifts, out.data_ptr<double>() + i * shifts);
    }
  });
  return out;
}

std::vector<Found> ShiftScan::scan(size_t set, const Table& table, const at::Tensor& flux,
                                   const at::Tensor& weight) const {
  auto score = scores_of_one(set, table, flux, weight);
  std::vector<Found> out;
  const int64_t last = templates_->places(set) - 1;
  for (int64_t i = 0; i < kPerSet; ++i) {
    const auto best = std::min_element(score.begin(), score.end());
    if (!std::isfinite(*best)) break;
    const auto at = int64_t(best - score.begin());
    const int64_t place = last - at * kPlacesPerShift;
    out.push_back({set, std::clamp<int64_t>(place, 0, last), {}, *best});
    for (int64_t j = std::max<int64_t>(0, at - kApart); j < std::min(table.shifts, at + kApart + 1); ++j)
      score[size_t(j)] = INFINITY;
  }
  return out;
}

Found ShiftScan::refined(Found best, std::initializer_list<int64_t> steps, const Spectrum& spectrum) const {
  const int64_t last = templates_->places(best.set) - 1;
  for (const int64_t step : steps) {
    std::vector<int64_t> places;
    for (const int64_t by : {-step, int64_t{0}, step})
      if (const int64_t place = best.place + by; place >= 0 && place <= last && (by != 0 || !best.u_K.defined()))
        places.push_back(place);
    const auto n = int64_t(places.size());
    if (n == 0) continue;
    const auto fit = templates_->fit(best.set, places, spectrum.flux_L.expand({n, -1}),
                                     spectrum.weight_L.expand({n, -1}), false, Blurs(places.size(), spectrum.blur));
    const auto least = fit.score_M.argmin().item<int64_t>();
    if (const double score = fit.score_M[least].item<double>(); !best.u_K.defined() || score < best.score)
      best = {best.set, places[size_t(least)], fit.u_MK[least].clone(), score};
  }
  return best;
}

Found ShiftScan::find_one(const Spectrum& spectrum) const {
  const auto [flux, weight] = joined(spectrum.flux_L, spectrum.weight_L);
  std::vector<Found> candidates;
  for (size_t set = 0; set < templates_->sets(); ++set)
    for (const auto& one : scan(set, (*spectrum.tables)[set], flux, weight)) candidates.push_back(one);
  const auto better = [](const Found& a, const Found& b) { return a.score < b.score; };
  std::sort(candidates.begin(), candidates.end(), better);
  if (candidates.size() > kLookedAt) candidates.resize(kLookedAt);
  if (candidates.empty())  // numbers too large to square: every place is as wrong
    return {0, 0, at::zeros({templates_->directions(0)}, at::kDouble), INFINITY};
  constexpr int64_t kPixel = RestTemplates::kPlacesPerPixel;
  for (auto& one : candidates) one = refined(one, {2 * kPixel, kPixel}, spectrum);
  return refined(*std::min_element(candidates.begin(), candidates.end(), better), {kPixel / 2, 1}, spectrum);
}

std::vector<Found> ShiftScan::find(const at::Tensor& flux_ML, const at::Tensor& weight_ML,
                                   const LineSpreads& spreads) const {
  std::vector<Found> out(size_t(flux_ML.size(0)));
  std::vector<double> blur_M;
  for (int64_t i = 0; i < flux_ML.size(0); ++i) blur_M.push_back(spreads.typical(i, weight_ML[i]));
  std::map<int, Tables> made;
  const auto tables_M = tables_for(blur_M, made);
  nn::in_threads(flux_ML.size(0), 1, [&](int64_t begin, int64_t end) {
    at::NoGradGuard no_grad;
    auto own = spreads;
    for (int64_t i = begin; i < end; ++i)
      out[size_t(i)] = find_one({flux_ML[i], weight_ML[i], tables_M[size_t(i)], own.of(i)});
  });
  return out;
}

bool ShiftScan::at(const RestTemplates& templates, double redshift, const at::Tensor& flux_L,
                   const at::Tensor& weight_L, Found& found, const std::shared_ptr<const LineBlur>& blur) {
  at::NoGradGuard no_grad;
  found = {};
  found.score = INFINITY;
  for (size_t set = 0; set < templates.sets(); ++set) {
    const int64_t place = templates.place(set, redshift);
    if (place < 0) continue;
    const auto fit = templates.fit(set, {place}, flux_L.unsqueeze(0), weight_L.unsqueeze(0), false, {blur});
    if (const double score = fit.score_M.item<double>(); score < found.score)
      found = {set, place, fit.u_MK[0].clone(), score};
  }
  return found.u_K.defined();
}

}  // namespace asterism::tokenizers
