// to_toml and to_json: the settings as text that reads back to the same values.
#include <fmt/format.h>

#include <cmath>
#include <type_traits>

#include "base/error.h"
#include "base/json_line.h"
#include "config/assign.h"

namespace asterism::config {
namespace {

enum class Form { toml, json };

std::string written(bool value, Form) { return value ? "true" : "false"; }
std::string written(int64_t value, Form) { return std::to_string(value); }

// The shortest decimal that reads back to the same bits, always marked as a number with a fraction: "-0" would read
// back as the integer 0.
std::string written(double value, Form form) {
  if (!std::isfinite(value)) {
    const std::string name = std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
    return form == Form::toml ? name : '"' + name + '"';
  }
  const std::string text = fmt::format("{}", value);
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

// JSON's escapes are among those of TOML's basic strings.
std::string written(const std::string& value, Form) {
  if (!base::is_utf8(value))
    base::user_error("the setting {} is not UTF-8 and cannot be written", base::json_quote(value));
  return base::json_quote(value);
}

template <class T>
std::string written(const std::vector<T>& values, Form form) {
  std::string out = "[";
  for (size_t i = 0; i < values.size(); ++i) out += (i > 0 ? ", " : "") + written(values[i], form);
  return out + "]";
}

std::string key_text(const std::string& key, Form form) {
  const std::string quoted = written(key, form);  // refuses what is not UTF-8
  return form == Form::json ? quoted : written_key(key);
}

template <class T>
std::string written(const std::map<std::string, T>& values, Form form) {
  std::string out = "{";
  for (const auto& [key, value] : values) {
    if (out.size() > 1) out += ", ";
    out += key_text(key, form) + (form == Form::toml ? " = " : ": ") + written(value, form);
  }
  return out + "}";
}

std::string written(const Field& field, Form form) {
  return std::visit([&](const auto* target) { return written(*target, form); }, field.target);
}

void write_toml(const Fields& fields, const std::string& path, std::string& out) {
  for (const auto& field : fields.fields)
    out += key_text(field->name, Form::toml) + " = " + written(*field, Form::toml) + '\n';
  const auto section = [&](const Fields& inside, const std::string& parent, const std::string& key) {
    const std::string name = parent.empty() ? key_text(key, Form::toml) : parent + '.' + key_text(key, Form::toml);
    out += "\n[" + name + "]\n";
    write_toml(inside, name, out);
  };
  for (const auto& table : fields.children) {
    if (!table->free_names()) {
      section(table->inside, path, table->name);
      continue;
    }
    const std::string name = (path.empty() ? "" : path + '.') + key_text(table->name, Form::toml);
    for (const auto& [key, entry] : table->entries) section(entry, name, key);
  }
}

void write_json(const Fields& fields, const std::string& indent, std::string& out) {
  const std::string inner = indent + "  ";
  bool first = true;
  const auto key = [&](const std::string& name) {
    out += (first ? "\n" : ",\n") + inner + key_text(name, Form::json) + ": ";
    first = false;
  };
  out += '{';
  for (const auto& field : fields.fields) {
    key(field->name);
    out += written(*field, Form::json);
  }
  for (const auto& table : fields.children) {
    key(table->name);
    if (!table->free_names()) {
      write_json(table->inside, inner, out);
      continue;
    }
    out += '{';
    bool first_entry = true;
    for (const auto& [name, entry] : table->entries) {
      out += (first_entry ? "\n  " : ",\n  ") + inner + key_text(name, Form::json) + ": ";
      first_entry = false;
      write_json(entry, inner + "  ", out);
    }
    out += first_entry ? "}" : '\n' + inner + '}';
  }
  out += first ? "}" : '\n' + indent + '}';
}

}  // namespace

std::string to_toml(const Fields& fields) {
  std::string out;
  write_toml(fields, "", out);
  return out;
}

std::string to_json(const Fields& fields) {
  std::string out;
  write_json(fields, "", out);
  return out + '\n';
}

}  // namespace asterism::config
