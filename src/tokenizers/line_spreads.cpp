#include "tokenizers/line_spreads.h"

namespace asterism::tokenizers {

LineSpreads::LineSpreads(const at::Tensor& sigma_ML) {
  if (sigma_ML.numel() == 0 || sigma_ML.max().item<double>() < LineBlur::kLeastSigma) return;
  sigma_ML_ = sigma_ML.clamp_max(kMostSigma).contiguous();
}

std::shared_ptr<const LineBlur> LineSpreads::of(int64_t row) {
  if (none()) return nullptr;
  const auto sigma_L = sigma_ML_[row];
  if (last_L_.defined() && at::equal(last_L_, sigma_L)) return last_blur_;
  last_L_ = sigma_L;
  last_blur_ = nullptr;
  if (sigma_L.max().item<double>() < LineBlur::kLeastSigma) return nullptr;
  const float* sigma = sigma_L.const_data_ptr<float>();
  last_blur_ = std::make_shared<LineBlur>(std::vector<double>(sigma, sigma + sigma_L.size(0)));
  return last_blur_;
}

double LineSpreads::typical(int64_t row, const at::Tensor& weight_L) const {
  if (none()) return 0;
  const auto seen = sigma_ML_[row].masked_select(weight_L > 0);
  return seen.numel() == 0 ? 0 : seen.median().item<double>();
}

LineSpreads LineSpreads::select(const at::Tensor& rows) const {
  return none() ? LineSpreads() : LineSpreads(sigma_ML_.index_select(0, rows));
}

}  // namespace asterism::tokenizers
