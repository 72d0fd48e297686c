#include "eval/halves.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "base/random.h"

namespace asterism::eval {
namespace {

using modalities::Block;

constexpr uint64_t kSeed = 0;

// flux +- noise and half of each inverse variance; false where no variance is known. Pixels: of one object.
bool split_pixels(const std::vector<uint64_t>& hashes, std::span<const float> ivar, std::span<const uint8_t> mask,
                  std::span<float> flux_a, std::span<float> flux_b, std::span<float> ivar_a, std::span<float> ivar_b) {
  if (std::all_of(ivar.begin(), ivar.end(), [](float v) { return v == 0 || v == 1; })) return false;
  const size_t pixels = hashes.empty() ? 0 : ivar.size() / hashes.size();
  for (size_t i = 0; i < hashes.size(); ++i) {
    base::Random random(kSeed, 0, hashes[i], "halves");
    for (size_t at = i * pixels; at < (i + 1) * pixels; ++at) {
      if (mask[at] != 0 || !(ivar[at] > 0)) continue;
      const auto noise = float(random.normal() / std::sqrt(double(ivar[at])));
      flux_a[at] += noise;
      flux_b[at] -= noise;
      ivar_a[at] = ivar_b[at] = ivar[at] / 2;
    }
  }
  return true;
}

template <class T>
std::optional<std::pair<Block, Block>> halves(const T& whole, const std::vector<uint64_t>& hashes) {
  T a = whole, b = whole;
  if (!split_pixels(hashes, whole.ivar, whole.mask, a.flux, b.flux, a.ivar, b.ivar)) return std::nullopt;
  return std::pair<Block, Block>{std::move(a), std::move(b)};
}

modalities::Batch alone(const modalities::Batch& of, const std::string& name, Block block) {
  modalities::Batch out;
  out.objects = of.objects;
  out.blocks.emplace(name, std::move(block));
  return out;
}

}  // namespace

std::optional<std::pair<Block, Block>> halves_of(const Block& block, const std::vector<uint64_t>& hashes) {
  if (const auto* image = std::get_if<modalities::ImageBlock>(&block)) {
    if (!image->has_ivar) return std::nullopt;
    return halves(*image, hashes);
  }
  if (const auto* spectrum = std::get_if<modalities::SpectrumBlock>(&block)) return halves(*spectrum, hashes);
  return std::nullopt;
}

void HalvesGatherer::add(const models::Model& model, const modalities::Batch& batch,
                         const std::vector<std::string>& observed, const std::vector<int64_t>& rows,
                         int64_t first_row) {
  for (const auto& name : observed) {
    const auto& present = modalities::present(batch.blocks.at(name));
    auto& parts = parts_[name];
    std::vector<int64_t> chosen;
    for (const int64_t row : rows)
      if (present[size_t(row)] != 0 && int64_t(parts.rows.size() + chosen.size()) < most_) chosen.push_back(row);
    if (chosen.empty()) continue;
    const auto some = modalities::select(batch, chosen);
    std::vector<uint64_t> hashes;
    for (const auto& object : some.objects) hashes.push_back(object.hash());
    auto both = halves_of(some.blocks.at(name), hashes);
    if (!both) continue;
    const auto a = alone(some, name, std::move(both->first)), b = alone(some, name, std::move(both->second));
    models::EmbedRequest request;
    request.given = {name};
    const auto first = model.embed(a, request), second = model.embed(b, request);
    const auto there = first.present_N.logical_and(second.present_N).to(at::kBool).to(at::kCPU);
    const auto kept = at::nonzero(there).squeeze(1);
    parts.first.push_back(first.vectors_ND.index_select(0, kept));
    parts.second.push_back(second.vectors_ND.index_select(0, kept));
    if (!parts.features) parts.features.emplace(std::vector<std::string>{name});
    parts.features->add(a);
    parts.features->add(b);
    for (int64_t k = 0; k < kept.size(0); ++k) {
      const auto i = kept[k].item<int64_t>();
      parts.rows.push_back(first_row + chosen[size_t(i)]);
      parts.feature_first.push_back(parts.gathered + i);
      parts.feature_second.push_back(parts.gathered + some.size() + i);
    }
    parts.gathered += 2 * some.size();
  }
}

std::map<std::string, Halves> HalvesGatherer::finish() const {
  std::map<std::string, Halves> out;
  for (const auto& [name, parts] : parts_) {
    if (parts.rows.empty()) continue;
    auto& made = out[name];
    made.rows = parts.rows;
    made.first_MD = at::cat(parts.first);
    made.second_MD = at::cat(parts.second);
    for (const auto& [table, features] : parts.features->finish()) {
      made.features = table;
      made.first_MF = features.values_NF.index_select(0, at::tensor(parts.feature_first, at::kLong));
      made.second_MF = features.values_NF.index_select(0, at::tensor(parts.feature_second, at::kLong));
    }
  }
  return out;
}

}  // namespace asterism::eval
