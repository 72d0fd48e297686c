#include "data/surveys/mmu.h"

#include <arrow/api.h>

#include <algorithm>
#include <unordered_set>

#include "base/error.h"
#include "base/log.h"
#include "data/batch_table.h"
#include "data/hats_read.h"
#include "data/mmu_layout.h"
#include "data/surveys/mmu_adapter.h"
#include "data/surveys/mmu_hdf5.h"
#include "data/surveys/row_import.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kBatchBytes = int64_t{64} << 20, kMostRows = 1024;

bool is_hdf5(const std::string& name) { return name.ends_with(".hdf5") || name.ends_with(".h5"); }

// Where tables come from, a few rows at a time.
class Tables {
 public:
  virtual ~Tables() = default;
  virtual int64_t num_rows() const = 0;
  virtual std::shared_ptr<arrow::Schema> schema() const = 0;
  struct Part {
    std::shared_ptr<arrow::Table> rows;
    std::string where;
    int64_t first = 0;
  };
  virtual std::optional<Part> next() = 0;  // DataError: this part is lost, and the next call goes on behind it
};

class Hdf5Tables : public Tables {
 public:
  explicit Hdf5Tables(std::vector<fs::path> files) : files_(std::move(files)) {
    open();
    warn();
  }
  explicit Hdf5Tables(io::Hdf5File file) : files_{file.name()}, file_(std::make_unique<MmuHdf5>(std::move(file))) {
    schema_ = file_->schema();
    warn();
  }
  void warn() const {
    for (const auto& name : file_->left_out()) base::log_warning("{}: {} is left out", files_[0].string(), name);
  }
  int64_t num_rows() const override { return files_.size() == 1 ? file_->num_rows() : 0; }
  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }

  std::optional<Part> next() override {
    while (true) {
      if (!file_ && !open()) return std::nullopt;
      if (row_ < file_->num_rows()) break;
      file_.reset();
      ++at_;
    }
    const int64_t rows =
        std::min(std::clamp<int64_t>(kBatchBytes / file_->row_bytes(), 1, kMostRows), file_->num_rows() - row_);
    Part out{nullptr, files_[at_].string(), row_};
    row_ += rows;
    out.rows = file_->read(out.first, rows);
    return out;
  }

 private:
  bool open() {
    if (at_ >= files_.size()) return false;
    row_ = 0;
    try {
      file_ = std::make_unique<MmuHdf5>(io::Hdf5File::open(files_[at_]));
      if (!schema_) schema_ = file_->schema();
      if (!schema_->Equals(*file_->schema(), false))
        base::data_error("{}: other columns than {}", files_[at_].string(), files_[0].string());
    } catch (const base::DataError&) {
      file_.reset();
      ++at_;
      throw;
    }
    return true;
  }

  std::vector<fs::path> files_;
  size_t at_ = 0;
  int64_t row_ = 0;
  std::unique_ptr<MmuHdf5> file_;
  std::shared_ptr<arrow::Schema> schema_;
};

class ParquetTables : public Tables {
 public:
  explicit ParquetTables(const std::vector<fs::path>& inputs) {
    for (const auto& input : inputs) datasets_.push_back(HatsReader::open(input));
    for (const auto& dataset : datasets_) {
      if (!dataset.schema()->Equals(*schema(), false))
        base::data_error("{}: other columns than {}", dataset.path().string(), datasets_[0].path().string());
    }
  }
  int64_t num_rows() const override {
    int64_t out = 0;
    for (const auto& dataset : datasets_) out += dataset.num_rows();
    return out;
  }
  std::shared_ptr<arrow::Schema> schema() const override { return datasets_.front().schema(); }

  std::optional<Part> next() override {
    while (table_ == nullptr || row_ >= table_->num_rows()) {
      if (at_ < datasets_.size() && group_ >= datasets_[at_].groups().size()) ++at_, group_ = 0;
      if (at_ >= datasets_.size()) return std::nullopt;
      if (group_ >= datasets_[at_].groups().size()) continue;
      const auto& group = datasets_[at_].groups()[group_++];
      row_ = 0;
      table_ = nullptr;
      table_ = datasets_[at_].read_table(group, schema()->field_names());
      where_ = datasets_[at_].where(group);
      first_ = group.first_row;
    }
    const int64_t rows = std::min(kMostRows, table_->num_rows() - row_);
    Part out{table_->Slice(row_, rows), where_, first_ + row_};
    row_ += rows;
    return out;
  }

