#pragma once
// Codes of images and spectra that training has seen: a frozen codec gives an object the same codes in every epoch.
// Letters: N objects, T tokens.

#include <ATen/ATen.h>

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "modalities/block.h"
#include "tokenizers/tokenizer.h"

namespace asterism::models {

class TokenCache {
 public:
  static constexpr int64_t kDefaultBytes = int64_t{1} << 30;

  // Once it holds about `most_bytes`, new objects are encoded every time: a run that never sees an object twice must
  // not fill the memory.
  explicit TokenCache(int64_t most_bytes = kDefaultBytes) : most_bytes_(most_bytes) {}

  // As codec.encode(block), encoding only what was not seen. The key is the object and a fingerprint of its values, so
  // that an object that was observed again, or augmented, gets its own codes.
  tokenizers::Tokens encode(const tokenizers::Tokenizer& codec, const modalities::Block& block,
                            const std::vector<uint64_t>& hashes);
  int64_t size() const { return int64_t(codes_.size()); }
  int64_t bytes() const { return bytes_; }

 private:
  int64_t most_bytes_, bytes_ = 0;
  std::unordered_map<uint64_t, std::vector<int32_t>> codes_;  // empty: the codec found nothing to encode
};

}  // namespace asterism::models
