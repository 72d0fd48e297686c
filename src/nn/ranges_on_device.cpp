#include "nn/ranges_on_device.h"

#include <algorithm>
#include <list>

#include "nn/device.h"

namespace asterism::nn {
namespace {

constexpr size_t kRemembered = 16;

struct Entry {
  std::vector<int64_t> starts;
  at::Device device = at::kCPU;
  at::Tensor starts_G1, int_G1, group_R;
  Padding padding;
};

// The length that all groups have, or -1.
int64_t common_length(const Ranges& ranges) {
  for (int64_t g = 1; g < ranges.groups(); ++g)
    if (ranges.length(g) != ranges.length(0)) return -1;
  return ranges.groups() > 0 ? ranges.length(0) : -1;
}

at::Tensor make_starts(const Ranges& ranges, const at::Device& device) {
  const auto options = at::TensorOptions().dtype(at::kLong).device(device);
  const int64_t length = common_length(ranges);
  if (!device.is_cpu() && length >= 0) return at::arange(ranges.groups() + 1, options) * length;  // no copy
  return onto(device, ranges.starts);
}

Entry& entry_of(const Ranges& ranges, const at::Device& device) {
  static thread_local std::list<Entry> known;  // the last asked for first
  const auto found = std::find_if(known.begin(), known.end(), [&](const Entry& entry) {
    return entry.device == device && entry.starts == ranges.starts;
  });
  if (found != known.end()) {
    known.splice(known.begin(), known, found);
    return known.front();
  }
  if (known.size() >= kRemembered) known.pop_back();
  Entry entry;
  entry.starts = ranges.starts;
  entry.device = device;
  entry.starts_G1 = make_starts(ranges, device);
  known.push_front(std::move(entry));
  return known.front();
}

at::Tensor groups_of(Entry& entry) {
  if (!entry.group_R.defined())
    entry.group_R = at::bucketize(at::arange(entry.starts.back(), entry.starts_G1.options()),
                                  entry.starts_G1.slice(0, 1), false, true);
  return entry.group_R;
}

}  // namespace

at::Tensor starts_on(const Ranges& ranges, const at::Device& device) { return entry_of(ranges, device).starts_G1; }

at::Tensor starts_int_on(const Ranges& ranges, const at::Device& device) {
  auto& entry = entry_of(ranges, device);
  if (!entry.int_G1.defined()) entry.int_G1 = entry.starts_G1.to(at::kInt);
  return entry.int_G1;
}

at::Tensor group_of_rows(const Ranges& ranges, const at::Device& device) { return groups_of(entry_of(ranges, device)); }

Padding padding_on(const Ranges& ranges, const at::Device& device) {
  auto& entry = entry_of(ranges, device);
  if (entry.padding.row_GT.defined()) return entry.padding;
  const int64_t longest = std::max<int64_t>(1, ranges.longest()), rows = ranges.rows();
  const auto first_G1 = entry.starts_G1.slice(0, 0, -1).unsqueeze(1), end_G1 = entry.starts_G1.slice(0, 1).unsqueeze(1);
  const auto row_GT = first_G1 + at::arange(longest, entry.starts_G1.options()).unsqueeze(0);
  Padding out;
  out.mask_GT = row_GT.lt(end_G1);
  out.row_GT = row_GT.clamp_max(std::max<int64_t>(0, rows - 1));
  const auto group_R = groups_of(entry);
  out.place_R = group_R * longest + at::arange(rows, group_R.options()) - entry.starts_G1.index_select(0, group_R);
  return entry.padding = out;
}

}  // namespace asterism::nn
