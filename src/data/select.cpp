#include "data/select.h"

#include <arrow/api.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <unordered_set>

#include "base/error.h"
#include "data/arrow_lists.h"
#include "data/hats_spool.h"
#include "data/match_positions.h"
#include "data/match_source.h"
#include "data/published_id.h"
#include "io/csv.h"
#include "io/parquet.h"
#include "io/place.h"

namespace asterism::data {
namespace {

using TablePtr = std::shared_ptr<arrow::Table>;

class Selection {
 public:
  Selection(const HatsReader& dataset, const SelectOptions& options)
      : dataset_(dataset), options_(options), ids_(options.ids.begin(), options.ids.end()) {
    const Layout& layout = dataset.layout();
    const auto& schema = *dataset.schema();
    if (!options.region.everywhere()) {
      if (layout.ra_column.empty() || layout.dec_column.empty())
        base::user_error("{} has no positions to choose by", dataset.path().string());
      filter_columns_ = {layout.ra_column, layout.dec_column};
    }
    if (!ids_.empty()) {
      if (layout.id_column.empty()) base::user_error("{} has no ids to choose by", dataset.path().string());
      filter_columns_.push_back(layout.id_column);
    }
    for (const auto& column : options.columns) {
      if (schema.GetFieldByName(column.substr(0, column.find('.'))) == nullptr)
        base::user_error("{} has no column '{}'; the nearest is '{}'", dataset.path().string(), column,
                         base::nearest(column, schema.field_names()));
    }
    columns_ = options.columns.empty() ? schema.field_names() : options.columns;
  }

  template <class Take>
  void run(Take take) {
    std::vector<std::filesystem::path> touched;
    for (const auto& file : dataset_.files()) {
      if (may_hold(file)) touched.push_back(file.path);
    }
    io::look_ahead(touched);
    report.bytes = all_bytes();
    for (const auto& file : dataset_.files()) {
      ++report.files;
      if (!may_hold(file)) continue;
      const auto parquet = io::ParquetFile::open(file.path);
      ++report.files_opened;
      for (int group = 0; group < parquet.num_row_groups(); ++group) {
        ++report.groups_opened;
        if (!may_hold(parquet, group)) continue;
        if (const auto rows = read(parquet, group)) take(rows);
      }
    }
    for (const auto& id : options_.ids)
      if (!found_.contains(id)) report.missing.push_back(id);
  }

  SelectReport report;

 private:
  bool may_hold(const HatsReader::File& file) const {
    if (file.pixel) return options_.region.may_touch(*file.pixel);
    // Rows without position inside a dataset with partitions.
    return options_.region.everywhere() || file.path.parent_path().filename() != "unplaced";
  }

  // Of far files that are not touched the length would cost a question each: there the properties' estimate is taken.
  int64_t all_bytes() const {
    int64_t bytes = 0;
    const bool estimated = io::is_remote(dataset_.path()) && dataset_.properties().find("hats_estsize");
    if (estimated) bytes = dataset_.properties().need_integer("hats_estsize") * 1024;
    for (const auto& file : dataset_.files()) {
      if (!estimated || !file.pixel) bytes += int64_t(io::file_bytes(file.path));
    }
    return bytes;
  }

  bool has(const io::ParquetFile& file, const std::string& column) const {
    return file.schema()->GetFieldIndex(column) >= 0;
  }

  bool may_hold(const io::ParquetFile& file, int group) const {
    if (!options_.region.everywhere()) {
      if (has(file, "_healpix_29")) {
        const auto range = file.integer_range(group, "_healpix_29");
        if (range && !options_.region.may_touch(range->first, range->second + 1)) return false;
      } else {
        const auto belt = file.range(group, dataset_.layout().dec_column);
        if (belt && !options_.region.may_touch_belt(belt->low, belt->high)) return false;
      }
    }
    if (ids_.empty()) return true;
    const auto texts = file.text_range(group, dataset_.layout().id_column);
    const auto is_cleaned = [](const std::string& id) { return cleaned_id(id).size() != id.size(); };
    return !texts || is_cleaned(texts->first) || is_cleaned(texts->second) || texts->first.starts_with("b\"") ||
           texts->first.starts_with("b'") || std::any_of(ids_.begin(), ids_.end(), [&](const std::string& id) {
             return id >= texts->first && id <= texts->second;
           });
  }

