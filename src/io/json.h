#pragma once
// JSON text and files. Unlike the library beneath, repeated keys, deep nesting and trailing text are errors.

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace asterism::io {

inline constexpr int kMaxJsonDepth = 64;
inline constexpr uint64_t kMaxJsonBytes = uint64_t{512} << 20;

// One JSON value. DataError naming `source` and the byte where it went wrong: bad syntax, bad UTF-8, repeated key in an
// object, nesting deeper than `max_depth`. NaN and Infinity are no JSON.
nlohmann::json parse_json(std::string_view text, const std::string& source, int max_depth = kMaxJsonDepth);
nlohmann::json read_json(const std::filesystem::path& path, uint64_t limit = kMaxJsonBytes);

// The text under `key` of an object; `fallback` where it has no such key. DataError naming `source` when `value` is no
// object or what stands there is no text: json.value() would throw an error of the library that names no file.
std::string text_or(const nlohmann::json& value, const std::string& key, const std::string& fallback,
                    const std::string& source);

// Text of a value: indented by two blanks, or on one line with indent = -1. Numbers keep all digits; NaN and infinities
// become null; bad UTF-8 is replaced by U+FFFD.
std::string dump_json(const nlohmann::json& value, int indent = 2);
void write_json(const std::filesystem::path& path, const nlohmann::json& value, int indent = 2);  // atomic

}  // namespace asterism::io
