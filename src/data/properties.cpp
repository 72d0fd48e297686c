#include "data/properties.h"

#include <algorithm>
#include <charconv>

#include "base/atomic_file.h"
#include "base/error.h"
#include "io/place.h"

namespace asterism::data {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

// The escapes of Java properties that writers of catalogues use: \: \= \# \! \\ \n \t.
std::string unescaped(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    const char c = text[++i];
    out += c == 'n' ? '\n' : c == 't' ? '\t' : c;
  }
  return out;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      continue;
    } else if (c == '\\') {
      out += "\\\\";
    } else {
      out += c;
    }
  }
  return out;
}

size_t separator(std::string_view line) {
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\') {
      ++i;
    } else if (line[i] == '=' || line[i] == ':') {
      return i;
    }
  }
  return std::string_view::npos;
}

}  // namespace

Properties Properties::parse(std::string_view text, const std::string& source) {
  Properties out;
  out.source_ = source;
  int64_t number = 0;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = trimmed(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    ++number;
    if (line.empty() || line.front() == '#' || line.front() == '!') continue;
    const size_t at = separator(line);
    if (at == std::string_view::npos || at == 0)
      base::data_error("{}, line {}: '{}' is not key=value", source, number, line.substr(0, 80));
    const std::string key = unescaped(trimmed(line.substr(0, at)));
    for (const auto& entry : out.entries_) {
      if (entry.first == key) base::data_error("{}, line {}: the key '{}' stands there twice", source, number, key);
    }
    out.entries_.emplace_back(key, unescaped(trimmed(line.substr(at + 1))));
  }
  return out;
}

Properties Properties::read(const std::filesystem::path& path) {
  return parse(io::read_small_file(path, size_t{1} << 24), path.string());
}

void Properties::set(const std::string& key, const std::string& value) {
  for (auto& entry : entries_) {
    if (entry.first == key) {
      entry.second = value;
      return;
    }
  }
  entries_.emplace_back(key, value);
}

std::optional<std::string> Properties::find(const std::string& key) const {
  for (const auto& entry : entries_) {
    if (entry.first == key && !entry.second.empty()) return entry.second;
  }
  return std::nullopt;
}

std::string Properties::need(const std::string& key) const {
  auto value = find(key);
  if (!value) base::data_error("{}: the key '{}' is missing", source_, key);
  return *value;
}

int64_t Properties::need_integer(const std::string& key) const {
  const std::string value = need(key);
  int64_t number = 0;
  const auto result = std::from_chars(value.data(), value.data() + value.size(), number);
  if (result.ec != std::errc() || result.ptr != value.data() + value.size())
    base::data_error("{}: '{}' is '{}', which is not a whole number", source_, key, value);
  return number;
}

std::vector<std::string> Properties::list(const std::string& key) const {
  std::vector<std::string> out;
  std::string word;
  for (const char c : find(key).value_or("") + " ") {
    if (c != ' ' && c != ';' && c != ',') {
      word += c;
    } else if (!word.empty()) {
      out.push_back(std::move(word));
      word.clear();
    }
  }
  return out;
}

std::string Properties::text(const std::string& headline) const {
  std::string out = "#" + headline + "\n";
  for (const auto& [key, value] : entries_) out += key + "=" + escaped(value) + "\n";
  return out;
}

void Properties::write(const std::filesystem::path& path, const std::string& headline) const {
  base::write_text(path, text(headline));
}

}  // namespace asterism::data
