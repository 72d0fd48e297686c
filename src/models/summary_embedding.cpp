#include "models/summary_embedding.h"

#include <algorithm>

#include "nn/autocast.h"
#include "nn/device.h"

namespace asterism::models {
namespace {

constexpr const char* kVectors = "summary vectors";

// A column more, behind the special positions that there are: 1 where the summary saw anything.
std::vector<uint8_t> with_summary(const std::vector<uint8_t>& usable_NP, const Grid& grid,
                                  const std::vector<uint8_t>& seen_N) {
  const int64_t positions = grid.positions();
  std::vector<uint8_t> out;
  out.reserve(usable_NP.size() + seen_N.size());
  for (size_t i = 0; i < seen_N.size(); ++i) {
    const auto row = usable_NP.begin() + int64_t(i) * positions;
    const bool any = std::any_of(row, row + positions, [](uint8_t u) { return u != 0; });
    out.insert(out.end(), row, row + grid.special);
    out.push_back(uint8_t(seen_N[i] != 0 && any));
    out.insert(out.end(), row + grid.special, row + positions);
  }
  return out;
}

}  // namespace

SummaryEmbedding::SummaryEmbedding(const nn::Scope& scope, std::unique_ptr<InputEmbedding> patches,
                                   std::unique_ptr<Summary> summary, int64_t summary_width, int64_t width)
    : patches_(std::move(patches)),
      summary_(std::move(summary)),
      from_summary_(scope / "from_summary", summary_width, width, true) {}

void SummaryEmbedding::fit(const modalities::Block& sample) {
  patches_->fit(sample);
  summary_->fit(sample);
}

InputEmbedding::View SummaryEmbedding::view(const modalities::Block& block) const {
  auto out = patches_->view(block);
  const auto summary = (*summary_)(block, {});
  const nn::Autocast off(nn::Precision::fp32, from_summary_.weight.device().type());
  out.tensors[kVectors] = from_summary_(summary.vectors_NH);
  out.usable_NP = with_summary(out.usable_NP, out.grid, summary.seen_N);
  ++out.grid.special;
  out.grid.summary = true;
  return out;
}

at::Tensor SummaryEmbedding::embed(const View& view, const at::Tensor& object_R, const at::Tensor& position_R) const {
  const int64_t summary = view.grid.special - 1;  // patches know nothing of it: what lies behind moves up
  const auto is_summary = position_R.eq(summary);
  const auto whole = is_summary.nonzero().squeeze(1), part = is_summary.logical_not().nonzero().squeeze(1);
  const auto part_position = position_R.index_select(0, part);
  const auto there = nn::onto(from_summary_.weight.device(), {whole, object_R.index_select(0, whole), part});
  const auto type = from_summary_.weight.scalar_type();
  const auto whole_RD = view.tensors.at(kVectors).index_select(0, there[1]).to(type);
  const auto part_RD = patches_->embed(view, object_R.index_select(0, part),
                                       part_position - part_position.gt(summary).to(part_position.scalar_type()));
  return at::zeros({position_R.size(0), whole_RD.size(1)}, whole_RD.options().requires_grad(false))
      .index_copy(0, there[0], whole_RD)
      .index_copy(0, there[2], part_RD.to(type));
}

}  // namespace asterism::models
