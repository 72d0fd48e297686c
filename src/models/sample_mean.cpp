#include "models/sample_mean.h"

#include <algorithm>

#include "base/error.h"

namespace asterism::models {
namespace {

// `values`: the member of B that is averaged.
template <class B>
B mean_of(const std::vector<modalities::Block>& samples, base::AlignedVector<float> B::*values) {
  B out = std::get<B>(samples.front());
  const auto count = double(samples.size());
  for (size_t i = 0; i < (out.*values).size(); ++i) {
    double sum = 0, squares = 0;
    bool masked = false;
    for (const auto& sample : samples) {
      const auto& block = std::get<B>(sample);
      ASTERISM_CHECK((block.*values).size() == (out.*values).size(), "draws of {} and {} values",
                     (block.*values).size(), (out.*values).size());
      sum += double((block.*values)[i]);
      masked = masked || block.mask[i];
    }
    const double mean = sum / count;
    for (const auto& sample : samples) {
      const double residual = double((std::get<B>(sample).*values)[i]) - mean;
      squares += residual * residual;
    }
    const double variance = std::max({squares / (count - 1), 1e-12 * mean * mean, 1e-30});
    (out.*values)[i] = masked ? 0.0f : float(mean);
    out.ivar[i] = masked ? 0.0f : float(1 / variance);
    out.mask[i] = masked;
  }
  return out;
}

}  // namespace

modalities::Block sample_mean(const std::vector<modalities::Block>& samples) {
  ASTERISM_CHECK(!samples.empty());
  if (samples.size() == 1) return samples.front();
  if (std::holds_alternative<modalities::ImageBlock>(samples.front())) {
    auto out = mean_of(samples, &modalities::ImageBlock::flux);
    out.has_ivar = true;
    return out;
  }
  if (std::holds_alternative<modalities::MapBlock>(samples.front())) {
    auto out = mean_of(samples, &modalities::MapBlock::value);
    out.has_ivar = true;
    return out;
  }
  ASTERISM_CHECK(std::holds_alternative<modalities::SpectrumBlock>(samples.front()), "draws of a {}",
                 modalities::kind(samples.front()));
  return mean_of(samples, &modalities::SpectrumBlock::flux);
}

}  // namespace asterism::models
