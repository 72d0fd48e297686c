#include "io/json.h"

#include <set>
#include <vector>

#include "base/atomic_file.h"
#include "base/error.h"
#include "io/file_bytes.h"

namespace asterism::io {

using nlohmann::json;

nlohmann::json parse_json(std::string_view text, const std::string& source, int max_depth) {
  std::vector<std::set<std::string>> keys;  // of every object or array that is open
  const auto watch = [&](int, json::parse_event_t event, json& parsed) {
    switch (event) {
      case json::parse_event_t::object_start:
      case json::parse_event_t::array_start:
        keys.emplace_back();
        if (static_cast<int>(keys.size()) > max_depth)
          base::data_error("{}: nested deeper than {} levels", source, max_depth);
        break;
      case json::parse_event_t::object_end:
      case json::parse_event_t::array_end:
        keys.pop_back();
        break;
      case json::parse_event_t::key: {
        const auto& key = parsed.get_ref<const std::string&>();
        if (!keys.back().insert(key).second)
          base::data_error("{}: the key '{}' is there twice in one object", source, key);
        break;
      }
      default:
        break;
    }
    return true;
  };
  try {
    return json::parse(text.begin(), text.end(), watch);
  } catch (const json::parse_error& error) {
    std::string_view reason = error.what();  // "[json.exception.parse_error.101] parse error at line 1, column 2: ..."
    if (const size_t colon = reason.find(": "); colon != std::string_view::npos) reason.remove_prefix(colon + 2);
    base::data_error("{}: no valid JSON at byte {}: {}", source, error.byte, reason);
  } catch (const json::exception& error) {
    base::data_error("{}: no valid JSON: {}", source, error.what());
  }
}

nlohmann::json read_json(const std::filesystem::path& path, uint64_t limit) {
  return parse_json(read_text(path, limit), "'" + path.string() + "'");
}

std::string text_or(const nlohmann::json& value, const std::string& key, const std::string& fallback,
                    const std::string& source) {
  if (!value.is_object())
    base::data_error("{}: a JSON object is needed, this is of type {}", source, value.type_name());
  const auto found = value.find(key);
  if (found == value.end()) return fallback;
  if (!found->is_string())
    base::data_error("{}: '{}' must be a text, this is of type {}", source, key, found->type_name());
  return found->get<std::string>();
}

std::string dump_json(const nlohmann::json& value, int indent) {
  return value.dump(indent, ' ', false, json::error_handler_t::replace);
}

void write_json(const std::filesystem::path& path, const nlohmann::json& value, int indent) {
  base::write_text(path, dump_json(value, indent) + "\n");
}

}  // namespace asterism::io
