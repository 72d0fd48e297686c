#include "models/token_cache.h"

#include <gtest/gtest.h>

#include "tiny_sky.h"

namespace asterism::models {
namespace {

std::vector<uint64_t> hashes_of(const modalities::Batch& batch) {
  std::vector<uint64_t> out;
  for (const auto& object : batch.objects) out.push_back(object.hash());
  return out;
}

TEST(TokenCache, GivesWhatTheCodecGives) {
  auto batch = tiny::sky(6);
  for (const char* name : {"image_legacy", "spectrum_desi"}) {
    tiny::remove(batch, name, 2);
    const auto codec = tiny::codecs(batch).at(name);
    TokenCache cache;
    const auto direct = codec->encode(batch.blocks.at(name));
    for (int round = 0; round < 2; ++round) {
      const auto cached = cache.encode(*codec, batch.blocks.at(name), hashes_of(batch));
      EXPECT_TRUE(at::equal(cached.ids, direct.ids)) << name;
      EXPECT_TRUE(at::equal(cached.present, direct.present)) << name;
    }
    EXPECT_EQ(cache.size(), 5);
    const auto some = modalities::select(batch, {4, 0});
    EXPECT_TRUE(at::equal(cache.encode(*codec, some.blocks.at(name), hashes_of(some)).ids[0], direct.ids[4]));
    EXPECT_EQ(cache.size(), 5);
  }
}

TEST(TokenCache, AnObjectObservedAnewIsEncodedAnew) {
  auto batch = tiny::sky(2);
  const auto codec = tiny::codecs(batch).at("image_legacy");
  TokenCache cache;
  cache.encode(*codec, batch.blocks.at("image_legacy"), hashes_of(batch));
  for (auto& flux : std::get<modalities::ImageBlock>(batch.blocks.at("image_legacy")).flux) flux = -flux;
  const auto cached = cache.encode(*codec, batch.blocks.at("image_legacy"), hashes_of(batch));
  EXPECT_TRUE(at::equal(cached.ids, codec->encode(batch.blocks.at("image_legacy")).ids));
  EXPECT_EQ(cache.size(), 4);
}

}  // namespace
}  // namespace asterism::models
