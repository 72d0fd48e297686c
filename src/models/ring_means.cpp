#include "models/ring_means.h"

#include <algorithm>
#include <cmath>

#include "models/wrap.h"
#include "nn/device.h"

namespace asterism::models {

std::vector<int64_t> rings_of(const Grid& grid, int64_t rings) {
  std::vector<int64_t> out(size_t(grid.special), -1);
  for (int64_t row = 0; row < grid.rows; ++row)
    for (int64_t column = 0; column < grid.columns; ++column) {
      const double y = (2.0 * double(row) + 1) / double(grid.rows) - 1,
                   x = (2.0 * double(column) + 1) / double(grid.columns) - 1;
      out.push_back(std::min(rings - 1, int64_t(std::hypot(x, y) * double(rings))));
    }
  return out;
}

at::Tensor ring_means(const at::Tensor& x_LD, const Packing& packing, const std::vector<Candidate>& candidates,
                      const std::vector<Rows>& rows, const std::vector<uint8_t>& images, int64_t rings) {
  std::vector<int64_t> from, to;
  for (size_t m = 0; m < candidates.size(); ++m) {
    if (!images[m]) continue;
    const auto ring = rings_of(candidates[m].input_grid, rings);
    for (size_t r = 0; r < rows[m].object.size(); ++r) {
      const int64_t where = ring[size_t(rows[m].position[r])];
      if (where < 0) continue;
      from.push_back(packing.placed[m][r]);
      to.push_back(rows[m].object[r] * rings + where);
    }
  }
  const int64_t objects = packing.objects.groups(), width = x_LD.size(1);
  const auto options = x_LD.options().dtype(at::kFloat).requires_grad(false);
  const auto target = nn::onto(x_LD.device(), to);
  const auto count =
      at::zeros({objects * rings, 1}, options).index_add(0, target, at::ones({target.numel(), 1}, options));
  const auto sums = at::zeros({objects * rings, width}, options)
                        .index_add(0, target, x_LD.index_select(0, nn::onto(x_LD.device(), from)).to(at::kFloat));
  return (sums / count.clamp_min(1)).view({objects, rings * width});
}

}  // namespace asterism::models
