#include "config/value.h"

#include <fmt/format.h>

namespace asterism::config {

std::string description_of(const Value& value) {
  switch (value.kind) {
    case Value::Kind::boolean:
      return value.boolean ? "true" : "false";
    case Value::Kind::integer:
      return fmt::format("the whole number {}", value.integer);
    case Value::Kind::number:
      return fmt::format("the number {}", value.number);
    case Value::Kind::text:
      return fmt::format("the text '{}'", value.text);
    case Value::Kind::list:
      return "a list";
    case Value::Kind::table:
      return "a table";
    case Value::Kind::other:
      return value.text;
  }
  return "nothing";
}

void merge(Value& under, Value over) {
  if (under.kind != Value::Kind::table || over.kind != Value::Kind::table) {
    under = std::move(over);
    return;
  }
  for (size_t i = 0; i < over.keys.size(); ++i) {
    if (Value* there = under.find(over.keys[i])) {
      merge(*there, std::move(over.items[i]));
    } else {
      under.put(std::move(over.keys[i]), std::move(over.items[i]));
    }
  }
}

}  // namespace asterism::config
