#include "modalities/block.h"

#include <cmath>

#include "base/error.h"
#include "base/random.h"
#include "modalities/catalog.h"
#include "modalities/cube.h"
#include "modalities/image.h"
#include "modalities/light_curve.h"
#include "modalities/map.h"
#include "modalities/scalar.h"
#include "modalities/spectrum.h"
#include "modalities/vector.h"

namespace asterism::modalities {

uint64_t ObjectKey::hash() const { return base::stable_hash(survey + '\x1f' + id); }

int64_t rows(const Block& block) {
  return std::visit([](const auto& b) { return b.n; }, block);
}

const base::AlignedVector<uint8_t>& present(const Block& block) {
  return std::visit([](const auto& b) -> const base::AlignedVector<uint8_t>& { return b.present; }, block);
}

std::string kind(const Block& block) {
  static const char* const kNames[] = {"image",       "spectrum", "scalar", "vector",
                                       "light_curve", "catalog",  "map",    "cube"};
  static_assert(std::size(kNames) == std::variant_size_v<Block>);
  return kNames[block.index()];
}

void check(const std::string& name, const Block& block) {
  std::visit([&](const auto& b) { check(name, b); }, block);
}

void check(const Batch& batch) {
  for (const ObjectKey& key : batch.objects) {
    if (key.survey.empty() || key.id.empty())
      base::data_error("object '{}' of survey '{}': neither may be empty", key.id, key.survey);
    if (key.has_position &&
        !(std::isfinite(key.ra_deg) && key.ra_deg >= 0 && key.ra_deg <= 360 && std::abs(key.dec_deg) <= 90))
      base::data_error("object '{}' of survey '{}': position ({}, {}); ra lies in [0, 360], dec in [-90, 90]", key.id,
                       key.survey, key.ra_deg, key.dec_deg);
  }
  for (const auto& [name, block] : batch.blocks) {
    if (rows(block) != batch.size())
      base::data_error("{}: {} rows in a batch of {} objects", name, rows(block), batch.size());
    check(name, block);
  }
}

Block select(const Block& block, const std::vector<int64_t>& rows) {
  return std::visit([&](const auto& b) -> Block { return select(b, rows); }, block);
}

Batch select(const Batch& batch, const std::vector<int64_t>& rows) {
  Batch out;
  out.objects.reserve(rows.size());
  for (const int64_t row : rows) {
    ASTERISM_CHECK(row >= 0 && row < batch.size(), "row {} of {}", row, batch.size());
    out.objects.push_back(batch.objects[size_t(row)]);
  }
  for (const auto& [name, block] : batch.blocks) out.blocks.emplace(name, select(block, rows));
  return out;
}

Block concatenate(const std::vector<Block>& blocks) {
  ASTERISM_CHECK(!blocks.empty());
  return std::visit(
      [&](const auto& first) -> Block {
        using Kind = std::decay_t<decltype(first)>;
        std::vector<const Kind*> same;
        for (const Block& block : blocks) {
          const Kind* b = std::get_if<Kind>(&block);
          if (!b)
            base::data_error("a block of kind {} cannot be joined to one of kind {}", kind(block), kind(blocks[0]));
          same.push_back(b);
        }
        return concatenate(same);
      },
      blocks.front());
}

Batch concatenate(const std::vector<Batch>& batches) {
  Batch out;
  std::map<std::string, const Block*> examples;
  for (const Batch& batch : batches) {
    out.objects.insert(out.objects.end(), batch.objects.begin(), batch.objects.end());
    for (const auto& [name, block] : batch.blocks) examples.emplace(name, &block);
  }
  for (const auto& [name, example] : examples) {
    std::vector<Block> parts;
    for (const Batch& batch : batches) {
      const auto found = batch.blocks.find(name);
      parts.push_back(found == batch.blocks.end() ? absent_like(*example, batch.size()) : found->second);
    }
    try {
      out.blocks.emplace(name, concatenate(parts));
    } catch (const base::DataError& error) {
      base::data_error("{}: {}", name, error.what());
    }
  }
  return out;
}

Block absent_like(const Block& block, int64_t n) {
  ASTERISM_CHECK(n >= 0);
  return std::visit([&](const auto& b) -> Block { return absent_like(b, n); }, block);
}

}  // namespace asterism::modalities
