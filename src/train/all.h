#pragma once
// Every task that can be trained, in one table. To add one, write its file and one line in all.cpp.

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "config/settings.h"
#include "train/objective.h"

namespace asterism::train {

// The table of a recipe that belongs to one objective: [model] or [tokenizer].
class ObjectiveSettings {
 public:
  virtual ~ObjectiveSettings() = default;
  virtual void describe(config::Fields& f) = 0;
  // Before describe(): what a recipe says of `name` inside this table, so that kinds of tokenizers can show their own
  // settings.
  virtual void choose(const std::function<std::string(const std::string& name)>&) {}
  // What it reads of the data; empty: everything that the data have.
  virtual std::vector<std::string> modalities() const = 0;
  // A fresh objective with weights from `seed`. UserError where settings contradict each other.
  virtual std::unique_ptr<Objective> make(uint64_t seed) const = 0;
};

struct ObjectiveKind {
  const char* kind;
  const char* table;  // what its settings are called in a recipe
  std::unique_ptr<ObjectiveSettings> (*settings)();
  const char* sentence;
};

std::span<const ObjectiveKind> objective_kinds();

// UserError naming the nearest kind.
const ObjectiveKind& objective_kind(const std::string& kind);

}  // namespace asterism::train
