#pragma once
// What a settings file says, before it is known whether it may: a tree that remembers on which line each value stands.
// Inside this floor only.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace asterism::config {

struct Value {
  enum class Kind { boolean, integer, number, text, list, table, other };
  Kind kind = Kind::table;
  bool boolean = false;
  int64_t integer = 0;
  double number = 0;
  std::string text;          // of other: what it is, e.g. "a date"
  std::string bare;          // as written, where it came from a command line without quotes: text, if text is wanted
  std::vector<Value> items;  // of a list, or of a table in the order of `keys`
  std::vector<std::string> keys;              // of a table
  std::shared_ptr<const std::string> source;  // "recipes/a.toml"
  int line = 0;                               // 0: unknown

  std::string place() const { return line > 0 ? *source + ":" + std::to_string(line) : *source; }
  Value* find(const std::string& key) {
    for (size_t i = 0; i < keys.size(); ++i)
      if (keys[i] == key) return &items[i];
    return nullptr;
  }
  void put(std::string key, Value value) {
    keys.push_back(std::move(key));
    items.push_back(std::move(value));
  }
};

// What a message calls it: "the whole number 3", "the text 'a'", "a list".
std::string description_of(const Value& value);

// Tables become one, key by key; anything else in `over` replaces what is in `under`.
void merge(Value& under, Value over);

// UserError with source and line where the text is not TOML / JSON, is nested too deep or repeats a key.
Value parse_toml(const std::string& text, const std::string& source);
Value parse_json(const std::string& text, const std::string& source);

}  // namespace asterism::config
