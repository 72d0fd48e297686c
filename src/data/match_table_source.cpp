// table_source: CSV and FITS tables, read whole.

#include <arrow/api.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <set>

#include "base/error.h"
#include "data/arrow_lists.h"
#include "data/match_source.h"
#include "io/arrow_status.h"
#include "io/csv.h"
#include "io/file_bytes.h"
#include "io/fits.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;
using ArrayPtr = std::shared_ptr<arrow::Array>;

const double kNan = std::numeric_limits<double>::quiet_NaN();

class TableSource : public MatchSource {
 public:
  std::string identity() const override {
    return fmt::format("{} {} {}", path.string(), fs::file_size(path),
                       fs::last_write_time(path).time_since_epoch().count());
  }
  SkyColumns read_sky(size_t begin, size_t end) const override { return begin == end ? SkyColumns{} : sky; }
  std::shared_ptr<arrow::Table> read_columns(size_t) const override { return columns; }

  void finish(SkyColumns positions, const ArrayPtr& ids, const std::vector<std::pair<std::string, ArrayPtr>>& others) {
    sky = std::move(positions);
    const auto rows = int64_t(sky.ra_deg.size());
    const ArrayPtr id = ids ? ids_of(ids, path.string()) : row_numbers(0, rows);
    has_ids = ids != nullptr;
    arrow::FieldVector fields = {arrow::field("object_id", id->type())};
    arrow::ArrayVector arrays = {id};
    for (const auto& [column, values] : others) {
      fields.push_back(arrow::field(column, values->type()));
      arrays.push_back(values);
    }
    schema = arrow::schema(fields);
    columns = arrow::Table::Make(schema, arrays, rows);
    if (rows > 0) chunks.push_back(rows);
    in_memory = true;
  }

  fs::path path;
  SkyColumns sky;
  std::shared_ptr<arrow::Table> columns;
};

// Ids that are whole numbers written as programs write them become numbers, as they are in other formats; "007" stays.
ArrayPtr numbers_where_all_are(const ArrayPtr& ids) {
  const auto& texts = static_cast<const arrow::StringArray&>(*ids);
  arrow::Int64Builder builder;
  io::check_arrow(builder.Reserve(texts.length()), "ids");
  for (int64_t i = 0; i < texts.length(); ++i) {
    const std::string_view text = texts.IsNull(i) ? std::string_view() : texts.GetView(i);
    int64_t number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool usual = read.ec == std::errc() && read.ptr == text.data() + text.size() &&
                       (text == "0" || (text[0] != '0' && !text.starts_with("-0")));
    if (!usual) return ids;
    builder.UnsafeAppend(number);
  }
  return texts.length() == 0 ? ids : io::need_arrow(builder.Finish(), "ids");
}

std::string position_column(const std::vector<std::string>& names, std::initializer_list<const char*> wanted,
                            const std::string& where) {
  for (const char* name : wanted) {
    if (std::find(names.begin(), names.end(), name) != names.end()) return name;
  }
  base::data_error("{}: there is no column '{}'; the nearest is '{}'. A table to match has ra and dec in degrees.",
                   where, *wanted.begin(), base::nearest(*wanted.begin(), names));
}

void read_csv_table(TableSource& out, const std::vector<std::string>& columns) {
  const std::string where = out.path.string();
  io::CsvOptions options;
  options.threads = true;
  const std::string all = io::read_text(out.path, options.limit);
  std::string_view text = all;
  io::take_dialect(text, "'" + where + "'", options);
  const auto names = io::csv_names(text, where, options);
  const std::string ra = position_column(names, {"ra", "RA", "ra_deg"}, where);
  const std::string dec = position_column(names, {"dec", "DEC", "dec_deg"}, where);
  const MotionColumns motion = motion_columns(names);
  const bool has_id = std::find(names.begin(), names.end(), "object_id") != names.end();
  std::set<std::string> wanted(columns.begin(), columns.end());
  for (const auto& name : {ra, dec, motion.pmra, motion.pmdec, motion.epoch}) {
    if (!name.empty()) wanted.insert(name);
  }
  for (const auto& name : columns) {
    if (std::find(names.begin(), names.end(), name) == names.end())
      base::user_error("{}: there is no column '{}'; the nearest is '{}'", where, name, base::nearest(name, names));
  }
  if (has_id) {
    options.types["object_id"] = arrow::utf8();
    wanted.insert("object_id");
  }
  options.types[ra] = options.types[dec] = arrow::float64();
  options.columns.assign(wanted.begin(), wanted.end());
  const auto table = io::parse_csv(text, "'" + where + "'", options);
  const auto rows = table->num_rows();
  const auto column = [&](const std::string& name) { return one_chunk(*table->GetColumnByName(name), where); };
  const auto numbers = [&](const std::string& name) {
    std::vector<double> values;
    if (name.empty()) return values;
    values.resize(size_t(rows));
    std::vector<uint8_t> bad(size_t(rows), 0);
    read_doubles(*column(name), 0, rows, values.data(), bad.data(), where + ", column " + name);
    for (size_t i = 0; i < values.size(); ++i) {
      if (bad[i] != 0) values[i] = kNan;
    }
    return values;
  };
  std::vector<std::pair<std::string, ArrayPtr>> others;
  others.reserve(columns.size());
  for (const auto& name : columns) others.emplace_back(name, column(name));
  out.finish({.ra_deg = numbers(ra),
              .dec_deg = numbers(dec),
              .pmra_mas_yr = numbers(motion.pmra),
              .pmdec_mas_yr = numbers(motion.pmdec),
              .epoch_yr = numbers(motion.epoch)},
             has_id ? numbers_where_all_are(column("object_id")) : nullptr, others);
}

