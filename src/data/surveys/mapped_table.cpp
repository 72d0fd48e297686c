#include "data/surveys/mapped_table.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "astro/sexagesimal.h"
#include "astro/sphere.h"
#include "base/error.h"
#include "base/log.h"
#include "data/split.h"
#include "data/surveys/mapped_files.h"
#include "data/surveys/mapping.h"
#include "data/surveys/scalar_rows.h"
#include "data/surveys/table_cells.h"
#include "data/surveys/unit_conversion.h"
#include "io/any_table.h"
#include "modalities/all.h"
#include "modalities/vector.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kRowsPerBatch = 8192;

// What the marks of one scalar's columns were taken for: told when the import is done.
struct Marks {
  int64_t seen = 0;               // values
  int64_t unmeasured = 0;         // magnitudes of 99
  int64_t limits = 0;             // magnitudes with an error of 99
  int64_t no_errors = 0;          // errors of 0 or below
  double value = NAN, error = 0;  // the first such mark
};

UnitConversion conversion_of(const std::string& name, const MappedScalar& scalar, const std::string& file_unit) {
  const auto* known = modalities::find(name);
  return unit_conversion({"[scalars." + name + "]", name, scalar.column, file_unit, scalar.unit, scalar.to,
                          known != nullptr && known->kind == "scalar" ? std::string(known->unit) : ""});
}

class MappedTableImport : public SurveyImport {
 public:
  MappedTableImport(Mapping mapping, const fs::path& mapping_folder, const std::vector<fs::path>& files, BadRows& bad)
      : mapping_(std::move(mapping)), files_(mapping_, mapping_folder), bad_(bad) {
    for (const auto& path : files) {
      tables_.emplace_back(io::read_any_table(path), path.string());
      names_.push_back(path.string());
      check_columns(tables_.back());
    }
    read_keys();
    find_layout_of_files();
  }

  DatasetInfo info() const override {
    DatasetInfo info{.name = mapping_.name,
                     .title = mapping_.title.empty() ? mapping_.name : mapping_.title,
                     .description = mapping_.description,
                     .provenance = (mapping_.provenance.empty() ? "a table" : mapping_.provenance) +
                                   ", imported by asterism " ASTERISM_VERSION,
                     .licence = mapping_.licence.empty() ? "not stated" : mapping_.licence,
                     .citation = mapping_.citation,
                     .acknowledgement = mapping_.acknowledgement,
                     .columns = {}};
    for (const auto& [name, scalar] : mapping_.scalars) {
      const auto word = [&, column = scalar.column](const std::string& own, const char* key) {
        return own.empty() ? tables_[0].word(column, key) : own;
      };
      const ColumnNote note{word(scalar.description, "description"), word(scalar.ucd, "ucd")};
      if (!note.description.empty() || !note.ucd.empty()) info.columns[name] = note;
    }
    for (const auto& [name, vector] : mapping_.vectors) {
      if (!vector.description.empty()) info.columns[name] = {vector.description, ""};
    }
    for (const auto& [name, description] : files_.descriptions()) info.columns[name] = {description, ""};
    return info;
  }

  int64_t expected_rows() const override { return int64_t(rows_.size()); }

  std::optional<modalities::Batch> next() override {
    if (next_ >= rows_.size()) return std::nullopt;
    const int64_t n =
        std::min<int64_t>(files_.empty() ? kRowsPerBatch : files_.rows_at_once(), int64_t(rows_.size() - next_));
    modalities::Batch batch;
    std::vector<std::map<std::string, modalities::Block>> of_files;
    for (const auto& [name, scalar] : mapping_.scalars)
      add_scalar_rows(batch, n, name, conversions_.at(name).unit, !scalar.error.empty() || !scalar.ivar.empty());
    for (const auto& [name, width] : widths_) batch.blocks.emplace(name, modalities::make_vectors(n, width));
    if (shared_splits_) add_scalar_rows(batch, n, kSplitColumn);
    std::vector<int64_t> good;
    for (int64_t i = 0; i < n; ++i, ++next_) {
      const Row& row = rows_[next_];
      batch.objects.push_back(row.key);
      try {
        for (const auto& [name, scalar] : mapping_.scalars) read_scalar(name, scalar, row, i, batch);
        for (const auto& [name, vector] : mapping_.vectors) read_vector(name, vector, row, i, batch);
        if (shared_splits_) set_scalar(batch, kSplitColumn, i, row.split);
        of_files.push_back(read_files(row));
        good.push_back(i);
      } catch (const base::DataError& error) {
        bad_.add(names_[row.table], std::to_string(tables_[row.table].number_of(row.row)), error.what());
      }
    }
    if (good.empty()) return next();
    if (int64_t(good.size()) < n) batch = modalities::select(batch, good);
    files_.add(std::move(of_files), batch);
    return batch;
  }

