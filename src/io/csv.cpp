#include "io/csv.h"

#include <arrow/csv/api.h>
#include <arrow/io/memory.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

#include "base/error.h"
#include "io/arrow_status.h"
#include "io/csv_dialect.h"
#include "io/file_bytes.h"

namespace asterism::io {
namespace {

constexpr int32_t kBlockBytes = 16 << 20;  // a row must fit

arrow::csv::ParseOptions parse_options(const CsvOptions& options) {
  auto parse = arrow::csv::ParseOptions::Defaults();
  parse.delimiter = options.delimiter;
  parse.newlines_in_values = true;
  return parse;
}

// Where the header line ends; line breaks between quotes belong to it.
size_t header_length(std::string_view text) {
  bool quoted = false;
  size_t end = 0;
  while (end < text.size() && (quoted || (text[end] != '\n' && text[end] != '\r')))
    quoted = quoted != (text[end++] == '"');
  return end;
}

// The cells of the header, read as a table of text whose one row they are.
std::vector<std::string> header_names(std::string_view header, const std::string& source, const CsvOptions& options) {
  const std::string line = std::string(header) + "\n";
  auto read = arrow::csv::ReadOptions::Defaults();
  read.use_threads = false;
  read.autogenerate_column_names = true;
  auto convert = arrow::csv::ConvertOptions::Defaults();
  convert.strings_can_be_null = false;
  convert.null_values.clear();
  convert.true_values.clear();
  convert.false_values.clear();
  const auto columns = 1 + std::count(line.begin(), line.end(), options.delimiter);  // an upper bound
  for (int64_t i = 0; i < columns; ++i) convert.column_types["f" + std::to_string(i)] = arrow::utf8();
  const std::string where = fmt::format("{}, line {} (the header)", source, options.lines_before + 1);
  auto reader = need_arrow(
      arrow::csv::TableReader::Make(arrow::io::default_io_context(), arrow::io::BufferReader::FromString(line), read,
                                    parse_options(options), convert),
      where);
  const auto table = need_arrow(reader->Read(), where);
  if (table->num_rows() != 1) base::data_error("{} has no header line; its first line must name the columns", source);
  std::vector<std::string> names;
  std::set<std::string> seen;
  for (int i = 0; i < table->num_columns(); ++i) {
    std::string name = static_cast<const arrow::StringArray&>(*table->column(i)->chunk(0)).GetString(0);
    if (i == 0 && name.starts_with("\xef\xbb\xbf")) name.erase(0, 3);  // a byte order mark
    const size_t first = name.find_first_not_of(' ');
    name = first == std::string::npos ? "" : name.substr(first, name.find_last_not_of(' ') - first + 1);
    if (name.empty()) name = "column_" + std::to_string(i + 1);
    if (!seen.insert(name).second) base::data_error("{}: two columns are named '{}'; rename one", where, name);
    names.push_back(std::move(name));
  }
  return names;
}

// "CSV parse error: Row #3: ..." and "In CSV column #2: Row #3: CSV conversion error ..." in our words.
std::string in_our_words(std::string message, const std::vector<std::string>& names, int64_t lines_before) {
  const auto number_after = [&](std::string_view mark) -> std::optional<size_t> {
    const size_t at = message.find(mark);
    size_t number = 0;
    if (at == std::string::npos) return std::nullopt;
    const char* begin = message.data() + at + mark.size();
    if (std::from_chars(begin, message.data() + message.size(), number).ec != std::errc()) return std::nullopt;
    return number;
  };
  std::string place;
  if (const auto row = number_after("Row #"))
    place += fmt::format(", line {}", int64_t(*row) + lines_before + 1);  // the header is the line before the first row
  if (const auto column = number_after("In CSV column #"); column && *column < names.size()) {
    place += fmt::format(", column '{}'", names[*column]);
  }
  for (const std::string_view mark : {"In CSV column #", "CSV parse error: ", "Row #"}) {
    const size_t at = message.find(mark);
    if (at != 0) continue;
    const size_t end = mark.back() == '#' ? message.find(": ") + 2 : mark.size();
    message.erase(0, end);
  }
  if (const size_t break_at = message.find('\n'); break_at != std::string::npos) message.resize(break_at);
  const size_t cell = message.find("invalid value '"), end = message.rfind('\'');
  if (cell != std::string::npos && end > cell + 15)
    message += decimal_comma(message.substr(cell + 15, end - cell - 15));
  return place + ": " + message;
}

// Empty text becomes missing: a new validity bitmap over the same bytes.
std::shared_ptr<arrow::ChunkedArray> empty_as_null(const std::shared_ptr<arrow::ChunkedArray>& column,
                                                   const std::string& where) {
  arrow::ArrayVector chunks;
  for (const auto& chunk : column->chunks()) {
    const auto& texts = static_cast<const arrow::StringArray&>(*chunk);
    arrow::TypedBufferBuilder<bool> valid;
    for (int64_t i = 0; i < texts.length(); ++i)
      check_arrow(valid.Append(texts.IsValid(i) && texts.value_length(i) > 0), where);
    const int64_t nulls = valid.false_count();
    chunks.push_back(std::make_shared<arrow::StringArray>(texts.length(), texts.value_offsets(), texts.value_data(),
                                                          need_arrow(valid.Finish(), where), nulls, texts.offset()));
  }
  return std::make_shared<arrow::ChunkedArray>(std::move(chunks), column->type());
}

std::shared_ptr<arrow::Table> with_missing_text(std::shared_ptr<arrow::Table> table, const std::string& where) {
  for (int i = 0; i < table->num_columns(); ++i) {
    if (table->column(i)->type()->id() != arrow::Type::STRING) continue;
    table = need_arrow(table->SetColumn(i, table->field(i), empty_as_null(table->column(i), where)), where);
  }
  return table;
}

arrow::csv::ConvertOptions convert_options(const std::vector<std::string>& names, const std::string& source,
                                           const CsvOptions& options) {
  const auto need = [&](const std::string& name) {
    if (std::find(names.begin(), names.end(), name) != names.end()) return;
    base::data_error("{} has no column '{}'; the nearest is '{}'", source, name, base::nearest(name, names));
  };
  auto convert = arrow::csv::ConvertOptions::Defaults();
  convert.null_values = options.nulls;
  convert.strings_can_be_null = false;
  convert.include_columns = options.columns;
  for (const auto& name : options.columns) need(name);
  for (const auto& name : names) {
    if (options.all_text) convert.column_types[name] = arrow::utf8();
  }
  for (const auto& [name, type] : options.types) {
    need(name);
    convert.column_types[name] = type;
  }
  return convert;
}

// A header alone: columns whose type nobody named are text.
std::shared_ptr<arrow::Table> table_without_rows(const std::vector<std::string>& names, const CsvOptions& options,
                                                 const arrow::csv::ConvertOptions& convert) {
  arrow::FieldVector fields;
  for (const auto& name : options.columns.empty() ? names : options.columns) {
    const auto known = convert.column_types.find(name);
    fields.push_back(arrow::field(name, known == convert.column_types.end() ? arrow::utf8() : known->second));
  }
  return need_arrow(arrow::Table::MakeEmpty(arrow::schema(fields)), "an empty table");
}

}  // namespace

std::shared_ptr<arrow::Table> parse_csv(std::string_view text, const std::string& source, const CsvOptions& options) {
  return guarded(source, [&] {
    const size_t header = header_length(text);
    const auto names = header_names(text.substr(0, header), source, options);
    const auto convert = convert_options(names, source, options);
    text.remove_prefix(header);
    if (text.find_first_not_of("\r\n") == std::string_view::npos) return table_without_rows(names, options, convert);
    text.remove_prefix(text.starts_with("\r\n") ? 2 : 1);
    auto read = arrow::csv::ReadOptions::Defaults();
    read.block_size = kBlockBytes;
    read.column_names = names;
    auto bytes = std::make_shared<arrow::Buffer>(reinterpret_cast<const uint8_t*>(text.data()),
                                                 static_cast<int64_t>(text.size()));
    const auto parse = [&](bool threads) {
      read.use_threads = threads;
      return need_arrow(arrow::csv::TableReader::Make(arrow::io::default_io_context(),
                                                      std::make_shared<arrow::io::BufferReader>(bytes), read,
                                                      parse_options(options), convert),
                        source)
          ->Read();
    };
    auto table = parse(options.threads);
    if (!table.ok() && options.threads) table = parse(false);  // only then do messages have row numbers
    if (!table.ok())
      base::data_error("{}{}", source, in_our_words(table.status().message(), names, options.lines_before));
    return with_missing_text(*table, source);
  });
}

void take_dialect(std::string_view& text, const std::string& source, CsvOptions& options) {
  const auto dialect = csv_dialect(text);
  if (dialect.delimiter == ' ')
    base::data_error(
        "{}: blanks part its columns, and commas, tabs, semicolons or bars are read: write it so (astropy: "
        "table.write(..., format='ascii.csv'))",
        source);
  options.delimiter = dialect.delimiter;
  options.lines_before = std::count(text.begin(), text.begin() + std::ptrdiff_t(dialect.begin), '\n');
  text.remove_prefix(dialect.begin);
}

int64_t first_row_line(std::string_view text, int64_t rows, const CsvOptions& options) {
  const size_t header = std::min(text.size(), header_length(text));
  const auto breaks = [](std::string_view part) {
    const char mark = part.find('\n') == std::string_view::npos ? '\r' : '\n';
    return int64_t(std::count(part.begin(), part.end(), mark));
  };
  auto body = text.substr(header);
  const size_t last = body.find_last_not_of("\r\n");
  body = body.substr(0, last == std::string_view::npos ? 0 : last + 1);
  return breaks(body) == rows ? options.lines_before + breaks(text.substr(0, header)) + 2 : 0;
}

std::vector<std::string> csv_names(std::string_view text, const std::string& source, const CsvOptions& options) {
  return guarded(source, [&] { return header_names(text.substr(0, header_length(text)), source, options); });
}

std::shared_ptr<arrow::Table> read_csv(const std::filesystem::path& path, const CsvOptions& options) {
  return parse_csv(read_text(path, options.limit), "'" + path.string() + "'", options);
}

}  // namespace asterism::io
