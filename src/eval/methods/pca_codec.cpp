#include "eval/methods/pca_codec.h"

#include <numeric>

#include "base/error.h"

namespace asterism::eval {
namespace {

constexpr int64_t kMaxBits = 24, kFewBits = 6;

at::Tensor row_of(const std::vector<double>& values) { return at::tensor(values, at::kDouble).unsqueeze(0); }

// [levels]: the mean of z_M over each code; the middle of its step where no row has it.
at::Tensor means_of(const at::Tensor& z_M, const at::Tensor& code_M, int64_t levels, double low, double high) {
  const auto sum = at::zeros({levels}, at::kDouble).index_add(0, code_M, z_M);
  const auto count = at::zeros({levels}, at::kDouble).index_add(0, code_M, at::ones_like(z_M));
  const auto middle = low + (at::arange(levels, at::kDouble) + 0.5) / double(levels) * (high - low);
  return at::where(count.gt(0), sum / count.clamp_min(1), middle);
}

at::Tensor levels_of(const std::vector<int64_t>& bits) {
  std::vector<double> levels;
  levels.reserve(bits.size());
  for (const int64_t b : bits) levels.push_back(double(int64_t{1} << b));
  return row_of(levels);
}

}  // namespace

PcaCodec PcaCodec::fit(const at::Tensor& x_MD, int64_t total_bits, int64_t max_components, const at::Tensor& weight_M) {
  ASTERISM_CHECK(total_bits >= 0, "{} bits", total_bits);
  PcaCodec out;
  out.pca = Pca::fit(x_MD, max_components, weight_M);
  const auto z = out.pca.project(x_MD);
  const int64_t k = z.size(1);
  out.bits.assign(size_t(k), 0);
  std::vector<double> error(out.pca.variance_K.const_data_ptr<double>(),
                            out.pca.variance_K.const_data_ptr<double>() + k);
  for (int64_t dealt = 0; dealt < total_bits; ++dealt) {
    const auto worst = size_t(std::max_element(error.begin(), error.end()) - error.begin());
    if (out.bits[worst] >= kMaxBits) break;
    out.bits[worst] += 1;
    error[worst] /= 4;
  }
  const auto sorted = std::get<0>(z.sort(0));
  const auto edge = int64_t(std::floor(0.001 * double(z.size(0))));
  for (int64_t i = 0; i < k; ++i) {
    const double low = sorted[edge][i].item<double>(), high = sorted[z.size(0) - 1 - edge][i].item<double>();
    out.low.push_back(low);
    out.high.push_back(high > low ? high : low + 1);
  }
  out.means.resize(size_t(k));
  const auto code = out.codes(x_MD);
  for (int64_t i = 0; i < k; ++i) {
    const auto at = size_t(i);
    if (out.bits[at] < 1 || out.bits[at] > kFewBits) continue;
    out.means[at] = means_of(z.select(1, i), code.select(1, i), int64_t{1} << out.bits[at], out.low[at], out.high[at]);
  }
  return out;
}

at::Tensor PcaCodec::codes(const at::Tensor& x_ND) const {
  const auto low_K = row_of(low), width_K = row_of(high) - low_K, levels_K = levels_of(bits);
  const auto code = ((pca.project(x_ND) - low_K) / width_K * levels_K).floor();
  return at::minimum(code.clamp_min(0), levels_K - 1).to(at::kLong);
}

at::Tensor PcaCodec::decode(const at::Tensor& codes_NK) const {
  const auto low_K = row_of(low), width_K = row_of(high) - low_K, levels_K = levels_of(bits);
  auto z = low_K + (codes_NK.to(at::kDouble) + 0.5) / levels_K * width_K;
  for (size_t i = 0; i < means.size(); ++i)
    if (means[i].defined()) z.select(1, int64_t(i)).copy_(means[i].index_select(0, codes_NK.select(1, int64_t(i))));
  return pca.rebuild(at::where(levels_K.gt(1), z, at::zeros_like(z)));
}

int64_t PcaCodec::total_bits() const { return std::accumulate(bits.begin(), bits.end(), int64_t{0}); }

}  // namespace asterism::eval
