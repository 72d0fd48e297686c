// The one file that sees toml++.
#define TOML_MAX_NESTED_VALUES 64  // the parser and the tree's destructor recurse
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include "base/error.h"
#include "config/value.h"

namespace asterism::config {
namespace {

constexpr size_t kMaxBytes = 1 << 20, kMaxKeyDots = 64;

using Source = std::shared_ptr<const std::string>;

// toml++ limits how deep values nest but not dotted keys: "a.a.a.a..." would overflow the stack when it is freed.
void refuse_deep_keys(const std::string& text, const std::string& source) {
  size_t dots = 0;
  int line = 1;
  for (const char c : text) {
    if (c == '\n') ++line;
    if (c == '.') ++dots;
    if (c == '\n' || c == '=' || c == ',' || c == '{' || c == ' ') dots = 0;
    if (dots > kMaxKeyDots) base::user_error("{}:{}: more than {} dots in a row of one key", source, line, kMaxKeyDots);
  }
}

Value convert(const toml::node& node, const Source& source) {
  Value value;
  value.source = source;
  value.line = int(node.source().begin.line);
  if (const auto* table = node.as_table()) {
    value.kind = Value::Kind::table;
    for (const auto& [key, inside] : *table) value.put(std::string(key.str()), convert(inside, source));
  } else if (const auto* list = node.as_array()) {
    value.kind = Value::Kind::list;
    for (const auto& inside : *list) value.items.push_back(convert(inside, source));
  } else if (const auto* text = node.as_string()) {
    value.kind = Value::Kind::text;
    value.text = text->get();
  } else if (const auto* integer = node.as_integer()) {
    value.kind = Value::Kind::integer;
    value.integer = integer->get();
  } else if (const auto* number = node.as_floating_point()) {
    value.kind = Value::Kind::number;
    value.number = number->get();
  } else if (const auto* boolean = node.as_boolean()) {
    value.kind = Value::Kind::boolean;
    value.boolean = boolean->get();
  } else {
    value.kind = Value::Kind::other;
    value.text = "a date or time";
  }
  return value;
}

}  // namespace

Value parse_toml(const std::string& text, const std::string& source) {
  if (text.size() > kMaxBytes) base::user_error("{}: {} bytes; settings may have {}", source, text.size(), kMaxBytes);
  refuse_deep_keys(text, source);
  try {
    const toml::table table = toml::parse(std::string_view(text));
    Value value = convert(table, std::make_shared<const std::string>(source));
    value.line = 0;
    return value;
  } catch (const toml::parse_error& error) {
    base::user_error("{}:{}: not valid TOML: {}", source, error.source().begin.line, error.description());
  }
}

}  // namespace asterism::config
