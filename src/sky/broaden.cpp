#include "sky/broaden.h"

#include <algorithm>

namespace asterism::sky {

void broaden(std::vector<float>& values, int first, int last, double sigma_kms) {
  const double sigma = sigma_kms / kFineCellKms;
  if (sigma < 0.3) return;
  const int reach = int(std::ceil(3.5 * sigma));
  std::vector<float> kernel(size_t(2 * reach + 1));
  float* const middle = kernel.data() + reach;
  float sum = 0;
  for (int k = -reach; k <= reach; ++k) sum += middle[k] = float(std::exp(-0.5 * k * k / (sigma * sigma)));
  for (float& k : kernel) k /= sum;
  const int low = std::max(0, first - reach), high = std::min(int(values.size()), last + reach);
  const std::vector<float> copy(values.begin() + low, values.begin() + high);
  std::fill(values.begin() + first, values.begin() + last, 0.0f);
  for (int k = -reach; k <= reach; ++k) {
    const float w = middle[k];
    const int begin = std::max(first, low - k), end = std::min(last, high - k);
    const float* from = copy.data() + (begin + k - low);
    float* to = values.data() + begin;
    for (int i = 0; i < end - begin; ++i) to[i] += w * from[i];
  }
}

}  // namespace asterism::sky
