#pragma once
// Every kind of tokenizer, in one table.

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "config/settings.h"
#include "tokenizers/tokenizer.h"

namespace asterism::tokenizers {

// The settings of one kind: what config.json of a folder and a recipe's [tokenizer] table say.
class KindSettings {
 public:
  virtual ~KindSettings() = default;
  virtual void describe(config::Fields& fields) = 0;
  virtual std::unique_ptr<Tokenizer> make(uint64_t seed) const = 0;
  // What the published layout calls the quantity that is read; nullptr: this kind's folder does not say.
  virtual std::string* published_as() { return nullptr; }
};

// What a recipe names for a kind beside the modality that it reads.
enum class Beside { kNothing, kRedshifts, kErrors };

struct Kind {
  const char* name;
  const char* sentence;
  const char* modality;  // the kind of block it reads: "scalar", "spectrum", "image", "vector", "light_curve",
                         // "cube", "catalog" or "map"
  std::unique_ptr<KindSettings> (*settings)();  // its defaults
  Beside beside = Beside::kNothing;
};

std::span<const Kind> kinds();
const Kind& kind_of(const std::string& name);  // UserError naming the nearest

// A fresh tokenizer with weights from `seed`. settings_json: an object with any subset of the kind's settings ("{}":
// the defaults). UserError: unknown kind (names the nearest), unknown or out-of-range setting.
std::unique_ptr<Tokenizer> make_tokenizer(const std::string& kind, const std::string& settings_json, uint64_t seed = 0);

}  // namespace asterism::tokenizers
