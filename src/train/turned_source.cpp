#include "train/turned_source.h"

#include "base/random.h"
#include "modalities/image_symmetry.h"
#include "modalities/map.h"

namespace asterism::train {

namespace {

// The symmetry of each row, as far as the shape keeps it.
void turn_all(modalities::ImageBlock& images, const std::vector<int>& drawn) {
  for (int64_t i = 0; i < images.n; ++i) modalities::turn(images, i, drawn[size_t(i)] % modalities::symmetries(images));
}

}  // namespace

std::optional<modalities::Batch> TurnedSource::next() {
  const auto epoch = uint64_t(from().position().epoch);
  auto batch = from().next();
  if (!batch) return batch;
  std::vector<int> drawn;
  for (const auto& object : batch->objects)
    drawn.push_back(int(base::Random(seed_, epoch, object.hash(), "symmetry").uniform() * 8));
  for (auto& [name, block] : batch->blocks) {
    if (auto* images = std::get_if<modalities::ImageBlock>(&block)) turn_all(*images, drawn);
    if (auto* maps = std::get_if<modalities::MapBlock>(&block)) {
      const auto layers = maps->layers;
      const bool integer = maps->integer;
      auto turned = modalities::as_images(std::move(*maps));
      turn_all(turned, drawn);
      *maps = modalities::as_maps(std::move(turned), layers, integer);
    }
  }
  return batch;
}

}  // namespace asterism::train
