#include "config/assign.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/json_line.h"

namespace asterism::config {
namespace {

using base::user_error;
using Kind = Value::Kind;

std::string joined(const std::string& path, const std::string& key) {
  return path.empty() ? written_key(key) : path + "." + written_key(key);
}

void collect_names(const Fields& fields, const std::string& path, std::vector<std::string>& names) {
  for (const auto& field : fields.fields) names.push_back(joined(path, field->name));
  for (const auto& table : fields.children) {
    const std::string inside = joined(path, table->name);
    names.push_back(inside);
    collect_names(table->inside, inside, names);
    for (const auto& [key, entry] : table->entries) collect_names(entry, joined(inside, key), names);
  }
}

// The valid name that was most likely meant: the same word elsewhere, else the nearest in this table, else anywhere.
std::string suggestion(const Fields& root, const Fields& here, const std::string& path, const std::string& key) {
  std::vector<std::string> everywhere, nearby;
  collect_names(root, "", everywhere);
  for (const auto& name : everywhere)
    if (name.size() > key.size() && name.ends_with("." + key)) return name;
  if (std::find(everywhere.begin(), everywhere.end(), key) != everywhere.end()) return key;
  for (const auto& field : here.fields) nearby.push_back(joined(path, field->name));
  for (const auto& table : here.children) nearby.push_back(joined(path, table->name));
  return base::nearest(joined(path, key), nearby.empty() ? everywhere : nearby);
}

// One field being set: where from, and what to call it in messages.
struct Setting {
  const Field& field;
  const std::string& name;
  Origin origin;
  bool maps_merge;

  [[noreturn]] void mistyped(const Value& found, const char* wanted) const {
    user_error("{}: '{}' must be {}, found {}", found.place(), name, wanted, description_of(found));
  }

  void check_range(const Value& at, double value) const {
    if (field.has_range && !(value >= field.low && value <= field.high))
      user_error("{}: '{}' must be from {} to {}, found {}", at.place(), name, field.low, field.high, value);
  }

  void read(const Value& value, bool& out) const {
    if (value.kind != Kind::boolean) mistyped(value, "true or false");
    out = value.boolean;
  }

  void read(const Value& value, int64_t& out) const {
    if (value.kind == Kind::number && value.number == std::floor(value.number) && std::abs(value.number) < 1e15)
      user_error("{}: '{}' must be a whole number; write {} without point or exponent", value.place(), name,
                 int64_t(value.number));
    if (value.kind != Kind::integer) mistyped(value, "a whole number");
    check_range(value, double(value.integer));
    out = value.integer;
  }

  void read(const Value& value, double& out) const {
    double number = value.number;
    if (value.kind == Kind::integer) {
      number = double(value.integer);
    } else if (origin == Origin::json && value.kind == Kind::text && (value.text == "inf" || value.text == "-inf")) {
      number = value.text == "inf" ? INFINITY : -INFINITY;
    } else if (origin == Origin::json && value.kind == Kind::text && value.text == "nan") {
      number = NAN;
    } else if (value.kind != Kind::number) {
      mistyped(value, "a number");
    }
    check_range(value, number);
    out = number;
  }

  void read(const Value& value, std::string& out) const {
    if (value.kind != Kind::text && value.bare.empty()) mistyped(value, "text in quotes");
    const std::string& text = value.bare.empty() ? value.text : value.bare;
    const auto& choices = field.choices;
    if (!choices.empty() && std::find(choices.begin(), choices.end(), text) == choices.end())
      user_error("{}: '{}' must be one of {}, found '{}'; the nearest is '{}'", value.place(), name,
                 base::quoted_list(choices), text, base::nearest(text, choices));
    out = text;
  }

  template <class T>
  void read(const Value& value, std::vector<T>& out) const {
    if (value.kind != Kind::list) mistyped(value, "a list such as [a, b]");
    std::vector<T> list(value.items.size());
    for (size_t i = 0; i < list.size(); ++i) read(value.items[i], list[i]);
    out = std::move(list);
  }

  template <class T>
  void read(const Value& value, std::map<std::string, T>& out) const {
    if (value.kind != Kind::table) mistyped(value, "a table of names and values");
    std::map<std::string, T> map;
    if (maps_merge && !value.keys.empty()) map = out;  // {} empties it
    for (size_t i = 0; i < value.keys.size(); ++i) read(value.items[i], map[value.keys[i]]);
    out = std::move(map);
  }
};

struct Assignment {
  Fields& root;
  Origin origin;
  bool maps_merge;
  std::set<std::string>& given;

  void into(Fields& fields, const Value& table, const std::string& path) {
    for (size_t i = 0; i < table.keys.size(); ++i) one(fields, table.keys[i], table.items[i], path);
  }

  void one(Fields& fields, const std::string& key, const Value& value, const std::string& path) {
    const std::string name = joined(path, key);
    for (auto& field : fields.fields) {
      if (field->name != key) continue;
      const Setting setting{*field, name, origin, maps_merge};
      std::visit([&](auto* target) { setting.read(value, *target); }, field->target);
      given.insert(name);
      return;
    }
    for (auto& child : fields.children) {
      if (child->name != key) continue;
      require_table(value, name);
      if (!child->free_names()) return into(child->inside, value, name);
      for (size_t i = 0; i < value.keys.size(); ++i) entry(*child, value.keys[i], value.items[i], name);
      return;
    }
    const std::string nearest = suggestion(root, fields, path, key);
    if (nearest.empty()) user_error("{}: unknown key '{}'; no settings are read here", value.place(), name);
    user_error("{}: unknown key '{}'; the nearest is '{}'", value.place(), name, nearest);
  }

  void entry(Fields::Table& tables, const std::string& key, const Value& value, const std::string& path) {
    const std::string name = joined(path, key);
    require_table(value, name);
    const auto [at, is_new] = tables.entries.try_emplace(key);
    if (is_new) tables.describe_one(key, at->second);
    given.insert(name);
    into(at->second, value, name);
  }

  void require_table(const Value& value, const std::string& name) {
    if (value.kind != Kind::table)
      user_error("{}: '{}' is a table of settings, found {}", value.place(), name, description_of(value));
  }
};

void check_required_below(const Fields& fields, const std::string& path, const std::set<std::string>& given,
                          const std::string& source) {
  for (const auto& field : fields.fields) {
    const std::string name = joined(path, field->name);
    if (field->is_required && !given.contains(name)) user_error("{}: '{}' is missing: {}", source, name, field->help);
  }
  for (const auto& table : fields.children) {
    const std::string name = joined(path, table->name);
    check_required_below(table->inside, name, given, source);
    for (const auto& [key, entry] : table->entries) check_required_below(entry, joined(name, key), given, source);
  }
}

}  // namespace

std::string written_key(const std::string& key) {
  const bool bare = !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
  return bare ? key : base::json_quote(key);
}

void assign(Fields& fields, const Value& table, Origin origin, bool maps_merge, std::set<std::string>& given) {
  Assignment{fields, origin, maps_merge, given}.into(fields, table, "");
}

void check_required(const Fields& fields, const std::set<std::string>& given, const std::string& source) {
  check_required_below(fields, "", given, source);
}

}  // namespace asterism::config
