#include "io/votable.h"

#include <algorithm>
#include <pugixml.hpp>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "io/base64.h"
#include "io/file_bytes.h"
#include "io/votable_field.h"

namespace asterism::io {
namespace {

constexpr size_t kSearched = 4096;  // bytes of a file in which the root element must begin
constexpr size_t kMostFields = 100000;
constexpr int kMostDepth = 64;

// Children by local name: VOTables may carry a namespace prefix ("vot:TABLE").
std::string local_name(const pugi::xml_node& node) {
  const std::string name = node.name();
  const size_t colon = name.find(':');
  return colon == std::string::npos ? name : name.substr(colon + 1);
}

pugi::xml_node child_of(const pugi::xml_node& parent, const std::string& name) {
  for (const auto& child : parent.children()) {
    if (local_name(child) == name) return child;
  }
  return {};
}

// The first TABLE with DATA, resources within resources searched.
pugi::xml_node first_table(const pugi::xml_node& node, int depth, const std::string& source) {
  if (depth > kMostDepth) base::data_error("'{}': resources nested too deeply", source);
  for (const auto& child : node.children()) {
    const std::string name = local_name(child);
    if (name == "TABLE" && child_of(child, "DATA")) return child;
    if (name != "RESOURCE") continue;
    if (const auto found = first_table(child, depth + 1, source)) return found;
  }
  return {};
}

void read_cells(const pugi::xml_node& data, std::vector<VotableField>& fields, const std::string& source) {
  int64_t row = 0;
  for (const auto& tr : data.children()) {
    if (local_name(tr) != "TR") continue;
    size_t c = 0;
    for (const auto& td : tr.children()) {
      if (local_name(td) != "TD") continue;
      if (c >= fields.size()) base::data_error("'{}', row {}: more cells than columns", source, row);
      try {
        fields[c].add_text(td.text().get());
      } catch (const base::DataError& error) {
        base::data_error("{} (row {})", error.what(), row);
      }
      ++c;
    }
    if (c != fields.size()) base::data_error("'{}', row {}: {} cells under {} columns", source, row, c, fields.size());
    ++row;
  }
}

void read_stream(const pugi::xml_node& data, bool flags, std::vector<VotableField>& fields, const std::string& source) {
  const auto stream = child_of(data, "STREAM");
  if (!stream) base::data_error("'{}': {} without a STREAM", source, data.name());
  if (stream.attribute("href"))
    base::data_error("'{}': its values lie in another file ({}); save the table with the values inside", source,
                     std::string(stream.attribute("href").value()).substr(0, 80));
  if (std::string(stream.attribute("encoding").value()) != "base64")
    base::data_error("'{}': a stream encoded as '{}'; base64 is read", source, stream.attribute("encoding").value());
  std::string packed = stream.text().get();
  std::erase_if(packed, [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; });
  const std::string where = "'" + source + "'";
  const auto decoded = decode_base64(packed, where + ", its stream");
  VotableBytes bytes(decoded, where);
  for (int64_t row = 0; !bytes.at_end(); ++row) {
    try {
      std::vector<std::byte> nulls(flags ? (fields.size() + 7) / 8 : 0);
      const auto taken = bytes.take(nulls.size());
      std::copy(taken.begin(), taken.end(), nulls.begin());
      for (size_t c = 0; c < fields.size(); ++c) {
        const bool is_null = flags && (std::to_integer<int>(nulls[c / 8]) >> (7 - c % 8) & 1) != 0;
        fields[c].add_binary(bytes, is_null);
      }
    } catch (const base::DataError& error) {
      base::data_error("{} (row {})", error.what(), row);
    }
  }
}

std::vector<VotableField> fields_of(const pugi::xml_node& table, const std::string& source) {
  std::vector<VotableField> out;
  std::set<std::string> names;
  const std::string where = "'" + source + "'";
  for (const auto& child : table.children()) {
    if (local_name(child) != "FIELD") continue;
    if (out.size() >= kMostFields) base::data_error("'{}': more than {} columns", source, kMostFields);
    out.emplace_back(child, where);
    if (!names.insert(out.back().name()).second)
      base::data_error("'{}': two columns are called '{}'", source, out.back().name());
  }
  if (out.empty()) base::data_error("'{}': a TABLE without a FIELD", source);
  return out;
}

}  // namespace

bool is_votable(std::string_view text) {
  const std::string_view head = text.substr(0, kSearched);
  const size_t at = head.find("VOTABLE");
  return at != std::string_view::npos && head.find('<') < at;
}

std::shared_ptr<arrow::Table> parse_votable(std::string_view text, const std::string& source) {
  pugi::xml_document document;
  const auto result = document.load_buffer(text.data(), text.size(), pugi::parse_default | pugi::parse_trim_pcdata,
                                           pugi::encoding_auto);
  if (!result) base::data_error("'{}' is no XML: {} at byte {}", source, result.description(), result.offset);
  const auto root = child_of(document, "VOTABLE");
  if (!root) base::data_error("'{}' is no VOTable: its root is '{}'", source, document.first_child().name());
  const auto table = first_table(root, 0, source);
  if (!table) base::data_error("'{}' holds no TABLE with DATA", source);
  auto fields = fields_of(table, source);
  const auto data = child_of(table, "DATA");
  if (const auto cells = child_of(data, "TABLEDATA")) {
    read_cells(cells, fields, source);
  } else if (const auto binary = child_of(data, "BINARY")) {
    read_stream(binary, false, fields, source);
  } else if (const auto binary2 = child_of(data, "BINARY2")) {
    read_stream(binary2, true, fields, source);
  } else {
    base::data_error("'{}': its DATA is neither TABLEDATA nor BINARY nor BINARY2 (FITS inside a VOTable is not read)",
                     source);
  }
  arrow::FieldVector schema;
  arrow::ArrayVector arrays;
  std::string left_out;
  for (auto& field : fields) {
    if (field.left_out()) {
      left_out += (left_out.empty() ? "" : ", ") + field.name();
      continue;
    }
    schema.push_back(field.field());
    arrays.push_back(field.finish());
  }
  if (arrays.empty()) base::data_error("'{}': no column can be read", source);
  const auto about = left_out.empty() ? nullptr : arrow::key_value_metadata({"left_out"}, {left_out});
  return arrow::Table::Make(arrow::schema(schema, about), arrays);
}

std::shared_ptr<arrow::Table> read_votable(const std::filesystem::path& path, uint64_t limit) {
  return parse_votable(read_text(path, limit), path.string());
}

}  // namespace asterism::io
