// read_file, read_text and read_json: from settings on disk and on the command line to fields.
#include <algorithm>

#include "base/atomic_file.h"
#include "base/error.h"
#include "config/assign.h"

namespace asterism::config {
namespace fs = std::filesystem;
namespace {

using base::user_error;

// "a.\"b.c\".d" -> a, b.c, d
std::vector<std::string> split_path(const std::string& path, const std::string& source) {
  std::vector<std::string> keys(1);
  bool quoted = false, was_quoted = false;
  const auto end_key = [&] {
    if (keys.back().empty() && !was_quoted) user_error("{}: an empty name before '='", source);
    was_quoted = false;
  };
  for (const char c : path) {
    if (c == '"') {
      quoted = !quoted;
      was_quoted = true;
    } else if (c == '.' && !quoted) {
      end_key();
      keys.emplace_back();
    } else {
      keys.back() += c;
    }
  }
  end_key();
  if (quoted) user_error("{}: a quotation mark without its partner", source);
  return keys;
}

// The right side of an override. What is not TOML and not begun as TOML is text.
Value parse_override_value(const std::string& text, const std::string& source) {
  const auto first = text.find_first_not_of(" \t");
  const bool begun = first != std::string::npos && std::string("\"'[{").find(text[first]) != std::string::npos;
  Value value;
  value.kind = Value::Kind::text;
  value.source = std::make_shared<const std::string>(source);
  value.text = text;
  if (text.empty()) return value;
  if (!begun) value.bare = text;
  if (text.find_first_of("\r\n") != std::string::npos && !begun) return value;
  try {
    Value parsed = parse_toml("value = " + text, source);
    if (parsed.keys.size() != 1) user_error("{}: more than one value", source);
    parsed.items[0].bare = value.bare;
    return std::move(parsed.items[0]);
  } catch (const base::UserError&) {
    if (begun) throw;
    return value;
  }
}

struct Override {
  std::vector<std::string> path;
  Value tree;  // tables around the one value
};

Override parse_override(const std::string& text) {
  const std::string source = "--set " + text;
  const size_t equals = text.find('=');
  if (equals == std::string::npos) user_error("{}: write --set name=value", source);
  Override result{split_path(text.substr(0, equals), source), parse_override_value(text.substr(equals + 1), source)};
  if (result.path.size() > 32) user_error("{}: a name of {} parts", source, result.path.size());
  const auto place = result.tree.source;
  for (size_t i = result.path.size(); i-- > 0;) {
    Value table;
    table.source = place;
    table.put(result.path[i], std::move(result.tree));
    result.tree = std::move(table);
  }
  return result;
}

// Is one the start of the other, or the same?
bool overlap(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::equal(a.begin(), a.begin() + std::ptrdiff_t(std::min(a.size(), b.size())), b.begin());
}

void apply(Fields& fields, const Value& tree, const std::string& source, const std::vector<std::string>& overrides) {
  std::vector<Override> parsed;
  for (const auto& text : overrides) {
    parsed.push_back(parse_override(text));
    for (size_t i = 0; i + 1 < parsed.size(); ++i)
      if (overlap(parsed[i].path, parsed.back().path))
        user_error("--set {}: it is set already by --set {}; give each name once", text, overrides[i]);
  }
  std::set<std::string> given;
  assign(fields, tree, Origin::toml, false, given);
  for (const auto& one : parsed) assign(fields, one.tree, Origin::toml, true, given);
  check_required(fields, given, source);
}

// Takes `extends` out of the tree; empty when there is none.
std::string take_extends(Value& tree) {
  const auto at = std::find(tree.keys.begin(), tree.keys.end(), "extends");
  if (at == tree.keys.end()) return "";
  const auto i = at - tree.keys.begin();
  const Value& value = tree.items[size_t(i)];
  if (value.kind != Value::Kind::text || value.text.empty())
    user_error("{}: 'extends' must be the name of another file, found {}", value.place(), description_of(value));
  std::string name = value.text;
  tree.keys.erase(at);
  tree.items.erase(tree.items.begin() + i);
  return name;
}

// A file with what it extends.
Value read_tree(const fs::path& path) {
  Value tree = parse_toml(base::read_text(path), path.string());
  if (const std::string name = take_extends(tree); !name.empty()) {
    const fs::path other = path.parent_path() / name;
    if (!fs::is_regular_file(other))
      user_error("{}: it extends '{}', and there is no such file", path.string(), other.string());
    Value under = parse_toml(base::read_text(other), other.string());
    if (!take_extends(under).empty())
      user_error("{}: it is extended by '{}' and may not extend a third file itself", other.string(), path.string());
    merge(under, std::move(tree));
    tree = std::move(under);
  }
  return tree;
}

// Sets `found` where the tree has a text under these keys.
void find_text(Value tree, const std::vector<std::string>& keys, std::string& found) {
  for (const auto& key : keys) {
    Value* inside = tree.kind == Value::Kind::table ? tree.find(key) : nullptr;
    if (inside == nullptr) return;
    tree = Value(*inside);
  }
  if (tree.kind == Value::Kind::text) found = tree.text;
}

}  // namespace

void read_file(Fields& fields, const fs::path& path, const std::vector<std::string>& overrides) {
  apply(fields, read_tree(path), path.string(), overrides);
}

std::string peek_text(const fs::path& path, const std::string& name, const std::vector<std::string>& overrides) {
  const auto keys = split_path(name, name);
  std::string found;
  find_text(read_tree(path), keys, found);
  for (const auto& text : overrides) find_text(parse_override(text).tree, keys, found);
  return found;
}

bool overrides_name(const std::vector<std::string>& overrides, const std::string& name) {
  const auto keys = split_path(name, name);
  return std::any_of(overrides.begin(), overrides.end(),
                     [&](const std::string& text) { return overlap(parse_override(text).path, keys); });
}

void read_text(Fields& fields, const std::string& toml, const std::string& source,
               const std::vector<std::string>& overrides) {
  apply(fields, parse_toml(toml, source), source, overrides);
}

void read_json(Fields& fields, const std::string& json, const std::string& source) {
  std::set<std::string> given;
  assign(fields, parse_json(json, source), Origin::json, false, given);
  check_required(fields, given, source);
}

}  // namespace asterism::config
