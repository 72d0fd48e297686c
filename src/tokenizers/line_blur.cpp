#include "tokenizers/line_blur.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "nn/transfer.h"

namespace asterism::tokenizers {

namespace {

constexpr double kReach = 4;      // sigma at which a Gaussian ends
constexpr size_t kTogether = 64;  // pixels of a product

struct Taps {
  int64_t first = 0;
  std::vector<double> weight;  // sums to 1
};

Taps taps_of(double centre, double sigma, int64_t length) {
  Taps out;
  if (sigma < LineBlur::kLeastSigma) {
    out.first = std::min(int64_t(centre), length - 1);
    const double share = centre - double(out.first);
    out.weight = {1 - share};
    if (share > 0 && out.first + 1 < length) out.weight.push_back(share);
    return out;
  }
  out.first = std::max<int64_t>(0, int64_t(std::ceil(centre - kReach * sigma)));
  const auto last = std::min(length - 1, int64_t(std::floor(centre + kReach * sigma)));
  double sum = 0;
  for (int64_t i = out.first; i <= last; ++i) {
    const double x = (double(i) - centre) / sigma;
    out.weight.push_back(std::exp(-0.5 * x * x));
    sum += out.weight.back();
  }
  for (auto& weight : out.weight) weight /= sum;
  return out;
}

std::vector<double> counted(size_t n) {
  std::vector<double> out(n);
  for (size_t i = 0; i < n; ++i) out[i] = double(i);
  return out;
}

}  // namespace

LineBlur::LineBlur(const std::vector<double>& sigma_L)
    : LineBlur(counted(sigma_L.size()), sigma_L, int64_t(sigma_L.size())) {}

LineBlur::LineBlur(const std::vector<double>& centre_P, const std::vector<double>& sigma_P, int64_t length) {
  const size_t pixels = centre_P.size();
  ASTERISM_CHECK(length > 0 && pixels > 0 && sigma_P.size() == pixels, "{} places, {} widths, {} values", pixels,
                 sigma_P.size(), length);
  const auto kept = [&](size_t p) { return sigma_P[p] < kLeastSigma && centre_P[p] == std::floor(centre_P[p]); };
  for (size_t p = 0; p < pixels;) {
    ASTERISM_CHECK(centre_P[p] >= 0 && centre_P[p] <= double(length - 1), "pixel {} looks at {}", p, centre_P[p]);
    size_t end = p + 1;
    if (kept(p)) {
      while (end < pixels && kept(end) && centre_P[end] == centre_P[end - 1] + 1) ++end;
      ASTERISM_CHECK(centre_P[end - 1] <= double(length - 1), "pixel {} looks at {}", end - 1, centre_P[end - 1]);
      parts_.push_back({int64_t(centre_P[p]), int64_t(end - p), {}});
      p = end;
      continue;
    }
    while (end < pixels && end - p < kTogether && !kept(end)) ++end;
    std::vector<Taps> taps;
    int64_t first = length, last = 0;
    for (size_t i = p; i < end; ++i) {
      ASTERISM_CHECK(centre_P[i] >= 0 && centre_P[i] <= double(length - 1), "pixel {} looks at {}", i, centre_P[i]);
      taps.push_back(taps_of(centre_P[i], sigma_P[i], length));
      first = std::min(first, taps.back().first);
      last = std::max(last, taps.back().first + int64_t(taps.back().weight.size()) - 1);
    }
    Part part{first, last - first + 1, at::zeros({last - first + 1, int64_t(end - p)})};
    auto weights = part.weights.accessor<float, 2>();
    for (size_t i = 0; i < taps.size(); ++i)
      for (size_t k = 0; k < taps[i].weight.size(); ++k)
        weights[taps[i].first - first + int64_t(k)][int64_t(i)] = float(taps[i].weight[k]);
    parts_.push_back(std::move(part));
    p = end;
  }
}

at::Tensor LineBlur::of(const at::Tensor& values) const {
  const auto rows = values.dim() == 1 ? values.unsqueeze(0) : values;
  std::vector<at::Tensor> out;
  for (const auto& part : parts_) {
    const auto seen = rows.narrow(1, part.first, part.count);
    out.push_back(part.weights.defined() ? at::mm(seen, nn::sent(part.weights, values.device())) : seen);
  }
  const auto all = at::cat(out, 1);
  return values.dim() == 1 ? all.squeeze(0) : all;
}

}  // namespace asterism::tokenizers