  std::vector<std::string> notes() const override {
    std::vector<std::string> out = files_.notes();
    for (const auto& [name, marks] : marks_) {
      const MappedScalar& scalar = mapping_.scalars.at(name);
      if (marks.unmeasured > 0)
        out.push_back(fmt::format("{} of {} magnitudes '{}' have no measurement ({}, say): missing", marks.unmeasured,
                                  marks.seen, scalar.column, marks.value));
      if (marks.limits > 0)
        out.push_back(
            fmt::format("{} of {} magnitudes '{}' have an error '{}' of {}, no measurement but a limit: missing",
                        marks.limits, marks.seen, scalar.column, scalar.error, marks.error));
      if (marks.no_errors > 0)
        out.push_back(fmt::format("{} of {} errors '{}' are 0 or below: '{}' is kept there without an error",
                                  marks.no_errors, marks.seen, scalar.error, scalar.column));
    }
    return out;
  }

 private:
  struct Row {
    size_t table = 0;
    int64_t row = 0;
    modalities::ObjectKey key;
    uint8_t split = 0;
  };

  void check_columns(const TableCells& table) {
    const auto need = [&](const std::string& column) {
      if (!column.empty()) table.need(column);
    };
    for (const auto& column : {mapping_.id, mapping_.ra, mapping_.dec}) need(column);
    for (const auto& column : files_.columns()) need(column);
    for (const auto& [name, scalar] : mapping_.scalars) {
      for (const auto& column : {scalar.column, scalar.error, scalar.ivar}) need(column);
      const UnitConversion c = conversion_of(name, scalar, table.word(scalar.column, "unit"));
      const auto [found, fresh] = conversions_.emplace(name, c);
      if (!fresh && !(found->second == c))
        base::user_error("[scalars.{}]: '{}' has another unit in {} than in {}: import them apart", name, scalar.column,
                         names_.back(), names_[0]);
    }
    for (const auto& [name, vector] : mapping_.vectors) {
      need(vector.column);
      for (const auto& column : vector.columns) need(column);
    }
  }

  std::map<std::string, modalities::Block> read_files(const Row& row) {
    if (files_.empty()) return {};
    const auto text = [&](const std::string& column) { return tables_[row.table].text(row.row, column); };
    return files_.read(text, row.key, fs::path(names_[row.table]).parent_path());
  }

  // Bands, sizes and units of what lies in files, from the first rows that have it.
  void find_layout_of_files() {
    std::string complaint;
    for (const Row& row : rows_) {
      if (files_.unknown().empty()) return;
      try {
        files_.learn(read_files(row));
      } catch (const base::DataError& error) {  // met again, and counted, when the row is read
        if (complaint.empty()) complaint = error.what();
      }
    }
    const auto unknown = files_.unknown();
    if (!unknown.empty())
      base::data_error("{}: no row has it{}", unknown.front(),
                       complaint.empty() ? ": no file is there, or no column names one"
                                         : "; the first row that was tried: " + complaint);
  }

  // Keys of all rows first: rows at one place must share a split number wherever they stand.
  void read_keys() {
    for (size_t t = 0; t < tables_.size(); ++t) {
      for (int64_t row = 0; row < tables_[t].num_rows(); ++row) {
        try {
          rows_.push_back({t, row, key_of(tables_[t], row), 0});
        } catch (const base::DataError& error) {
          bad_.add(names_[t], std::to_string(tables_[t].number_of(row)), error.what());
        }
      }
    }
    std::vector<modalities::ObjectKey> keys;
    for (const Row& row : rows_) keys.push_back(row.key);
    if (mapping_.same_object_arcsec > 0) {
      const auto splits = grouped_split_numbers(keys, mapping_.same_object_arcsec);
      const auto groups = position_groups(keys, mapping_.same_object_arcsec);
      int64_t close = 0;
      for (size_t i = 0; i < rows_.size(); ++i) {
        rows_[i].split = splits[i];
        close += groups[i] != int64_t(i);
      }
      shared_splits_ = close > 0;
      if (close > 0)
        base::log_info("{} rows lie within {}\" of another row: they share its side of every split", close,
                       mapping_.same_object_arcsec);
    }
    for (const auto& [name, vector] : mapping_.vectors) widths_[name] = width_of(name, vector);
  }

  modalities::ObjectKey key_of(const TableCells& table, int64_t row) const {
    modalities::ObjectKey key{mapping_.survey, table.id(row, mapping_.id), false, 0, 0};
    if (key.id.empty()) base::data_error("no id");
    if (mapping_.ra.empty()) return key;
    std::optional<double> ra, dec;
    if (mapping_.position == "sexagesimal") {
      const std::string a = table.text(row, mapping_.ra), d = table.text(row, mapping_.dec);
      if (a.empty() && d.empty()) return key;
      ra = astro::parse_sexagesimal(a);
      dec = astro::parse_sexagesimal(d);
      if (!ra || !dec) base::data_error("position '{}' '{}'", a.substr(0, 20), d.substr(0, 20));
    } else {
      ra = known(table.number(row, mapping_.ra), {});
      dec = known(table.number(row, mapping_.dec), {});
      if (!ra && !dec) return key;
    }
    if (!ra || !dec) base::data_error("half a position");
    if (mapping_.position != "degrees") *ra *= 15;
    if (!(*ra >= -360 && *ra <= 720 && std::abs(*dec) <= 90))
      base::data_error("position ({}, {}); dec lies in [-90, 90]", *ra, *dec);
    key.has_position = true;
    key.ra_deg = astro::wrap_ra(*ra);
    key.dec_deg = *dec;
    return key;
  }

