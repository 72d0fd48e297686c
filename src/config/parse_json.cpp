#include <fmt/format.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "config/value.h"

namespace asterism::config {
namespace {

using nlohmann::json;
constexpr size_t kMaxBytes = 16 << 20;
constexpr int kMaxDepth = 64;

Value convert(const json& node, const std::shared_ptr<const std::string>& source) {
  Value value;
  value.source = source;
  switch (node.type()) {
    case json::value_t::object:
      for (const auto& [key, inside] : node.items()) value.put(key, convert(inside, source));
      break;
    case json::value_t::array:
      value.kind = Value::Kind::list;
      for (const auto& inside : node) value.items.push_back(convert(inside, source));
      break;
    case json::value_t::string:
      value.kind = Value::Kind::text;
      value.text = node.get<std::string>();
      break;
    case json::value_t::number_unsigned:
    case json::value_t::number_integer:
      value.kind = Value::Kind::integer;
      value.integer = node.get<int64_t>();
      if (node.is_number_unsigned() && node.get<uint64_t>() > uint64_t(std::numeric_limits<int64_t>::max())) {
        value.kind = Value::Kind::other;
        value.text = fmt::format("{}, which has more than 63 bits", node.get<uint64_t>());
      }
      break;
    case json::value_t::number_float:
      value.kind = Value::Kind::number;
      value.number = node.get<double>();
      break;
    case json::value_t::boolean:
      value.kind = Value::Kind::boolean;
      value.boolean = node.get<bool>();
      break;
    default:
      value.kind = Value::Kind::other;
      value.text = "null";
  }
  return value;
}

}  // namespace

Value parse_json(const std::string& text, const std::string& source) {
  if (text.size() > kMaxBytes) base::user_error("{}: {} bytes; settings may have {}", source, text.size(), kMaxBytes);
  std::vector<std::set<std::string>> seen;  // keys of the objects we are in
  const auto watch = [&](int depth, json::parse_event_t event, json& node) {
    if (depth > kMaxDepth) base::user_error("{}: nested deeper than {}", source, kMaxDepth);
    if (event == json::parse_event_t::object_start) seen.emplace_back();
    if (event == json::parse_event_t::object_end) seen.pop_back();
    if (event == json::parse_event_t::key && !seen.back().insert(node.get<std::string>()).second)
      base::user_error("{}: the key '{}' is there twice", source, node.get<std::string>());
    return true;
  };
  try {
    const json root = json::parse(text, watch);
    if (!root.is_object()) base::user_error("{}: a JSON object is needed, found {}", source, root.type_name());
    return convert(root, std::make_shared<const std::string>(source));
  } catch (const json::exception& error) {
    base::user_error("{}: not valid JSON: {}", source, error.what());
  }
}

}  // namespace asterism::config
