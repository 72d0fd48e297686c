#pragma once
// One JSON object on one line: how logs, progress and metrics are written. A writer only; io reads JSON.

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace asterism::base {

// Is `text` well-formed UTF-8 (no overlong forms, no surrogates)?
bool is_utf8(std::string_view text);

// `text` between double quotes, escaped as JSON wants. Bytes that are not UTF-8 become U+FFFD, so the line stays valid.
std::string json_quote(std::string_view text);

// The shortest decimal that reads back to the same double; NaN and infinities, which JSON lacks, become null.
std::string json_number(double value);

//   JsonLine().add("step", 12).add("loss", 0.5).str()   ->   {"step":12,"loss":0.5}
class JsonLine {
 public:
  JsonLine& add(std::string_view key, std::string_view value) { return put(key, json_quote(value)); }
  JsonLine& add(std::string_view key, const char* value) { return add(key, std::string_view(value)); }
  JsonLine& add(std::string_view key, const std::string& value) { return add(key, std::string_view(value)); }
  JsonLine& add(std::string_view key, bool value) { return put(key, value ? "true" : "false"); }
  JsonLine& add(std::string_view key, double value) { return put(key, json_number(value)); }
  template <class T>
  requires(std::is_integral_v<T> && !std::is_same_v<T, bool>) JsonLine& add(std::string_view key, T value) {
    return put(key, std::to_string(value));
  }
  JsonLine& add_raw(std::string_view key, std::string_view json) { return put(key, json); }  // json: already valid JSON

  // Key and value, the value as JSON, in the order they were added.
  const std::vector<std::pair<std::string, std::string>>& entries() const { return entries_; }
  std::string str() const;

 private:
  JsonLine& put(std::string_view key, std::string_view json) {
    entries_.emplace_back(key, json);
    return *this;
  }
  std::vector<std::pair<std::string, std::string>> entries_;
};

}  // namespace asterism::base
