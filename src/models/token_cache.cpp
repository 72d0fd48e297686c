#include "models/token_cache.h"

#include <cstring>

#include "base/error.h"
#include "base/random.h"

namespace asterism::models {
namespace {

constexpr int64_t kFingerprintValues = 64;

uint64_t mixed(uint64_t hash, uint64_t bits) {
  hash ^= bits + 0x9e3779b97f4a7c15ULL + (hash << 6) + (hash >> 2);
  return hash * 0xff51afd7ed558ccdULL;
}

// Values spread over a row, and how many there are.
uint64_t fingerprint(uint64_t hash, const base::AlignedVector<float>& values, int64_t row, int64_t rows) {
  const int64_t length = rows > 0 ? int64_t(values.size()) / rows : 0;
  hash = mixed(hash, uint64_t(length));
  const int64_t step = std::max<int64_t>(1, length / kFingerprintValues);
  for (int64_t i = 0; i < length; i += step) {
    uint32_t bits;
    std::memcpy(&bits, &values[size_t(row * length + i)], sizeof bits);
    hash = mixed(hash, bits);
  }
  return hash;
}

uint64_t key_of(const modalities::Block& block, int64_t row, uint64_t object) {
  if (const auto* image = std::get_if<modalities::ImageBlock>(&block))
    return fingerprint(fingerprint(object, image->flux, row, image->n), image->ivar, row, image->n);
  const auto& spectrum = std::get<modalities::SpectrumBlock>(block);
  // Padding differs between batches, the observed part does not: only the latter is looked at.
  int64_t length = spectrum.length;
  const auto begin = row * spectrum.length;
  while (length > 0 && !(spectrum.wavelength_angstrom[size_t(begin + length - 1)] > 0)) --length;
  uint64_t hash = mixed(object, uint64_t(length));
  const int64_t step = std::max<int64_t>(1, length / kFingerprintValues);
  for (int64_t i = 0; i < length; i += step)
    for (const float value : {spectrum.flux[size_t(begin + i)], spectrum.ivar[size_t(begin + i)],
                              spectrum.wavelength_angstrom[size_t(begin + i)]}) {
      uint32_t bits;
      std::memcpy(&bits, &value, sizeof bits);
      hash = mixed(hash, bits);
    }
  return hash;
}

}  // namespace

tokenizers::Tokens TokenCache::encode(const tokenizers::Tokenizer& codec, const modalities::Block& block,
                                      const std::vector<uint64_t>& hashes) {
  const int64_t n = modalities::rows(block), t = codec.num_tokens();
  ASTERISM_CHECK(int64_t(hashes.size()) == n, "{} objects for {} rows", hashes.size(), n);
  const auto& present = modalities::present(block);
  std::vector<uint64_t> keys(size_t(n), 0);
  std::vector<int64_t> unseen;
  for (int64_t i = 0; i < n; ++i) {
    if (!present[size_t(i)]) continue;
    keys[size_t(i)] = key_of(block, i, hashes[size_t(i)]);
    if (!codes_.contains(keys[size_t(i)])) unseen.push_back(i);
  }
  if (!unseen.empty()) {
    at::NoGradGuard no_grad;
    const auto fresh = codec.encode(int64_t(unseen.size()) == n ? block : modalities::select(block, unseen));
    const auto ids = fresh.ids.contiguous();
    for (size_t u = 0; u < unseen.size(); ++u) {
      const int64_t* from = ids.const_data_ptr<int64_t>() + int64_t(u) * t;
      codes_[keys[size_t(unseen[u])]] = std::vector<int32_t>(from, from + t);
    }
  }
  tokenizers::Tokens out{at::zeros({n, t}, at::kLong), at::zeros({n}, at::kBool)};
  for (int64_t i = 0; i < n; ++i) {
    if (!present[size_t(i)]) continue;
    const auto& codes = codes_.at(keys[size_t(i)]);
    std::copy(codes.begin(), codes.end(), out.ids.data_ptr<int64_t>() + i * t);
    out.present.data_ptr<bool>()[i] = true;
  }
  return out;
}

}  // namespace asterism::models
