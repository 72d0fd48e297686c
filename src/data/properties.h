#pragma once
// The key=value files of a HATS catalogue: hats.properties, collection.properties (Java properties, UTF-8).

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace asterism::data {

class Properties {
 public:
  // DataError naming the line for a line that is no comment and has no '=', bad UTF-8 escapes, or a repeated key.
  static Properties parse(std::string_view text, const std::string& source);
  static Properties read(const std::filesystem::path& path);

  void set(const std::string& key, const std::string& value);  // keeps the place of a key that is there
  void set(const std::string& key, int64_t value) { set(key, std::to_string(value)); }
  std::optional<std::string> find(const std::string& key) const;  // nullopt also for an empty value
  std::string need(const std::string& key) const;                 // DataError naming the file and the key
  int64_t need_integer(const std::string& key) const;
  std::vector<std::string> list(const std::string& key) const;  // separated by blanks, ';' or ','; {} when absent
  const std::vector<std::pair<std::string, std::string>>& entries() const { return entries_; }

  std::string text(const std::string& headline) const;  // "#headline" and one line an entry
  void write(const std::filesystem::path& path, const std::string& headline) const;

 private:
  std::string source_ = "properties";
  std::vector<std::pair<std::string, std::string>> entries_;
};

}  // namespace asterism::data
