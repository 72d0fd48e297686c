#include "models/patch_encoder.h"

#include "base/error.h"
#include "models/wrap.h"

namespace asterism::models {

void check_block(int64_t layer, int64_t blocks) {
  if (layer < -1 || layer >= blocks) base::user_error("no block {}: this model has 0 to {}", layer, blocks - 1);
}

at::Tensor laid_out(const at::Tensor& rows_RX, const std::vector<int64_t>& place, int64_t cells) {
  ASTERISM_CHECK(rows_RX.size(0) == int64_t(place.size()), "{} rows for {} places", rows_RX.size(0), place.size());
  auto out = at::zeros({cells, rows_RX.size(1)}, at::kFloat);
  if (!place.empty()) out.index_copy_(0, copied(place), rows_RX.detach().to(at::kFloat).to(at::kCPU));
  return out;
}

at::Tensor marked(const std::vector<int64_t>& place, int64_t cells) {
  auto out = at::zeros({cells}, at::kBool);
  if (!place.empty()) out.index_fill_(0, copied(place), true);
  return out;
}

}  // namespace asterism::models
