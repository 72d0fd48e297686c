// The help text of settings, out of the same fields that read them.
#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/json_line.h"
#include "config/assign.h"

namespace asterism::config {
namespace {

struct TypeName {
  const char* operator()(const bool*) const { return "true/false"; }
  const char* operator()(const int64_t*) const { return "whole number"; }
  const char* operator()(const double*) const { return "number"; }
  const char* operator()(const std::string*) const { return "text"; }
  const char* operator()(const std::vector<int64_t>*) const { return "whole numbers"; }
  const char* operator()(const std::vector<double>*) const { return "numbers"; }
  const char* operator()(const std::vector<std::string>*) const { return "texts"; }
  const char* operator()(const std::map<std::string, double>*) const { return "named numbers"; }
  const char* operator()(const std::map<std::string, std::string>*) const { return "named texts"; }
};

struct DefaultText {
  std::string operator()(const bool* value) const { return *value ? "true" : "false"; }
  std::string operator()(const int64_t* value) const { return std::to_string(*value); }
  std::string operator()(const double* value) const { return fmt::format("{}", *value); }
  std::string operator()(const std::string* value) const { return base::json_quote(*value); }
  template <class T>
  std::string operator()(const std::vector<T>* values) const {
    std::string out = "[";
    for (const T& value : *values) out += (out.size() > 1 ? ", " : "") + (*this)(&value);
    return out + "]";
  }
  template <class T>
  std::string operator()(const std::map<std::string, T>* values) const {
    std::string out = "{";
    for (const auto& entry : *values)
      out += (out.size() > 1 ? ", " : "") + written_key(entry.first) + " = " + (*this)(&entry.second);
    return out + "}";
  }
};

struct Line {
  std::string name, type, value, meaning;
};

std::string meaning_of(const Field& field) {
  std::string out = field.help;
  if (field.has_range) out += fmt::format(" ({} to {})", field.low, field.high);
  if (!field.choices.empty()) out += fmt::format(" (one of {})", base::quoted_list(field.choices));
  return out;
}

void collect(const Fields& fields, const std::string& path, std::vector<Line>& lines) {
  for (const auto& field : fields.fields) {
    Line line{path + written_key(field->name), std::visit(TypeName{}, field->target), "required", meaning_of(*field)};
    if (!field->is_required) line.value = std::visit(DefaultText{}, field->target);
    lines.push_back(std::move(line));
  }
  for (const auto& table : fields.children) {
    const std::string name = path + written_key(table->name);
    if (!table->free_names()) {
      lines.push_back({"[" + name + "]", "", "", table->help});
      collect(table->inside, name + ".", lines);
      continue;
    }
    lines.push_back({"[" + name + ".NAME]", "", "", table->help});
    Fields example;
    table->describe_example(example);
    collect(example, name + ".NAME.", lines);
    for (const auto& [key, entry] : table->entries) collect(entry, name + "." + written_key(key) + ".", lines);
  }
}

}  // namespace

std::string help(const Fields& fields) {
  std::vector<Line> lines;
  collect(fields, "", lines);
  size_t name_width = 0, type_width = 0, value_width = 0;
  for (const auto& line : lines) {
    if (line.type.empty()) continue;
    name_width = std::max(name_width, std::min<size_t>(line.name.size(), 40));
    type_width = std::max(type_width, line.type.size());
    value_width = std::max(value_width, std::min<size_t>(line.value.size(), 20));
  }
  std::string out;
  for (const auto& line : lines) {
    if (line.type.empty()) {
      out += fmt::format("{}  {}\n", line.name, line.meaning);
    } else {
      out += fmt::format("{:<{}}  {:<{}}  {:<{}}  {}\n", line.name, name_width, line.type, type_width, line.value,
                         value_width, line.meaning);
    }
  }
  return out;
}

}  // namespace asterism::config
