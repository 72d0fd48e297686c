#pragma once
// Every kind of tokenizer, in one table.

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "config/settings.h"
#include "tokenizers/tokenizer.h"

namespace asterism::tokenizers {

struct Kind {
  const char* name;
  const char* sentence;
  const char* modality;  // the kind of block it reads: "scalar", "spectrum", "image", "vector", "light_curve",
                         // "cube", "catalog" or "map"
  std::unique_ptr<Tokenizer> (*make)(const std::string& settings_json, const std::string& source, uint64_t seed);
};

std::span<const Kind> kinds();

// A fresh tokenizer with weights from `seed`. settings_json: an object with any subset of the kind's settings ("{}":
// the defaults). UserError: unknown kind (names the nearest), unknown or out-of-range setting.
std::unique_ptr<Tokenizer> make_tokenizer(const std::string& kind, const std::string& settings_json, uint64_t seed = 0);

}  // namespace asterism::tokenizers
