#pragma once
// Codes of images and spectra that training has seen: a frozen codec gives an object the same codes in every epoch.
// Letters: N objects, T tokens.

#include <ATen/ATen.h>

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "models/observation_key.h"
#include "tokenizers/tokenizer.h"

namespace asterism::models {

class TokenCache {
 public:
  static constexpr int64_t kDefaultBytes = int64_t{1} << 30;

  // Once it holds about `most_bytes`, new objects are encoded every time: a run that never sees an object twice must
  // not fill the memory.
  explicit TokenCache(int64_t most_bytes = kDefaultBytes) : most_bytes_(most_bytes) {}

  // As codec.encode(block), encoding only what this codec has not seen; the codecs must outlive the cache. The key is
  // the object and all its values (ObservationKey), so that one observed again, or augmented, gets its own codes.
  tokenizers::Tokens encode(const tokenizers::Tokenizer& codec, const modalities::Block& block,
                            const std::vector<uint64_t>& hashes);
  int64_t size() const { return size_; }  // observations, over all codecs
  int64_t bytes() const { return bytes_; }

 private:
  // Empty: the codec found nothing to encode.
  using Codes = std::unordered_map<ObservationKey, std::vector<int32_t>, ObservationKey::Hash>;
  int64_t most_bytes_, bytes_ = 0, size_ = 0;
  std::unordered_map<const tokenizers::Tokenizer*, Codes> codes_;
};

}  // namespace asterism::models
