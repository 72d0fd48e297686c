#include "eval/hidden.h"

namespace asterism::eval {

void HiddenGatherer::add(const GapFiller& filler, const modalities::Batch& batch, int64_t first) {
  const auto name = filler.modality();
  const auto found = batch.blocks.find(name);
  if (found == batch.blocks.end() || !std::holds_alternative<modalities::SpectrumBlock>(found->second)) return;
  std::vector<int64_t> rows;
  const auto& present = modalities::present(found->second);
  for (int64_t i = 0; i < batch.size() && kept_ < most_; ++i) {
    if (present[size_t(i)] == 0) continue;
    ++kept_;
    rows.push_back(i);
  }
  if (rows.empty()) return;
  const auto chosen = modalities::select(batch, rows);
  const auto& spectra = std::get<modalities::SpectrumBlock>(chosen.blocks.at(name));
  auto made = filler.fill(spectra, filler.hidden(chosen));
  auto& parts = parts_[name];
  for (const int64_t row : rows) parts.rows.push_back(first + row);
  parts.observed.emplace_back(std::move(made.observed));
  parts.rebuilt.emplace_back(std::move(made.rebuilt));
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
