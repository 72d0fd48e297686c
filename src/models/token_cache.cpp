#include "models/token_cache.h"

#include "base/error.h"

namespace asterism::models {
namespace {

constexpr int64_t kEntryBytes = 96;  // of the table, beside the codes: node, vector, allocation

}  // namespace

tokenizers::Tokens TokenCache::encode(const tokenizers::Tokenizer& codec, const modalities::Block& block,
                                      const std::vector<uint64_t>& hashes) {
  const int64_t n = modalities::rows(block), t = codec.num_tokens();
  ASTERISM_CHECK(int64_t(hashes.size()) == n, "{} objects for {} rows", hashes.size(), n);
  const auto& present = modalities::present(block);
  tokenizers::Tokens out{at::zeros({n, t}, at::kLong), at::zeros({n}, at::kBool)};
  int64_t* ids = out.ids.data_ptr<int64_t>();
  bool* coded = out.present.data_ptr<bool>();
  auto& codes = codes_[&codec];
  std::vector<ObservationKey> keys;
  std::vector<int64_t> unseen;
  for (int64_t i = 0; i < n; ++i) {
    if (!present[size_t(i)]) continue;
    const auto key = observation_key(block, i, hashes[size_t(i)]);
    const auto found = codes.find(key);
    if (found == codes.end()) {
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
    if (codes.emplace(keys[u], has_codes ? std::vector<int32_t>(from, from + t) : std::vector<int32_t>()).second)
      ++size_, bytes_ += cost;
  }
  return out;
}

}  // namespace asterism::models
