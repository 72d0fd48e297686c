#pragma once
// Small files of other programs: tests/golden/make_tables.py.

#include <filesystem>
#include <string>

#include "io/json.h"
#include "tests/where.h"

namespace asterism::io {

inline std::filesystem::path tables_path(const std::string& name) {
  return std::filesystem::path(asterism::tests::kSourceFolder) / "tests/golden/tables" / name;
}

inline const nlohmann::json& tables_golden() {
  static const nlohmann::json values = read_json(tables_path("tables.json"));
  return values;
}

}  // namespace asterism::io
