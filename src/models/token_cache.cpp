#include "models/token_cache.h"

#include <cstring>

#include "base/error.h"
#include "base/random.h"

namespace asterism::models {
namespace {

constexpr int64_t kFingerprintValues = 64;
constexpr int64_t kEntryBytes = 96;  // of the table, beside the codes: node, vector, allocation

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
  tokenizers::Tokens out{at::zeros({n, t}, at::kLong), at::zeros({n}, at::kBool)};
  int64_t* ids = out.ids.data_ptr<int64_t>();
  bool* coded = out.present.data_ptr<bool>();
  std::vector<uint64_t> keys;
  std::vector<int64_t> unseen;
  for (int64_t i = 0; i < n; ++i) {
    if (!present[size_t(i)]) continue;
    const uint64_t key = key_of(block, i, hashes[size_t(i)]);
    const auto found = codes_.find(key);
    if (found == codes_.end()) {
      unseen.push_back(i);
      keys.push_back(key);
    } else if (!found->second.empty()) {
      std::copy(found->second.begin(), found->second.end(), ids + i * t);
      coded[i] = true;
    }
  }
  if (unseen.empty()) return out;
  at::NoGradGuard no_grad;
  const auto fresh = codec.encode(int64_t(unseen.size()) == n ? block : modalities::select(block, unseen));
  const auto fresh_ids = fresh.ids.contiguous(), fresh_present = fresh.present.contiguous();
  for (size_t u = 0; u < unseen.size(); ++u) {
    const int64_t* from = fresh_ids.const_data_ptr<int64_t>() + int64_t(u) * t;
    const bool has_codes = fresh_present.const_data_ptr<bool>()[u];
    if (has_codes) std::copy(from, from + t, ids + unseen[u] * t);
    coded[unseen[u]] = has_codes;
    const int64_t cost = kEntryBytes + (has_codes ? t * int64_t(sizeof(int32_t)) : 0);
    if (bytes_ + cost > most_bytes_) continue;
    if (codes_.emplace(keys[u], has_codes ? std::vector<int32_t>(from, from + t) : std::vector<int32_t>()).second)
      bytes_ += cost;
  }
  return out;
}

}  // namespace asterism::models
