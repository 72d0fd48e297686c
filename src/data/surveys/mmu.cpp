#include "data/surveys/mmu.h"

#include <arrow/api.h>

#include <algorithm>
#include <unordered_set>

#include "base/error.h"
#include "base/log.h"
#include "data/batch_table.h"
#include "data/mmu_layout.h"
#include "data/mmu_surveys.h"
#include "data/mmu_unfold.h"
#include "data/surveys/mmu_adapter.h"
#include "data/surveys/mmu_light_curves.h"
#include "data/surveys/mmu_tables.h"
#include "modalities/all.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;

class MmuImport : public SurveyImport {
 public:
  MmuImport(std::unique_ptr<MmuTables> tables, std::string path, BadRows& bad)
      : tables_(std::move(tables)), path_(std::move(path)), bad_(bad), unfolding_(*tables_->schema()) {
    const auto& schema = unfolding_.schema();
    survey_ = mmu_survey(*schema, path_);
    layout_ = mmu_layout(*schema, survey_ == "unknown" ? path_ : survey_);
    if (layout_.id_column.empty() && schema->GetFieldIndex("name") >= 0) layout_.id_column = "name";
    if (layout_.modalities.empty()) base::data_error("{}: no column of a known kind", path_);
    if (survey_ == "unknown") warn_of_units();
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
  void warn_of_units() const {
    std::vector<std::string> names;
    for (const auto& column : layout_.modalities)
      if (const auto* known = modalities::find(column.modality);
          known != nullptr && column.kind == "scalar" && !known->unit.empty() && column.unit.empty())
        names.push_back(column.modality);
    if (!names.empty())
      base::log_warning(
          "{} is of no survey that is known, and does not say what {} {} in: no unit is assumed. 'asterism data import "
          "table MAPPING {} OUT' takes one that says it",
          path_, base::quoted_list(names), names.size() > 1 ? "are" : "is", path_);
  }

  // All rows at once, or, where one of them is bad, row by row.
  modalities::Batch read(const MmuTables::Part& part) {
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

  modalities::Batch converted(const std::shared_ptr<arrow::Table>& rows, const MmuTables::Part& part) const {
    auto batch = from_table(*unfolding_.unfold(*rows, part.where), layout_, {}, part.where, part.first);
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

  std::unique_ptr<MmuTables> tables_;
  std::string path_, survey_;
  BadRows& bad_;
  MmuUnfolding unfolding_;
  Layout layout_;
  std::unordered_set<uint64_t> seen_;
  int64_t repeats_ = 0;
};

}  // namespace

std::unique_ptr<SurveyImport> open_mmu(const std::vector<fs::path>& inputs, const ImportOptions&, BadRows& bad) {
  const std::string path = fs::absolute(inputs.at(0)).lexically_normal().string();
  auto tables = open_mmu_tables(inputs);
  const std::string survey = mmu_survey(*tables->schema(), path);
  if (survey == "plasticc") return import_plasticc(std::move(tables), bad);
  if (survey == "tess") return import_tess(std::move(tables), bad);
  return std::make_unique<MmuImport>(std::move(tables), path, bad);
}

std::unique_ptr<SurveyImport> import_mmu(io::Hdf5File file, BadRows& bad) {
  const std::string name = file.name();
  return std::make_unique<MmuImport>(mmu_tables_of(std::move(file)), name, bad);
}

}  // namespace asterism::data
