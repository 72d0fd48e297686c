#include "models/causal_rows.h"

#include "base/error.h"
#include "models/wrap.h"
#include "nn/device.h"

namespace asterism::models {

at::Tensor causal_rows(const nn::Encoder& encoder, const at::Tensor& x_RD, const nn::Ranges& groups,
                       const std::vector<int64_t>& place_R, const nn::DropKey& drop, int64_t depth) {
  ASTERISM_CHECK(int64_t(place_R.size()) == x_RD.size(0), "{} places of {} rows", place_R.size(), x_RD.size(0));
  const int64_t N = groups.groups(), T = groups.longest();
  if (T == 0) return x_RD;
  std::vector<int64_t> row(size_t(N * T), 0), place(size_t(N * T), 0), slot(place_R.size(), 0);
  auto there = at::zeros({N, T}, at::kBool);
  for (int64_t g = 0; g < N; ++g)
    for (int64_t r = groups.starts[size_t(g)]; r < groups.starts[size_t(g + 1)]; ++r) {
      const int64_t at = g * T + r - groups.starts[size_t(g)];
      row[size_t(at)] = r;
      place[size_t(at)] = place_R[size_t(r)];
      slot[size_t(r)] = at;
      there.data_ptr<bool>()[at] = true;
    }
  const auto place_NT = copied(place).view({N, T});
  const auto mask = there.unsqueeze(1).logical_and(place_NT.unsqueeze(1).le(place_NT.unsqueeze(2)));
  const auto seen = nn::onto(x_RD.device(), mask);
  auto x_NTD = x_RD.index_select(0, nn::onto(x_RD.device(), row)).view({N, T, -1});
  const size_t end = depth < 0 ? encoder.blocks.size() : size_t(depth);
  for (size_t i = 0; i < end; ++i) x_NTD = encoder.blocks[i](std::move(x_NTD), seen, drop / i);
  return x_NTD.flatten(0, 1).index_select(0, nn::onto(x_RD.device(), slot));
}

}  // namespace asterism::models
