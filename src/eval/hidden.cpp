#include "eval/hidden.h"

namespace asterism::eval {

void HiddenGatherer::add(const models::MaskedSpectrum& model, const modalities::Batch& batch, int64_t first) {
  const auto& name = model.settings().modality;
  const auto found = batch.blocks.find(name);
  if (found == batch.blocks.end()) return;
  std::vector<int64_t> rows;
  const auto& present = modalities::present(found->second);
  for (int64_t i = 0; i < batch.size() && kept_ < most_; ++i) {
    if (present[size_t(i)] == 0) continue;
    ++kept_;
    rows.push_back(i);
  }
  if (rows.empty()) return;
  const auto chosen = modalities::select(batch, rows);
  const auto& observed = std::get<modalities::SpectrumBlock>(chosen.blocks.at(name));
  const auto hidden_NP = model.hidden_patches(chosen, {0, 0, false}).contiguous();
  const auto flux_NL = model.rebuild(observed, hidden_NP).contiguous();
  auto rebuilt = observed;
  const int64_t length = observed.length, patches = hidden_NP.size(1), patch = model.settings().patch;
  for (int64_t i = 0; i < observed.n; ++i)
    for (int64_t k = 0; k < length; ++k) {
      const auto at = size_t(i * length + k);
      rebuilt.flux[at] = flux_NL.const_data_ptr<float>()[at];
      rebuilt.mask[at] = hidden_NP.const_data_ptr<bool>()[i * patches + k / patch] ? 0 : 1;
    }
  auto& parts = parts_[name];
  for (const int64_t row : rows) parts.rows.push_back(first + row);
  parts.observed.emplace_back(observed);
  parts.rebuilt.emplace_back(std::move(rebuilt));
}

void HiddenGatherer::finish(Subject& subject) const {
  for (const auto& [name, parts] : parts_) {
    auto& made = subject.hidden[name];
    made.rows = parts.rows;
    made.observed = modalities::concatenate(parts.observed);
    made.rebuilt = modalities::concatenate(parts.rebuilt);
  }
}

}  // namespace asterism::eval