 private:
  std::vector<HatsReader> datasets_;
  size_t at_ = 0, group_ = 0;
  int64_t row_ = 0, first_ = 0;
  std::string where_;
  std::shared_ptr<arrow::Table> table_;
};

class MmuImport : public SurveyImport {
 public:
  MmuImport(std::unique_ptr<Tables> tables, std::string path, BadRows& bad)
      : tables_(std::move(tables)), path_(std::move(path)), bad_(bad) {
    survey_ = mmu_survey(*tables_->schema(), path_);
    layout_ = mmu_layout(*tables_->schema(), survey_ == "unknown" ? path_ : survey_);
    if (layout_.id_column.empty() && tables_->schema()->GetFieldIndex("name") >= 0) layout_.id_column = "name";
    if (layout_.modalities.empty()) base::data_error("{}: no column of a known kind", path_);
  }
  DatasetInfo info() const override { return mmu_info(survey_); }
  int64_t expected_rows() const override { return tables_->num_rows(); }

  std::optional<modalities::Batch> next() override {
    while (true) {
      try {
        auto part = tables_->next();
        if (!part) break;
        auto batch = read(*part);
        if (batch.size() > 0) return batch;
      } catch (const base::DataError& error) {
        bad_.add(path_, "", error.what());
      }
    }
    if (repeats_ > 0)
      base::log_warning("{}: {} rows repeat the id of an earlier row; the first of each was kept", path_, repeats_);
    repeats_ = 0;
    return std::nullopt;
  }

 private:
  // All rows at once, or, where one of them is bad, row by row.
  modalities::Batch read(const Tables::Part& part) {
    try {
      return unrepeated(converted(part.rows, part));
    } catch (const base::DataError&) {
      if (part.rows->num_rows() == 1) throw;
    }
    std::vector<modalities::Batch> good;
    for (int64_t row = 0; row < part.rows->num_rows(); ++row) {
      try {
        good.push_back(converted(part.rows->Slice(row, 1), {nullptr, part.where, part.first + row}));
      } catch (const base::DataError& error) {
        bad_.add(part.where, std::to_string(part.first + row), error.what());
      }
    }
    return good.empty() ? modalities::Batch{} : unrepeated(modalities::concatenate(good));
  }

  modalities::Batch converted(const std::shared_ptr<arrow::Table>& rows, const Tables::Part& part) const {
    auto batch = from_table(*rows, layout_, {}, part.where, part.first);
    adapt_mmu(survey_, path_, batch);
    modalities::check(batch);
    return batch;
  }

  modalities::Batch unrepeated(modalities::Batch batch) {
    std::vector<int64_t> fresh;
    for (int64_t i = 0; i < batch.size(); ++i) {
      if (seen_.insert(batch.objects[size_t(i)].hash()).second)
        fresh.push_back(i);
      else
        ++repeats_;
    }
    return int64_t(fresh.size()) == batch.size() ? batch : modalities::select(batch, fresh);
  }

  std::unique_ptr<Tables> tables_;
  std::string path_, survey_;
  BadRows& bad_;
  Layout layout_;
  std::unordered_set<uint64_t> seen_;
  int64_t repeats_ = 0;
};

}  // namespace

std::unique_ptr<SurveyImport> open_mmu(const std::vector<fs::path>& inputs, const ImportOptions&, BadRows& bad) {
  const std::string path = fs::absolute(inputs.at(0)).lexically_normal().string();
  bool hdf5 = false;
  for (const auto& input : inputs) {
    if (fs::is_regular_file(input)) hdf5 = hdf5 || is_hdf5(input.filename().string());
    if (!fs::is_directory(input)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(input))
      hdf5 = hdf5 || (entry.is_regular_file() && is_hdf5(entry.path().filename().string()));
  }
  std::unique_ptr<Tables> tables;
  if (hdf5)
    tables = std::make_unique<Hdf5Tables>(files_of(inputs, is_hdf5, "HDF5 files"));
  else
    tables = std::make_unique<ParquetTables>(inputs);
  return std::make_unique<MmuImport>(std::move(tables), path, bad);
}

std::unique_ptr<SurveyImport> import_mmu(io::Hdf5File file, BadRows& bad) {
  const std::string name = file.name();
  return std::make_unique<MmuImport>(std::make_unique<Hdf5Tables>(std::move(file)), name, bad);
}

}  // namespace asterism::data
