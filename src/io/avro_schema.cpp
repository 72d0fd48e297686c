#include "io/avro_schema.h"

#include <map>

#include "base/error.h"
#include "io/json.h"

namespace asterism::io {
namespace {

constexpr int kMostDepth = 64;
constexpr size_t kMostTypes = 100000;
constexpr int64_t kMostFixed = int64_t{1} << 30;

const std::map<std::string, AvroKind>& primitives() {
  static const std::map<std::string, AvroKind> table = {{"null", AvroKind::kNull},   {"boolean", AvroKind::kBoolean},
                                                        {"int", AvroKind::kInt},     {"long", AvroKind::kLong},
                                                        {"float", AvroKind::kFloat}, {"double", AvroKind::kDouble},
                                                        {"bytes", AvroKind::kBytes}, {"string", AvroKind::kString}};
  return table;
}

std::string full_name(const std::string& name, const std::string& space) {
  return name.find('.') != std::string::npos || space.empty() ? name : space + "." + name;
}

}  // namespace

AvroSchema::AvroSchema(const nlohmann::json& schema, const std::string& where) : where_(where) {
  root_ = parse(schema, "", 0);
}

void AvroSchema::fail(const std::string& what) const { base::data_error("{}: no Avro schema: {}", where_, what); }

AvroType* AvroSchema::make(AvroKind kind) {
  if (types_.size() >= kMostTypes) fail("too many types");
  types_.push_back(std::make_unique<AvroType>());
  types_.back()->kind = kind;
  return types_.back().get();
}

const AvroType* AvroSchema::parse_named(const std::string& name, const std::string& space) {
  if (const auto found = primitives().find(name); found != primitives().end()) return make(found->second);
  const std::string wanted = full_name(name, space);
  for (const auto& type : types_) {
    if (!type->name.empty() && type->name == wanted) return type.get();
  }
  fail("the type '" + name.substr(0, 60) + "' is not defined");
}

const AvroType* AvroSchema::parse(const nlohmann::json& schema, const std::string& space, int depth) {
  if (depth > kMostDepth) fail("nested too deeply");
  if (schema.is_string()) return parse_named(schema.get<std::string>(), space);
  if (schema.is_object()) return parse_definition(schema, space, depth);
  if (!schema.is_array() || schema.empty()) fail("a type is a name, an object or a list");
  AvroType* out = make(AvroKind::kUnion);
  for (const auto& branch : schema) {
    const AvroType* type = parse(branch, space, depth + 1);
    if (type->kind == AvroKind::kUnion) fail("a union within a union");
    out->branches.push_back(type);
  }
  return out;
}

const AvroType* AvroSchema::parse_definition(const nlohmann::json& schema, const std::string& space, int depth) {
  if (!schema.contains("type")) fail("a type without `type`");
  const auto& type = schema["type"];
  if (!type.is_string()) return parse(type, space, depth + 1);
  const std::string kind = type.get<std::string>();
  if (kind == "array" || kind == "map") {
    AvroType* out = make(kind == "array" ? AvroKind::kArray : AvroKind::kMap);
    const char* key = kind == "array" ? "items" : "values";
    if (!schema.contains(key)) fail(kind + " without `" + key + "`");
    out->items = parse(schema[key], space, depth + 1);
    return out;
  }
  if (kind != "record" && kind != "error" && kind != "enum" && kind != "fixed") return parse_named(kind, space);
  const std::string name = full_name(text_or(schema, "name", "", where_), text_or(schema, "namespace", space, where_));
  if (name.empty() || primitives().count(name) != 0) fail(kind + " without a name");
  for (const auto& other : types_)
    if (other->name == name) fail("'" + name.substr(0, 60) + "' is defined twice");
  const std::string inner = name.rfind('.') == std::string::npos ? "" : name.substr(0, name.rfind('.'));
  AvroType* out = make(kind == "enum" ? AvroKind::kEnum : kind == "fixed" ? AvroKind::kFixed : AvroKind::kRecord);
  out->name = name;
  if (kind == "fixed") {
    if (!schema.contains("size") || !schema["size"].is_number_integer()) fail("fixed without `size`");
    out->size = schema["size"].get<int64_t>();
    if (out->size < 0 || out->size > kMostFixed) fail("a fixed of impossible size");
  } else if (kind == "enum") {
    if (!schema.contains("symbols") || !schema["symbols"].is_array()) fail("enum without `symbols`");
    for (const auto& symbol : schema["symbols"]) {
      if (!symbol.is_string()) fail("a symbol that is no text");
      out->symbols.push_back(symbol.get<std::string>());
    }
  } else {
    if (!schema.contains("fields") || !schema["fields"].is_array()) fail("record without `fields`");
    for (const auto& field : schema["fields"]) {
      if (!field.is_object() || !field.contains("type")) fail("a field without `type`");
      out->fields.emplace_back(text_or(field, "name", "", where_), parse(field["type"], inner, depth + 1));
    }
  }
  return out;
}

}  // namespace asterism::io
