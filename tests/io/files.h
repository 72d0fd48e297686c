#pragma once
// Files that the tests of io read: small ones by other programs (tests/golden/make_io.py) and real ones.

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "io/file_bytes.h"
#include "io/json.h"
#include "tests/where.h"

namespace asterism::io {

inline std::filesystem::path golden_path(const std::string& name) {
  return std::filesystem::path(asterism::tests::kSourceFolder) / "tests/golden/io" / name;
}

inline const nlohmann::json& golden() {
  static const nlohmann::json values = read_json(golden_path("io.json"));
  return values;
}

inline std::filesystem::path real_path(const std::string& name) {
  const char* shared = std::getenv("ASTERISM_SHARED");
  std::filesystem::path folder = shared != nullptr && *shared != '\0' ? shared : "../shared";
  if (folder.is_relative()) folder = std::filesystem::path(asterism::tests::kSourceFolder) / folder;
  return folder / "realdata" / name;
}

inline std::vector<std::byte> bytes_of(const std::string& text) {
  const auto* begin = reinterpret_cast<const std::byte*>(text.data());
  return {begin, begin + text.size()};
}

// What a DataError says; the test fails when `body` throws nothing or anything else.
template <class Error = base::DataError, class Body>
std::string message_of(Body body) {
  try {
    body();
  } catch (const Error& error) {
    return error.what();
  } catch (const std::exception& error) {
    ADD_FAILURE() << "another error: " << error.what();
    return "";
  }
  ADD_FAILURE() << "no error";
  return "";
}

}  // namespace asterism::io

#define ASTERISM_NEED_REAL_DATA()                                                                                   \
  if (!std::filesystem::exists(::asterism::io::real_path("README.md"))) {                                           \
    GTEST_SKIP() << "no real data at " << ::asterism::io::real_path("") << "; set ASTERISM_SHARED to their folder"; \
  }
