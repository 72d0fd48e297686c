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

TEST(TokenCache, RemembersWhoHasNoCodes) {
  auto batch = tiny::sky(4);
  auto& spectra = std::get<modalities::SpectrumBlock>(batch.blocks.at("spectrum_desi"));
  for (int64_t k = 0; k < tiny::kLength; ++k) spectra.ivar[size_t(tiny::kLength + k)] = 0;
  const auto codec = tiny::codecs(batch).at("spectrum_desi");
  TokenCache cache;
  for (int round = 0; round < 2; ++round) {
    const auto cached = cache.encode(*codec, batch.blocks.at("spectrum_desi"), hashes_of(batch));
    EXPECT_TRUE(at::equal(cached.present, codec->encode(batch.blocks.at("spectrum_desi")).present));
    EXPECT_FALSE(cached.present[1].item<bool>());
  }
  EXPECT_EQ(cache.size(), 4);
}

TEST(TokenCache, StopsGrowingAtItsLimitAndStillAnswers) {
  const auto all = tiny::sky(40);
  const auto codec = tiny::codecs(all).at("image_legacy");
  TokenCache cache(1000);
  for (int64_t first = 0; first < 40; first += 10) {
    const auto batch = tiny::sky(10, first);
    const auto& block = batch.blocks.at("image_legacy");
    EXPECT_TRUE(at::equal(cache.encode(*codec, block, hashes_of(batch)).ids, codec->encode(block).ids));
    EXPECT_LE(cache.bytes(), 1000);
  }
  EXPECT_GT(cache.size(), 2);
  EXPECT_LT(cache.size(), 10);
}

// One pixel more that is masked, and one value of many that is another.
TEST(TokenCache, AnObjectObservedAnewIsEncodedAnew) {
  const auto batch = tiny::sky(2);
  for (const char* name : {"image_legacy", "spectrum_desi"}) {
    SCOPED_TRACE(name);
    const auto codec = tiny::codecs(batch).at(name);
    TokenCache cache;
    const auto& first = batch.blocks.at(name);
    cache.encode(*codec, first, hashes_of(batch));
    auto masked = first, brighter = first;
    std::visit(
        [](auto& b) {
          if constexpr (requires { b.flux, b.ivar; })
            for (size_t i = 0; i < b.mask.size() / 2; ++i) b.mask[i] = 1, b.ivar[i] = 0, b.flux[i] = 0;
        },
        masked);
    std::visit(
        [](auto& b) {
          if constexpr (requires { b.flux; }) b.flux[b.flux.size() / 4 + 1] *= 50;
        },
        brighter);
    for (const auto* again : {&masked, &brighter}) {
      const auto cached = cache.encode(*codec, *again, hashes_of(batch)), direct = codec->encode(*again);
      EXPECT_TRUE(at::equal(cached.ids, direct.ids));
      EXPECT_TRUE(at::equal(cached.present, direct.present));
    }
    EXPECT_EQ(cache.size(), 4);
  }
}

TEST(TokenCache, CodecsDoNotShareCodes) {
  const auto batch = tiny::sky(3);
  const auto codec = tiny::codecs(batch).at("image_legacy");
  tokenizers::ImageCodecSettings coarse;
  coarse.size = tiny::kSide;
  coarse.embed = 4;
  coarse.widths = {8, 8, 8};
  coarse.depths = {1, 1, 1};
  coarse.levels = {5, 3};
  tokenizers::ImageCodec fewer(coarse, 3);
  fewer.fit(batch.blocks.at("image_legacy"));
  ASSERT_LT(fewer.num_tokens(), codec->num_tokens());
  TokenCache cache;
  const auto& block = batch.blocks.at("image_legacy");
  for (const tokenizers::Tokenizer* one : {codec.get(), static_cast<tokenizers::Tokenizer*>(&fewer), codec.get()})
    EXPECT_TRUE(at::equal(cache.encode(*one, block, hashes_of(batch)).ids, one->encode(block).ids));
}

}  // namespace
}  // namespace asterism::models
