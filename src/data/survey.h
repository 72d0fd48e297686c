#pragma once
// The socket for surveys: files of one survey become batches of objects, told their units and conventions once, here.
// One file each in surveys/, one line in surveys/all.cpp.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/dataset_info.h"
#include "modalities/block.h"

namespace asterism::data {

struct ImportOptions {
  int64_t max_bad = 10;      // rows that may be skipped before an import stops
  int64_t picture_size = 0;  // pictures are averaged down to so many pixels across; 0: kept as they are
};

// Rows that could not be used: skipped, counted, listed in bad_rows.csv of the dataset.
class BadRows {
 public:
  explicit BadRows(int64_t most) : most_(most) {}
  // DataError with the reason when there are more than allowed.
  void add(const std::string& file, const std::string& row, const std::string& reason);
  int64_t count() const { return int64_t(rows_.size()); }
  std::string csv() const;    // file,row,reason
  std::string first() const;  // in words; at least one was added
  struct Row {
    std::string file, row, reason;
  };
  const std::vector<Row>& rows() const { return rows_; }

 private:
  int64_t most_;
  std::vector<Row> rows_;
};

// An import that has begun.
class SurveyImport {
 public:
  virtual ~SurveyImport() = default;
  virtual DatasetInfo info() const = 0;
  virtual int64_t expected_rows() const = 0;  // 0: unknown
  // The next rows; nothing at the end. Every batch has the same modalities, bands and units. Rows that cannot be used
  // go to the BadRows given at the start; DataError where a whole file cannot be.
  virtual std::optional<modalities::Batch> next() = 0;
  // Where a row of the last batch was read: what BadRows calls it by. Nothing where it was put together out of several
  // places.
  struct Place {
    std::string file, row;
  };
  virtual std::optional<Place> place(int64_t row_of_batch) const {
    (void)row_of_batch;
    return std::nullopt;
  }
  // After the last rows: what was done with the data that a user should know, a sentence each.
  virtual std::vector<std::string> notes() const { return {}; }
};

struct Survey {
  const char* name;
  const char* sentence;
  const char* inputs;  // what to name on the command line
  // UserError when the inputs are not what it takes (wrong folder, no files of that kind); it says what it looked for.
  std::unique_ptr<SurveyImport> (*open)(const std::vector<std::filesystem::path>& inputs, const ImportOptions& options,
                                        BadRows& bad);
  bool pictures = false;  // of colour pictures: what ImportOptions::picture_size is for
};

// All surveys that can be imported.
std::span<const Survey> surveys();

// By name; UserError naming the nearest.
const Survey& find_survey(const std::string& name);

}  // namespace asterism::data