  // The rows of a group that fit, in the columns asked for; null when there are none.
  TablePtr read(const io::ParquetFile& file, int group) {
    const auto own_columns = [&] {  // rows without position lack _healpix_29
      std::vector<std::string> out;
      for (const auto& c : columns_) {
        if (c != "_healpix_29" || has(file, c) || !options_.columns.empty()) out.push_back(c);
      }
      return out;
    }();
    const std::string where = fmt::format("{}, row group {}", file.path().string(), group);
    std::vector<int64_t> rows;
    if (filter_columns_.empty()) {
      rows.resize(size_t(file.rows_in_group(group)));
      for (size_t i = 0; i < rows.size(); ++i) rows[i] = int64_t(i);
    } else {
      rows = rows_that_fit(*file.read_groups({group}, filter_columns_), where);
    }
    std::vector<std::string> all = filter_columns_;
    if (!rows.empty()) all.insert(all.end(), own_columns.begin(), own_columns.end());
    report.bytes_read += file.bytes(group, all);
    ++report.groups_read;
    if (rows.empty()) return nullptr;
    report.rows += int64_t(rows.size());
    return take_rows(file.read_groups({group}, own_columns), rows);
  }

  std::vector<int64_t> rows_that_fit(const arrow::Table& table, const std::string& where) {
    const size_t n = size_t(table.num_rows());
    std::vector<uint8_t> fits(n, 1);
    const Layout& layout = dataset_.layout();
    if (!options_.region.everywhere()) {
      std::vector<double> ra(n), dec(n);
      std::vector<uint8_t> bad(n, 0);
      read_doubles(*one_chunk(*table.GetColumnByName(layout.ra_column), where), 0, int64_t(n), ra.data(), bad.data(),
                   where);
      read_doubles(*one_chunk(*table.GetColumnByName(layout.dec_column), where), 0, int64_t(n), dec.data(), bad.data(),
                   where);
      for (size_t i = 0; i < n; ++i) fits[i] = bad[i] == 0 && options_.region.contains(ra[i], dec[i]);
    }
    if (!ids_.empty()) {
      const auto ids = ids_of(one_chunk(*table.GetColumnByName(layout.id_column), where), where);
      for (size_t i = 0; i < n; ++i) {
        if (fits[i] == 0) continue;
        const auto wanted = ids_.find(std::string(read_text(*ids, int64_t(i), where)));
        fits[i] = wanted != ids_.end();
        if (wanted != ids_.end()) found_.insert(*wanted);
      }
    }
    std::vector<int64_t> rows;
    for (size_t i = 0; i < n; ++i) {
      if (fits[i] != 0) rows.push_back(int64_t(i));
    }
    return rows;
  }

  const HatsReader& dataset_;
  const SelectOptions& options_;
  std::unordered_set<std::string> ids_, found_;  // asked for; met
  std::vector<std::string> filter_columns_, columns_;
};

}  // namespace

SelectReport select_rows(const HatsReader& dataset, const std::filesystem::path& out, const SelectOptions& options) {
  check_match_output(out);
  Selection selection(dataset, options);
  const bool csv = out.extension() == ".csv";
  std::vector<TablePtr> found;
  std::shared_ptr<arrow::Schema> schema;
  std::optional<io::ParquetWriter> writer;
  const auto as_first = [&](const TablePtr& table) {  // rows without position: a column of nulls for what they lack
    if (schema == nullptr) schema = table->schema();
    return io::need_arrow(arrow::ConcatenateTables({io::need_arrow(arrow::Table::MakeEmpty(schema), "rows"), table},
                                                   arrow::ConcatenateTablesOptions{.unify_schemas = true}),
                          "rows of " + dataset.path().string());
  };
  selection.run([&](TablePtr rows) {
    rows = as_first(rows);
    if (csv) {
      found.push_back(rows);
      return;
    }
    if (!writer) writer.emplace(out, rows->schema(), io::ParquetOptions{.rows_per_group = 8192, .zstd_level = 1});
    writer->write(*rows);
  });
  if (writer) {
    writer->close();
    return selection.report;
  }
  if (found.empty()) {
    arrow::FieldVector fields;
    for (const auto& name : options.columns.empty() ? dataset.schema()->field_names() : options.columns) {
      if (const auto field = dataset.schema()->GetFieldByName(name.substr(0, name.find('.')))) fields.push_back(field);
    }
    found.push_back(io::need_arrow(arrow::Table::MakeEmpty(arrow::schema(fields)), "no rows"));
  }
  const auto table = io::need_arrow(arrow::ConcatenateTables(found), "rows");
  if (csv) {
    io::write_csv(out, *table);
  } else {
    io::write_parquet(out, *table);
  }
  return selection.report;
}

}  // namespace asterism::data
