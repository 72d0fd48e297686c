#include "nn/drop.h"

#include <ATen/CPUGeneratorImpl.h>

#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "nn/device.h"
#include "nn/ranges_on_device.h"

namespace asterism::nn {
namespace {

uint64_t seed_of(const DropKey& key, const std::string& purpose) {
  return base::Random(key.seed, key.step, key.place, purpose).bits64();
}

}  // namespace

DropKey DropKey::operator/(uint64_t child) const {
  DropKey key = *this;
  key.place = place * 0x9E3779B97F4A7C15ull + child + 1;
  return key;
}

DropKey DropKey::from_group(int64_t first) const {
  DropKey key = *this;
  key.first_group += first;
  return key;
}

at::Generator keyed_generator(const DropKey& key, const std::string& purpose) {
  return at::detail::createCPUGenerator(seed_of(key, purpose));
}

namespace {

// 0 or 1 / keep, drawn where it is needed: a GPU has a stream of its own for each key, and nothing is sent to it
at::Tensor kept(at::IntArrayRef shape, double probability, const at::Tensor& like, const DropKey& key,
                const std::string& purpose) {
  ASTERISM_CHECK(probability < 1, "drop probability {}", probability);
  const double keep = 1 - probability;
  auto mask = at::empty(shape, like.options().dtype(at::kFloat).requires_grad(false))
                  .bernoulli_(keep, generator_on(like.device(), seed_of(key, purpose)))
                  .div_(keep);
  return mask.to(like.scalar_type());
}

// The same of each group, which may be the last ones of more: those before them are drawn too.
at::Tensor kept_groups(const Ranges& groups, double probability, const at::Tensor& like, const DropKey& key) {
  const int64_t first = key.first_group, count = groups.groups();
  return kept({first + count}, probability, like, key, "nn.drop_path").narrow(0, first, count);
}

}  // namespace

at::Tensor dropout(const at::Tensor& x, double probability, const DropKey& key) {
  if (!key.on || probability <= 0) return x;
  ASTERISM_CHECK(key.first_group == 0 && !key.own, "dropout of a part of the rows, or without their groups");
  return x * kept(x.sizes(), probability, x, key, "nn.dropout");
}

at::Tensor dropout(const at::Tensor& x_RD, const Ranges& groups, double probability, const DropKey& key) {
  if (!key.on || probability <= 0 || !key.own) return dropout(x_RD, probability, key);
  ASTERISM_CHECK(probability < 1 && key.first_group == 0 && int64_t(key.own->size()) == groups.groups(),
                 "{} numbers of {} groups", key.own->size(), groups.groups());
  const double keep = 1 - probability;
  auto mask = at::empty(x_RD.sizes(), at::kFloat);
  for (int64_t g = 0; g < groups.groups(); ++g) {
    if (groups.length(g) == 0) continue;
    const auto purpose = fmt::format("nn.dropout {}", (*key.own)[size_t(g)]);
    mask.narrow(0, groups.starts[size_t(g)], groups.length(g)).bernoulli_(keep, keyed_generator(key, purpose));
  }
  return x_RD * onto(x_RD.device(), mask.div_(keep)).to(x_RD.scalar_type());
}

at::Tensor drop_path(const at::Tensor& x, double probability, const DropKey& key) {
  if (!key.on || probability <= 0) return x;
  ASTERISM_CHECK(key.first_group == 0, "a part of the objects");
  std::vector<int64_t> shape(size_t(x.dim()), 1);
  shape[0] = x.size(0);
  return x * kept(shape, probability, x, key, "nn.drop_path");
}

at::Tensor drop_path(const at::Tensor& x_RD, const Ranges& groups, double probability, const DropKey& key) {
  if (!key.on || probability <= 0) return x_RD;
  const auto mask = kept_groups(groups, probability, x_RD, key);
  return x_RD * mask.index_select(0, group_of_rows(groups, x_RD.device())).unsqueeze(1);
}

at::Tensor add_branch(const at::Tensor& x_RD, const Ranges& groups, double probability, const DropKey& key,
                      const Branch& branch) {
  if (!key.on || probability <= 0) return x_RD + branch(x_RD, groups);
  const auto factor = kept_groups(groups, probability, at::empty({0}, at::kFloat), key);
  std::vector<int64_t> rows;
  Ranges keeping;
  for (int64_t g = 0; g < groups.groups(); ++g) {
    if (factor.const_data_ptr<float>()[g] == 0) continue;
    for (int64_t r = groups.starts[size_t(g)]; r < groups.starts[size_t(g + 1)]; ++r) rows.push_back(r);
    keeping.add(groups.length(g));
  }
  if (rows.empty()) return x_RD;
  const auto index = onto(x_RD.device(), rows);
  const auto y = branch(x_RD.index_select(0, index), keeping);
  return x_RD.index_add(0, index, y.to(x_RD.scalar_type()), 1 / (1 - probability));
}

}  // namespace asterism::nn
