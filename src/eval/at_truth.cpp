#include "eval/at_truth.h"

#include "base/error.h"

namespace asterism::eval {
namespace {

void append(const at::Tensor& value_N, std::vector<double>& out) {
  const auto value = value_N.contiguous();
  out.insert(out.end(), value.const_data_ptr<double>(), value.const_data_ptr<double>() + value.numel());
}

}  // namespace

void add_at_truth(const models::ScalarPosterior& posterior, const modalities::ScalarBlock& labels,
                  const std::vector<int64_t>& objects, AtTruth& out) {
  if (!posterior.continuous()) return;
  ASTERISM_CHECK(posterior.rows() == int64_t(objects.size()), "{} posteriors of {} objects", posterior.rows(),
                 objects.size());
  auto truth_N = at::zeros({posterior.rows()}, at::kDouble);
  for (size_t i = 0; i < objects.size(); ++i)
    if (const auto at = size_t(objects[i]); labels.present.at(at) != 0)
      truth_N.mutable_data_ptr<double>()[i] = labels.value[at];
  append(posterior.cdf_N(truth_N), out.pit);
  append(posterior.crps_N(truth_N), out.crps);
  append(posterior.log_density_N(truth_N).clamp_min(kLeastLogDensity), out.log_density);
  append(posterior.median_N(), out.median);
}

}  // namespace asterism::eval
