#include "io/ecsv.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/error.h"
#include "io/arrow_status.h"
#include "io/csv.h"
#include "io/file_bytes.h"
#include "io/json.h"

namespace asterism::io {
namespace {

constexpr std::string_view kFirst = "# %ECSV ";
constexpr size_t kMostHeader = 4 << 20;
constexpr int kMostDepth = 20;
constexpr size_t kMostIndent = 200;

// The YAML of the comment lines; `text` keeps what is behind them.
std::string take_header(std::string_view& text, const std::string& source) {
  std::string out;
  while (text.starts_with("#")) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(1, end - 1);
    if (line.starts_with(" ")) line.remove_prefix(1);
    if (line.ends_with("\r")) line.remove_suffix(1);
    if (!line.starts_with("%ECSV")) out.append(line).append("\n");
    if (out.size() > kMostHeader) base::data_error("'{}': its header is longer than {} bytes", source, kMostHeader);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

// The YAML library recurses: text that could nest deeply is not given to it.
void check_depth(const std::string& yaml, const std::string& source) {
  int depth = 0;
  for (const char c : yaml) {
    depth += c == '[' || c == '{' ? 1 : c == ']' || c == '}' ? -1 : 0;
    if (depth > kMostDepth) base::data_error("'{}': its header is nested too deeply", source);
  }
  for (size_t line = 0; line < yaml.size();) {  // "- - - x" and deep indents nest as well
    const size_t text = std::min(yaml.find_first_not_of(" -", line), yaml.size());
    if (text - line > kMostIndent) base::data_error("'{}': its header is nested too deeply", source);
    line = std::min(yaml.find('\n', line), yaml.size() - 1) + 1;
  }
}

std::string scalar(const YAML::Node& node, const char* key) {
  if (!node.IsMap()) return "";
  const YAML::Node value = node[key];
  return value && value.IsScalar() ? value.Scalar() : "";
}

// The UCD, which Gaia's archive writes under `meta` and others beside the name.
std::string ucd_of(const YAML::Node& column) {
  if (std::string own = scalar(column, "ucd"); !own.empty()) return own;
  const YAML::Node meta = column["meta"];
  if (!meta) return "";
  if (meta.IsMap()) return scalar(meta, "ucd");
  if (!meta.IsSequence()) return "";
  for (const auto& item : meta) {
    if (std::string found = scalar(item, "ucd"); !found.empty()) return found;
  }
  return "";
}

struct Header {
  char delimiter = ' ';
  std::vector<std::shared_ptr<arrow::Field>> fields;
};

Header parse_header(const std::string& yaml, const std::string& source) {
  check_depth(yaml, source);
  Header out;
  try {
    const YAML::Node root = YAML::Load(yaml);
    if (!root.IsMap()) base::data_error("'{}': its header is no YAML mapping", source);
    const std::string delimiter = scalar(root, "delimiter");
    if (!delimiter.empty() && delimiter != "," && delimiter != " ")
      base::data_error("'{}': cells are parted by '{}'; ECSV allows a comma or a blank", source, delimiter);
    if (delimiter == ",") out.delimiter = ',';
    const YAML::Node columns = root["datatype"];
    if (!columns || !columns.IsSequence()) base::data_error("'{}': its header has no list `datatype`", source);
    for (const auto& column : columns) {
      const std::string name = scalar(column, "name");
      if (name.empty()) base::data_error("'{}': a column without a name in its header", source);
      std::vector<std::string> keys, values;
      const auto keep = [&](const char* key, const std::string& value) {
        if (value.empty()) return;
        keys.emplace_back(key);
        values.push_back(value);
      };
      for (const char* key : {"unit", "description", "datatype", "subtype"}) keep(key, scalar(column, key));
      keep("ucd", ucd_of(column));
      out.fields.push_back(arrow::field(name, arrow::utf8(), true, arrow::key_value_metadata(keys, values)));
    }
  } catch (const YAML::Exception& error) {
    base::data_error("'{}': its header is no YAML: {}", source, error.what());
  }
  return out;
}

// astropy writes a column of Python objects so, ids out of pandas among them.
bool is_json_text(const arrow::Field& field) {
  const auto word = [&](const char* key) {
    const int at = field.metadata()->FindKey(key);
    return at < 0 ? std::string() : field.metadata()->value(at);
  };
  return word("datatype") == "string" && word("subtype") == "json";
}

// Cells that are texts in JSON become these texts; others stay as they are.
std::shared_ptr<arrow::ChunkedArray> decoded_texts(const arrow::ChunkedArray& column, const std::string& source) {
  arrow::StringBuilder builder;
  for (const auto& chunk : column.chunks()) {
    const auto& texts = static_cast<const arrow::StringArray&>(*chunk);
    for (int64_t i = 0; i < texts.length(); ++i) {
      const std::string_view cell = texts.IsNull(i) ? std::string_view() : texts.GetView(i);
      if (texts.IsNull(i))
        check_arrow(builder.AppendNull(), source);
      else
        check_arrow(
            builder.Append(cell.starts_with('"') ? parse_json(cell, source).get<std::string>() : std::string(cell)),
            source);
    }
  }
  return std::make_shared<arrow::ChunkedArray>(need_arrow(builder.Finish(), source));
}

}  // namespace

bool is_ecsv(std::string_view text) { return text.starts_with(kFirst); }

int64_t ecsv_header_lines(std::string_view text) {
  int64_t lines = 0;
  for (; text.starts_with("#"); ++lines) text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  return lines;
}

std::shared_ptr<arrow::Table> parse_ecsv(std::string_view text, const std::string& source) {
  if (!is_ecsv(text)) base::data_error("'{}' is no ECSV: it does not begin with '{}'", source, kFirst);
  const int64_t lines = ecsv_header_lines(text);
  const Header header = parse_header(take_header(text, source), source);
  const auto table =
      parse_csv(text, source, {.delimiter = header.delimiter, .all_text = true, .nulls = {""}, .lines_before = lines});
  if (table->num_columns() != int(header.fields.size()))
    base::data_error("'{}': {} columns under a header of {}", source, table->num_columns(), header.fields.size());
  for (int i = 0; i < table->num_columns(); ++i) {
    if (table->field(i)->name() != header.fields[size_t(i)]->name())
      base::data_error("'{}': the column '{}' where the header says '{}'", source, table->field(i)->name(),
                       header.fields[size_t(i)]->name());
  }
  auto columns = table->columns();
  for (size_t i = 0; i < columns.size(); ++i)
    if (is_json_text(*header.fields[i])) columns[i] = decoded_texts(*columns[i], source);
  return arrow::Table::Make(arrow::schema(header.fields), columns, table->num_rows());
}

std::shared_ptr<arrow::Table> read_ecsv(const std::filesystem::path& path, uint64_t limit) {
  return parse_ecsv(read_text(path, limit), path.string());
}

}  // namespace asterism::io
