#include "models/warm_start.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"

namespace asterism::models {
namespace {

std::vector<int64_t> without_ones(const at::Tensor& x) {
  std::vector<int64_t> out;
  for (const int64_t size : x.sizes())
    if (size != 1) out.push_back(size);
  return out;
}

// Takes the rows that are there; -> true where a number is new.
at::Tensor take_rows(const at::Tensor& mine, const at::Tensor& theirs, const std::vector<int64_t>& rows) {
  auto fresh = at::ones(mine.sizes(), at::kBool);
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows[i] < 0 || rows[i] >= theirs.size(0)) continue;
    auto to = mine[int64_t(i)], is_fresh = fresh[int64_t(i)];
    auto from = theirs[rows[i]];
    if (to.dim() > 0) {
      const int64_t count = std::min(to.size(0), from.size(0));
      to = to.narrow(0, 0, count);
      is_fresh = is_fresh.narrow(0, 0, count);
      from = from.narrow(0, 0, count);
    }
    to.copy_(from);
    is_fresh.fill_(false);
  }
  return fresh;
}

bool stacks(const at::Tensor& mine, const at::Tensor& theirs) {
  if (mine.dim() != theirs.dim() || mine.dim() == 0) return false;
  for (int64_t d = 2; d < mine.dim(); ++d)
    if (mine.size(d) != theirs.size(d)) return false;
  return true;
}

std::string listed(const std::map<std::string, std::string>& names, size_t most, const char* nearest) {
  std::vector<std::string> parts;
  for (const auto& [name, near] : names) {
    if (parts.size() == most) {
      parts.push_back(fmt::format("and {} more", names.size() - most));
      break;
    }
    parts.push_back(near.empty() ? name : fmt::format("{} ({} {})", name, nearest, near));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace

std::string WarmStart::text(size_t most) const {
  std::string out = fmt::format("{} tensors taken", taken.size());
  std::map<std::string, std::string> partly;
  for (const auto& [name, mask] : fresh)
    if (!missing.contains(name)) partly[name] = "";
  if (!partly.empty()) out += "; partly new: " + listed(partly, most, "");
  if (!missing.empty()) out += "; new here: " + listed(missing, most, "nearest there");
  if (!unused.empty()) out += "; without a place here: " + listed(unused, most, "nearest here");
  return out;
}

WarmStart start_from(nn::Parameters& mine, const std::map<std::string, at::Tensor>& theirs, const StackedRows& stacked,
                     const std::string& source) {
  at::NoGradGuard no_grad;
  std::vector<std::string> there, here;
  for (const auto& entry : theirs) there.push_back(entry.first);
  const auto all = mine.all();
  for (const auto& entry : all) here.push_back(entry.first);
  WarmStart out;
  std::map<std::string, bool> used;
  bool any_parameter = false;
  for (const auto& [name, tensor] : all) {
    const auto found = theirs.find(name);
    const bool learned = mine.parameters().contains(name);
    const auto rows = stacked.find(name);
    const bool same = found != theirs.end() && without_ones(found->second) == without_ones(tensor);
    const bool by_rows = found != theirs.end() && rows != stacked.end() && stacks(tensor, found->second);
    if (!same && !by_rows) {
      out.missing[name] = there.empty() ? "" : base::nearest(name, there);
      if (learned) out.fresh[name] = at::ones(tensor.sizes(), at::kBool);
      continue;
    }
    used[name] = true;
    if (found->second.is_floating_point() && !found->second.isfinite().all().item<bool>())
      base::data_error("{}: tensor '{}' holds values that are not finite: take another copy of the file.", source,
                       name);
    any_parameter = any_parameter || learned;
    at::Tensor fresh;
    if (by_rows) {
      fresh = take_rows(tensor, found->second, rows->second);
    } else {
      tensor.copy_(found->second.reshape(tensor.sizes()));
    }
    if (fresh.defined() && fresh.any().item<bool>()) {
      if (learned) out.fresh[name] = fresh;
    } else {
      out.taken.push_back(name);
    }
  }
  if (!any_parameter)
    base::user_error("{}: none of its {} tensors fits this model; is it of the same kind and size?", source,
                     theirs.size());
  for (const auto& name : there)
    if (!used[name]) out.unused[name] = base::nearest(name, here);
  return out;
}

}  // namespace asterism::models
