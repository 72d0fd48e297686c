#include "models/packing.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "models/wrap.h"

namespace asterism::models {
namespace {

constexpr int64_t kLeastSlots = 2048;  // of a bucket: below, one more pass costs more than padding

}  // namespace

at::Tensor Packing::slots_R() const {
  std::vector<int64_t> all;
  for (const auto& s : slot) all.insert(all.end(), s.begin(), s.end());
  return copied(all);
}

at::Tensor Packing::scatter(const at::Tensor& x_RD) const {
  auto empty = at::zeros({slots, x_RD.size(1)}, x_RD.options().requires_grad(false));
  return empty.index_copy(0, slots_R(), x_RD);
}

at::Tensor Packing::mean(const at::Tensor& x_LD, int64_t objects) const {
  auto out = at::zeros({objects, x_LD.size(1)}, x_LD.options().requires_grad(false));
  for (const auto& bucket : buckets) {
    const auto mask = bucket.mask_BT.unsqueeze(2).to(x_LD.scalar_type());
    out = out.index_copy(0, copied(bucket.objects),
                         ((view(x_LD, bucket) * mask).sum(1) / mask.sum(1)).to(out.scalar_type()));
  }
  return out;
}

at::Tensor Packing::view(const at::Tensor& x_LD, const Bucket& bucket) {
  const auto b = int64_t(bucket.objects.size());
  return x_LD.narrow(0, bucket.offset, b * bucket.longest).view({b, bucket.longest, x_LD.size(1)});
}

std::vector<std::vector<int64_t>> bucket_objects(const std::vector<int64_t>& lengths,
                                                 const std::vector<uint8_t>& keep) {
  std::vector<int64_t> order;
  for (size_t i = 0; i < lengths.size(); ++i)
    if (keep[i]) order.push_back(int64_t(i));
  std::stable_sort(order.begin(), order.end(),
                   [&](int64_t a, int64_t b) { return lengths[size_t(a)] > lengths[size_t(b)]; });
  int64_t left = 0;  // tokens not yet placed
  for (int64_t i : order) left += lengths[size_t(i)];
  std::vector<std::vector<int64_t>> groups;
  for (int64_t i : order) {
    const int64_t length = lengths[size_t(i)];
    const bool open = !groups.empty();
    const int64_t longest = open ? lengths[size_t(groups.back().front())] : 0;
    const bool cut = open && 3 * length < 2 * longest && int64_t(groups.back().size()) * longest >= kLeastSlots &&
                     left >= kLeastSlots;
    if (!open || cut) groups.emplace_back();
    groups.back().push_back(i);
    left -= length;
  }
  return groups;
}

std::vector<int64_t> row_counts(const std::vector<Rows>& rows, int64_t objects) {
  std::vector<int64_t> counts(size_t(objects), 0);
  for (const auto& r : rows)
    for (int64_t i : r.object) ++counts[size_t(i)];
  return counts;
}

Packing pack(const std::vector<Rows>& rows, const std::vector<std::vector<int64_t>>& groups, int64_t objects) {
  const auto counts = row_counts(rows, objects);
  Packing out;
  std::vector<int64_t> next(size_t(objects), -1);
  for (const auto& group : groups) {
    Bucket bucket{out.slots, group, 1, {}};
    for (int64_t i : group) bucket.longest = std::max(bucket.longest, counts[size_t(i)]);
    bucket.mask_BT = at::zeros({int64_t(group.size()), bucket.longest}, at::kBool);
    bool* mask = bucket.mask_BT.data_ptr<bool>();
    for (size_t b = 0; b < group.size(); ++b) {
      next[size_t(group[b])] = bucket.offset + int64_t(b) * bucket.longest;
      std::fill_n(mask + int64_t(b) * bucket.longest, std::max<int64_t>(1, counts[size_t(group[b])]), true);
    }
    out.slots += int64_t(group.size()) * bucket.longest;
    out.buckets.push_back(std::move(bucket));
  }
  for (const auto& r : rows) {
    auto& slot = out.slot.emplace_back();
    slot.reserve(r.object.size());
    for (int64_t i : r.object) {
      ASTERISM_CHECK(next[size_t(i)] >= 0, "object {} is in no bucket", i);
      slot.push_back(next[size_t(i)]++);
    }
  }
  return out;
}

}  // namespace asterism::models
