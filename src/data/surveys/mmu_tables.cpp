#include "data/surveys/mmu_tables.h"

#include <arrow/api.h>

#include <algorithm>

#include "base/error.h"
#include "base/log.h"
#include "data/hats_read.h"
#include "data/surveys/mmu_hdf5.h"
#include "data/surveys/row_import.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kBatchBytes = int64_t{64} << 20, kMostRows = 1024;

class Hdf5Tables : public MmuTables {
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

class ParquetTables : public MmuTables {
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

}  // namespace

bool is_hdf5_name(const std::string& name) { return name.ends_with(".hdf5") || name.ends_with(".h5"); }

std::unique_ptr<MmuTables> open_mmu_tables(const std::vector<fs::path>& inputs) {
  bool hdf5 = false;
  for (const auto& input : inputs) {
    if (fs::is_regular_file(input)) hdf5 = hdf5 || is_hdf5_name(input.filename().string());
    if (!fs::is_directory(input)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(input))
      hdf5 = hdf5 || (entry.is_regular_file() && is_hdf5_name(entry.path().filename().string()));
  }
  if (hdf5) return std::make_unique<Hdf5Tables>(files_of(inputs, is_hdf5_name, "HDF5 files"));
  return std::make_unique<ParquetTables>(inputs);
}

std::unique_ptr<MmuTables> mmu_tables_of(io::Hdf5File file) { return std::make_unique<Hdf5Tables>(std::move(file)); }

}  // namespace asterism::data
