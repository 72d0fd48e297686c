#include "train/turned_source.h"

#include "base/random.h"
#include "modalities/image_symmetry.h"

namespace asterism::train {

std::optional<modalities::Batch> TurnedSource::next() {
  const auto epoch = uint64_t(from().position().epoch);
  auto batch = from().next();
  if (!batch) return batch;
  for (int64_t i = 0; i < batch->size(); ++i) {
    base::Random random(seed_, epoch, batch->objects[size_t(i)].hash(), "symmetry");
    const auto drawn = int(random.uniform() * 8);
    for (auto& [name, block] : batch->blocks)
      if (auto* images = std::get_if<modalities::ImageBlock>(&block))
        modalities::turn(*images, i, drawn % modalities::symmetries(*images));
  }
  return batch;
}

}  // namespace asterism::train
