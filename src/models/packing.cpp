#include "models/packing.h"

#include <algorithm>

#include "base/error.h"
#include "models/wrap.h"
#include "nn/device.h"
#include "nn/linear.h"

namespace asterism::models {

at::Tensor Packing::places_R() const {
  std::vector<int64_t> all;
  for (const auto& p : placed) all.insert(all.end(), p.begin(), p.end());
  return copied(all);
}

at::Tensor Packing::scatter(const at::Tensor& x_RD, const at::Tensor& places) const {
  const auto empty = at::zeros({objects.rows(), x_RD.size(1)}, x_RD.options().requires_grad(false));
  return empty.index_copy(0, places, x_RD);
}

at::Tensor Packing::scatter(const at::Tensor& x_RD) const { return scatter(x_RD, nn::onto(x_RD.device(), places_R())); }

at::Tensor Packing::mean(const at::Tensor& x_LD) const {
  std::vector<int64_t> object_of_row;
  auto count = at::ones({objects.groups(), 1}, at::kFloat);
  for (int64_t i = 0; i < objects.groups(); ++i) {
    object_of_row.insert(object_of_row.end(), size_t(objects.length(i)), i);
    count.data_ptr<float>()[i] = float(std::max<int64_t>(1, objects.length(i)));
  }
  const auto sums = at::zeros({objects.groups(), x_LD.size(1)}, x_LD.options().requires_grad(false))
                        .index_add(0, nn::onto(x_LD.device(), object_of_row), x_LD);
  return sums / nn::onto(x_LD.device(), count.to(x_LD.scalar_type()));
}

std::vector<int64_t> row_counts(const std::vector<Rows>& rows, int64_t objects) {
  std::vector<int64_t> counts(size_t(objects), 0);
  for (const auto& r : rows)
    for (int64_t i : r.object) ++counts[size_t(i)];
  return counts;
}

void fill_up(Packing& in, Packing& out, int64_t longest) {
  const auto missing = [](const Packing& p) { return nn::rows_at_once(p.objects.rows()) - p.objects.rows(); };
  int64_t more_in = missing(in);
  const int64_t more_out = missing(out);
  const auto groups_of = [&](int64_t rows) { return (rows + longest - 1) / longest; };
  const int64_t groups = std::max(groups_of(more_in), groups_of(more_out));
  while (more_in < groups) {  // queries must have something to look at
    const int64_t rows = in.objects.rows() + more_in;
    more_in += nn::rows_at_once(rows + 1) - rows;
  }
  for (int64_t g = 0; g < groups; ++g) {
    const auto share = [&](int64_t rows) { return (g + 1) * rows / groups - g * rows / groups; };
    in.objects.add(share(more_in));
    out.objects.add(share(more_out));
  }
}

Packing pack(const std::vector<Rows>& rows, const std::vector<uint8_t>& keep, int64_t least) {
  const auto counts = row_counts(rows, int64_t(keep.size()));
  Packing out;
  for (size_t i = 0; i < keep.size(); ++i) {
    ASTERISM_CHECK(keep[i] || counts[i] == 0, "object {} is left out, but has {} rows", i, counts[i]);
    out.objects.add(keep[i] ? std::max(least, counts[i]) : 0);
  }
  auto next = out.objects.starts;
  for (const auto& r : rows) {
    auto& placed = out.placed.emplace_back();
    placed.reserve(r.object.size());
    for (int64_t i : r.object) placed.push_back(next[size_t(i)]++);
  }
  return out;
}

}  // namespace asterism::models
