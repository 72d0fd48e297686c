#include "train/turned_source.h"

#include <gtest/gtest.h>

#include "data/memory_source.h"
#include "modalities/image.h"
#include "modalities/map.h"

namespace asterism::train {
namespace {

// Two bands of height x width numbered pixels; ivar is twice and the mask a parity of the number, to see them move too.
modalities::ImageBlock numbered_images(int64_t n, int64_t height, int64_t width) {
  auto images =
      modalities::make_images(n, {{"g", 4800, 1400}, {"r", 6400, 1400}}, height, width, "nanomaggy", 0.262, true);
  for (size_t p = 0; p < images.flux.size(); ++p) {
    images.flux[p] = float(p % size_t(2 * height * width));
    images.mask[p] = p % 2;
    images.ivar[p] = images.mask[p] ? 0 : 2 * images.flux[p] + 1;
  }
  std::fill(images.present.begin(), images.present.end(), uint8_t{1});
  return images;
}

std::unique_ptr<data::BatchSource> image_source(int64_t height, int64_t width) {
  modalities::Batch batch;
  for (int i = 0; i < 64; ++i) batch.objects.push_back({.survey = "test", .id = std::to_string(i)});
  batch.blocks["image_legacy"] = numbered_images(64, height, width);
  return std::make_unique<data::MemorySource>(
      batch, data::MemoryOptions{.batch_size = 16, .shuffle = true, .drop_last = false});
}

TEST(TurnedSource, OtherwiseInEveryEpochAndTheSameOnResuming) {
  for (const int64_t width : {5, 6}) {  // square and not
    TurnedSource a(image_source(5, width), 7);
    std::map<std::string, std::vector<float>> first;
    int64_t changed = 0;
    std::optional<modalities::Batch> last;
    data::BatchSource::Position position;
    for (int64_t b = 0; b < 8; ++b) {
      position = a.position();
      last = a.next();
      const auto& images = std::get<modalities::ImageBlock>(last->blocks.at("image_legacy"));
      const auto size = int64_t(images.flux.size()) / images.n;
      for (int64_t i = 0; i < images.n; ++i) {
        const std::vector<float> flux(images.flux.begin() + i * size, images.flux.begin() + (i + 1) * size);
        const auto [it, fresh] = first.try_emplace(last->objects[size_t(i)].id, flux);
        changed += !fresh && it->second != flux;
      }
    }
    EXPECT_GT(changed, 30);  // of 64: seven of eight where square, three of four where not
    TurnedSource b(image_source(5, width), 7);
    b.seek(position);
    const auto again = b.next();
    EXPECT_EQ(std::get<modalities::ImageBlock>(again->blocks.at("image_legacy")).flux,
              std::get<modalities::ImageBlock>(last->blocks.at("image_legacy")).flux);
  }
}

// A map of what is on an image lies on it afterwards too.
TEST(TurnedSource, MapsTurnWithTheirImages) {
  modalities::Batch batch;
  for (int i = 0; i < 32; ++i) batch.objects.push_back({.survey = "test", .id = std::to_string(i)});
  const auto images = numbered_images(32, 5, 5);
  batch.blocks["image_legacy"] = images;
  batch.blocks["labels"] = modalities::as_maps(images, {{"g", ""}, {"r", ""}}, true);
  TurnedSource source(std::make_unique<data::MemorySource>(batch, data::MemoryOptions{.batch_size = 32}), 7);
  const auto turned = source.next();
  const auto& now = std::get<modalities::ImageBlock>(turned->blocks.at("image_legacy"));
  const auto& maps = std::get<modalities::MapBlock>(turned->blocks.at("labels"));
  EXPECT_NE(now.flux, images.flux);
  EXPECT_EQ(maps.value, now.flux);
  EXPECT_EQ(maps.ivar, now.ivar);
  EXPECT_EQ(maps.mask, now.mask);
  EXPECT_TRUE(maps.integer);
  EXPECT_EQ(maps.layers.size(), 2u);
}

}  // namespace
}  // namespace asterism::train
