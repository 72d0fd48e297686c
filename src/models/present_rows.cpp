#include "models/present_rows.h"

#include <algorithm>

#include "models/wrap.h"

namespace asterism::models {

PresentRows::PresentRows(const modalities::Block& block) {
  const auto& present = modalities::present(block);
  for (size_t i = 0; i < present.size(); ++i)
    if (present[i]) object_n_.push_back(int64_t(i));
  if (object_n_.empty()) return;
  block_ = &block;
  if (object_n_.size() == present.size()) return;
  own_ = std::make_shared<const modalities::Block>(modalities::select(block, object_n_));
  block_ = own_.get();
  row_N_.assign(present.size(), -1);
  for (size_t row = 0; row < object_n_.size(); ++row) row_N_[size_t(object_n_[row])] = int64_t(row);
}

at::Tensor PresentRows::rows_of(const at::Tensor& object_R) const {
  return all() ? object_R : copied(row_N_).index_select(0, object_R);
}

std::vector<uint8_t> PresentRows::spread(const std::vector<uint8_t>& values_n) const {
  if (all()) return values_n;
  const size_t each = values_n.size() / object_n_.size();
  std::vector<uint8_t> out(row_N_.size() * each, 0);
  for (size_t row = 0; row < object_n_.size(); ++row)
    std::copy_n(values_n.begin() + int64_t(row * each), each, out.begin() + object_n_[row] * int64_t(each));
  return out;
}

Places PresentRows::spread(Places places, int64_t columns) const {
  const auto each = size_t(columns);
  if (all() || places.columns.size() != each * object_n_.size() || object_n_.size() == 1) return places;
  std::vector<Stretch> out(row_N_.size() * each);
  for (size_t row = 0; row < object_n_.size(); ++row)
    std::copy_n(places.columns.begin() + int64_t(row * each), each, out.begin() + object_n_[row] * int64_t(each));
  places.columns = std::move(out);
  return places;
}

at::Tensor PresentRows::spread(const at::Tensor& values_n) const {
  if (all()) return values_n;
  auto shape = values_n.sizes().vec();
  shape[0] = int64_t(row_N_.size());
  return at::zeros(shape, values_n.options()).index_copy(0, copied(object_n_), values_n);
}

}  // namespace asterism::models
