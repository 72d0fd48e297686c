#pragma once
// An Avro schema (Avro 1.11, "Schema Declaration") as a tree of types.

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace asterism::io {

enum class AvroKind {
  kNull,
  kBoolean,
  kInt,
  kLong,
  kFloat,
  kDouble,
  kBytes,
  kString,
  kRecord,
  kEnum,
  kArray,
  kMap,
  kUnion,
  kFixed
};

struct AvroType {
  AvroKind kind = AvroKind::kNull;
  std::string name;                                             // full name of a record, enum or fixed
  std::vector<std::pair<std::string, const AvroType*>> fields;  // of a record
  const AvroType* items = nullptr;                              // of an array or map
  std::vector<const AvroType*> branches;                        // of a union
  std::vector<std::string> symbols;                             // of an enum
  int64_t size = 0;                                             // of a fixed
};

// Owns all types of a schema; types may refer to each other, and to themselves.
class AvroSchema {
 public:
  // DataError naming `where` for what is no schema: an unknown type, a name defined twice, deep nesting.
  AvroSchema(const nlohmann::json& schema, const std::string& where);
  const AvroType& root() const { return *root_; }

 private:
  AvroType* make(AvroKind kind);
  const AvroType* parse(const nlohmann::json& schema, const std::string& space, int depth);
  const AvroType* parse_named(const std::string& name, const std::string& space);
  const AvroType* parse_definition(const nlohmann::json& schema, const std::string& space, int depth);
  [[noreturn]] void fail(const std::string& what) const;

  std::string where_;
  std::vector<std::unique_ptr<AvroType>> types_;
  const AvroType* root_ = nullptr;
};

}  // namespace asterism::io