bool is_whole_number(io::FitsType type) {
  using enum io::FitsType;
  return type == kInt8 || type == kUint8 || type == kInt16 || type == kUint16 || type == kInt32 || type == kUint32 ||
         type == kInt64;
}

ArrayPtr fits_array(const io::FitsHdu& hdu, const std::string& name, const std::string& where) {
  const auto& column = hdu.need_column(name);
  if (column.type == io::FitsType::kText) {
    arrow::StringBuilder builder;
    io::check_arrow(builder.AppendValues(hdu.text_column(name)), where);
    return io::need_arrow(builder.Finish(), where);
  }
  if (column.per_row != 1 || column.variable_length)
    base::user_error("{}, column '{}': {} numbers a row; columns of one number or text can be carried over", where,
                     name, column.per_row);
  if (is_whole_number(column.type)) {
    const auto values = hdu.column<int64_t>(name);
    arrow::Int64Builder builder;
    io::check_arrow(builder.AppendValues(values.values.data(), int64_t(values.values.size()), values.valid.data()),
                    where);
    return io::need_arrow(builder.Finish(), where);
  }
  const auto values = hdu.column<double>(name);
  return doubles(values.values.data(), values.valid.data(), int64_t(values.values.size()));
}

void read_fits_table(TableSource& out, const std::vector<std::string>& columns) {
  const auto file = io::FitsFile::open(out.path);
  std::vector<std::string> names;
  for (int h = 0; h < file.num_hdus(); ++h) {
    const auto hdu = file.hdu(h);
    if (hdu.kind() != io::FitsKind::kTable) continue;
    for (const auto& column : hdu.columns()) names.push_back(column.name);
    if (hdu.find_column("ra") == nullptr || hdu.find_column("dec") == nullptr) continue;
    const std::string where = fmt::format("{}, HDU {}", out.path.string(), h);
    std::vector<std::string> own;
    for (const auto& column : hdu.columns()) own.push_back(column.name);
    std::vector<std::pair<std::string, ArrayPtr>> others;
    for (const auto& name : columns) {
      if (hdu.find_column(name) == nullptr)
        base::user_error("{}: there is no column '{}'; the nearest is '{}'", where, name, base::nearest(name, own));
      others.emplace_back(name, fits_array(hdu, name, where));
    }
    const MotionColumns motion = motion_columns(own);
    const auto numbers = [&](const std::string& name) {
      if (name.empty()) return std::vector<double>{};
      if (hdu.need_column(name).per_row != 1)
        base::data_error("{}, column '{}': {} numbers a row, where one is needed", where, name,
                         hdu.need_column(name).per_row);
      return hdu.column<double>(name).values;
    };
    out.finish({.ra_deg = numbers("ra"),
                .dec_deg = numbers("dec"),
                .pmra_mas_yr = numbers(motion.pmra),
                .pmdec_mas_yr = numbers(motion.pmdec),
                .epoch_yr = numbers(motion.epoch)},
               hdu.find_column("object_id") != nullptr ? fits_array(hdu, "object_id", where) : nullptr, others);
    return;
  }
  if (names.empty()) base::data_error("{}: it holds no table", out.path.string());
  base::data_error("{}: no table HDU with columns ra and dec; the nearest to 'ra' is '{}', to 'dec' '{}'",
                   out.path.string(), base::nearest("ra", names), base::nearest("dec", names));
}

}  // namespace

std::unique_ptr<MatchSource> table_source(const fs::path& path, const std::vector<std::string>& columns) {
  auto out = std::make_unique<TableSource>();
  out->path = path;
  fs::path stem = path.stem();
  if (path.extension() == ".gz") stem = stem.stem();
  out->name = stem.string();
  const std::string file = path.filename().string();
  if (file.ends_with(".csv") || file.ends_with(".csv.gz")) {
    read_csv_table(*out, columns);
  } else {
    read_fits_table(*out, columns);
  }
  return out;
}

}  // namespace asterism::data