  std::optional<double> known(std::optional<double> value, const std::vector<double>& missing) const {
    if (!value) return value;
    // Tables of float32 hold -99.9 as -99.9000015.
    const auto is = [&](double mark) { return *value == mark || float(*value) == float(mark); };
    if (std::any_of(mapping_.missing.begin(), mapping_.missing.end(), is) ||
        std::any_of(missing.begin(), missing.end(), is))
      return std::nullopt;
    return value;
  }

  void read_scalar(const std::string& name, const MappedScalar& scalar, const Row& row, int64_t i,
                   modalities::Batch& batch) const {
    const TableCells& table = tables_[row.table];
    const auto value = known(table.number(row.row, scalar.column), scalar.missing);
    if (!value || *value < scalar.low || *value > scalar.high) return;
    Marks& marks = marks_[name];
    ++marks.seen;
    const UnitConversion& conversion = conversions_.at(name);
    if (conversion.is_mark(*value)) {
      if (marks.unmeasured++ == 0) marks.value = *value;
      return;
    }
    double error = 0;
    if (!scalar.error.empty()) {
      const auto told = table.number(row.row, scalar.error);
      if (told && conversion.is_mark(*told)) {
        if (marks.limits++ == 0) marks.error = *told;
        return;
      }
      const auto e = known(told, scalar.missing);
      if (e && !(*e > 0)) ++marks.no_errors;
      error = e && *e > 0 ? *e : 0;
    }
    if (!scalar.ivar.empty()) {
      const auto w = known(table.number(row.row, scalar.ivar), scalar.missing);
      if (!w || !(*w > 0)) return;  // an inverse variance of 0 says: not measured
      error = 1 / std::sqrt(*w);
    }
    const auto converted = conversion.apply({*value, error});
    if (converted) set_scalar(batch, name, i, converted->value, converted->error);
  }

  std::vector<double> vector_at(const MappedVector& vector, const Row& row) const {
    const TableCells& table = tables_[row.table];
    if (!vector.column.empty()) return table.list(row.row, vector.column);
    std::vector<double> out;
    for (const auto& column : vector.columns) out.push_back(known(table.number(row.row, column), {}).value_or(NAN));
    return out;
  }

  // The width of the first row that has the vector.
  int64_t width_of(const std::string& name, const MappedVector& vector) const {
    for (const Row& row : rows_) {
      try {
        if (const auto values = vector_at(vector, row); !values.empty()) return int64_t(values.size());
      } catch (const base::DataError&) {  // met again, and counted, when the row is read
      }
    }
    base::data_error("[vectors.{}]: no row has it", name);
  }

  void read_vector(const std::string& name, const MappedVector& vector, const Row& row, int64_t i,
                   modalities::Batch& batch) const {
    const auto values = vector_at(vector, row);
    if (values.empty()) return;
    auto& block = std::get<modalities::VectorBlock>(batch.blocks.at(name));
    if (int64_t(values.size()) != block.width)
      base::data_error("{} has {} numbers; the others have {}", name, values.size(), block.width);
    for (const double v : values) {
      if (!std::isfinite(v) || std::abs(v) > 3e38) return;  // a vector with a hole is no vector
    }
    block.present[size_t(i)] = 1;
    for (int64_t k = 0; k < block.width; ++k) block.value[size_t(i * block.width + k)] = float(values[size_t(k)]);
  }

  Mapping mapping_;
  MappedFiles files_;
  BadRows& bad_;
  mutable std::map<std::string, Marks> marks_;  // by scalar
  std::vector<TableCells> tables_;
  std::vector<std::string> names_;
  std::map<std::string, UnitConversion> conversions_;
  std::map<std::string, int64_t> widths_;
  std::vector<Row> rows_;
  bool shared_splits_ = false;
  size_t next_ = 0;
};

}  // namespace

std::unique_ptr<SurveyImport> open_mapped_table(const std::vector<fs::path>& inputs, const ImportOptions&,
                                                BadRows& bad) {
  std::vector<fs::path> mappings, tables;
  for (const auto& input : inputs) (input.extension() == ".toml" ? mappings : tables).push_back(input);
  if (mappings.size() != 1 || tables.empty())
    base::user_error("table takes one mapping file (.toml) and one or more tables; {} and {} were given",
                     mappings.size(), tables.size());
  return std::make_unique<MappedTableImport>(read_mapping(mappings[0]), mappings[0].parent_path(), tables, bad);
}

}  // namespace asterism::data
