// dataset_source: datasets, HATS catalogues and Parquet files, read by row group.

#include <arrow/api.h>

#include <algorithm>
#include <limits>
#include <map>

#include "base/error.h"
#include "data/arrow_lists.h"
#include "data/batch_table.h"
#include "data/hats_read.h"
#include "data/match_source.h"
#include "io/parquet.h"
#include "modalities/scalar.h"

namespace asterism::data {
namespace {

const double kNan = std::numeric_limits<double>::quiet_NaN();

class DatasetSource : public MatchSource {
 public:
  DatasetSource(const std::filesystem::path& path, const std::vector<std::string>& columns)
      : dataset_(HatsReader::open(path)) {
    const Layout& layout = dataset_.layout();
    name = dataset_.name();
    ra_ = layout.ra_column;
    dec_ = layout.dec_column;
    const auto names = dataset_.schema()->field_names();
    for (const auto& [column, wanted] : {std::pair{ra_, "ra"}, {dec_, "dec"}}) {
      if (column.empty())
        base::data_error(
            "{}: there is no column '{}'; the nearest is '{}'. A table to match has ra and dec in degrees.",
            path.string(), wanted, base::nearest(wanted, names));
    }
    motion_ = motion_columns(names);
    has_ids = !layout.id_column.empty();
    arrow::FieldVector fields = {arrow::field(
        "object_id", has_ids ? id_type(dataset_.schema()->GetFieldByName(layout.id_column)->type()) : arrow::utf8())};
    for (const auto& column : columns) fields.push_back(field_of(column));
    schema = arrow::schema(fields);
    for (const auto& group : dataset_.groups()) chunks.push_back(group.first_row + group.rows);
    // Files without rows have row groups without rows, which no row can lie in.
  }

  std::string identity() const override { return dataset_.path().string() + " " + dataset_.data_hash(); }

  SkyColumns read_sky(size_t begin, size_t end) const override {
    SkyColumns out;
    out.first = chunks[begin];
    std::vector<std::pair<std::string, std::vector<double>*>> columns = {{ra_, &out.ra_deg}, {dec_, &out.dec_deg}};
    for (const auto& [column, values] : {std::pair{motion_.pmra, &out.pmra_mas_yr},
                                         {motion_.pmdec, &out.pmdec_mas_yr},
                                         {motion_.epoch, &out.epoch_yr}}) {
      if (!column.empty()) columns.emplace_back(column, values);
    }
    std::vector<std::string> names;
    names.reserve(columns.size());
    const int64_t rows = begin < end ? chunks[end] - chunks[begin] : 0;
    for (const auto& [column, values] : columns) {
      names.push_back(column);
      values->reserve(size_t(rows));
    }
    const auto& groups = dataset_.groups();
    for (size_t i = begin; i < end;) {
      size_t last = i + 1;
      while (last < end && groups[last].file == groups[i].file) ++last;
      const auto& path = dataset_.files()[size_t(groups[i].file)].path;
      const auto file = io::ParquetFile::open(path);
      for (; i < last; ++i) {
        const auto table = file.read_groups({groups[i].group}, names);
        for (const auto& [column, values] : columns) append(*table->GetColumnByName(column), *values, path.string());
      }
    }
    return out;
  }

  std::shared_ptr<arrow::Table> read_columns(size_t chunk) const override {
    const auto& group = dataset_.groups()[chunk];
    const Layout& layout = dataset_.layout();
    std::vector<std::string> wanted;
    for (const auto& entry : raw_) wanted.push_back(entry.second);
    for (const auto& column : layout.columns_for(scalars_)) {
      if (!scalars_.empty()) wanted.push_back(column);
    }
    if (has_ids) wanted.push_back(layout.id_column);
    std::sort(wanted.begin(), wanted.end());
    wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
    const std::string where = dataset_.files()[size_t(group.file)].path.string();
    if (wanted.empty()) wanted = {ra_};  // a table of row numbers alone
    const auto table = dataset_.read_table(group, wanted);
    const auto column = [&](const std::string& n) { return one_chunk(*table->GetColumnByName(n), where); };
    std::vector<std::shared_ptr<arrow::Array>> arrays = {has_ids ? ids_of(column(layout.id_column), where)
                                                                 : row_numbers(group.first_row, group.rows)};
    modalities::Batch batch;
    if (!scalars_.empty()) batch = from_table(*table, layout, scalars_, where, group.first_row);
    for (int i = 1; i < schema->num_fields(); ++i) {
      const std::string& n = schema->field(i)->name();
      if (const auto raw = raw_.find(n); raw != raw_.end()) {
        arrays.push_back(column(raw->second));
        continue;
      }
      const auto& block = std::get<modalities::ScalarBlock>(batch.blocks.at(n));
      const std::vector<double> values(block.value.begin(), block.value.end());
      arrays.push_back(doubles(values.data(), block.present.data(), block.n));
    }
    return arrow::Table::Make(schema, arrays, group.rows);
  }

 private:
  std::shared_ptr<arrow::Field> field_of(const std::string& column) {
    const auto* modality = dataset_.layout().find(column);
    if (modality != nullptr && modality->kind == "scalar") {
      scalars_.push_back(column);
      return arrow::field(column, arrow::float64());
    }
    const std::string& in_file = modality != nullptr ? modality->column : column;  // the only image is called "image"
    if (auto field = dataset_.schema()->GetFieldByName(in_file)) {
      raw_[column] = in_file;
      return field->WithName(column);
    }
    auto known = dataset_.layout().names();
    const auto names = dataset_.schema()->field_names();
    known.insert(known.end(), names.begin(), names.end());
    base::user_error("{}: there is no column '{}'; the nearest is '{}'", dataset_.path().string(), column,
                     base::nearest(column, known));
  }

  static void append(const arrow::ChunkedArray& column, std::vector<double>& out, const std::string& where) {
    for (const auto& chunk : column.chunks()) {
      const size_t before = out.size(), n = size_t(chunk->length());
      if (chunk->type_id() == arrow::Type::DOUBLE && chunk->null_count() == 0) {
        const double* values = static_cast<const arrow::DoubleArray&>(*chunk).raw_values();
        out.insert(out.end(), values, values + n);
        continue;
      }
      out.resize(before + n);
      std::vector<uint8_t> bad(n, 0);
      read_doubles(*chunk, 0, int64_t(n), out.data() + before, bad.data(), where);
      for (size_t i = 0; i < n; ++i) {
        if (bad[i] != 0) out[before + i] = kNan;
      }
    }
  }

  HatsReader dataset_;
  std::string ra_, dec_;
  MotionColumns motion_;
  std::vector<std::string> scalars_;
  std::map<std::string, std::string> raw_;  // the others: their columns in the files
};

}  // namespace

std::unique_ptr<MatchSource> dataset_source(const std::filesystem::path& path,
                                            const std::vector<std::string>& columns) {
  return std::make_unique<DatasetSource>(path, columns);
}

}  // namespace asterism::data
