#pragma once
// An import whose rows are read one by one, so that a bad one costs a row and not the file; and what such imports
// share.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "astro/sphere.h"
#include "data/survey.h"

namespace asterism::data {

class RowImport : public SurveyImport {
 public:
  int64_t expected_rows() const override { return rows_; }
  std::optional<modalities::Batch> next() override;
  std::optional<Place> place(int64_t row_of_batch) const override {
    return place_of(batch_rows_[size_t(row_of_batch)]);
  }

 protected:
  // rows: how many there are to read; per_batch: how many are joined at a time.
  RowImport(BadRows& bad, int64_t per_batch) : bad_(bad), per_batch_(per_batch) {}
  void set_rows(int64_t rows) { rows_ = rows; }
  // A batch of one object. DataError: the row is bad.
  virtual modalities::Batch read_row(int64_t row) = 0;
  virtual Place place_of(int64_t row) const = 0;  // as bad_rows.csv names it
  BadRows& bad() { return bad_; }

 private:
  BadRows& bad_;
  int64_t per_batch_, rows_ = 0, next_ = 0;
  std::vector<int64_t> batch_rows_;           // what the rows of the last batch were read from
  std::optional<modalities::Batch> example_;  // the first row, emptied: what the others must be like
};

// Files among the inputs: a file named is taken as it is; of a folder (and those inside it) every file for which `fits`
// says so, by name. Sorted. UserError naming `wanted` when there is none, or an input does not exist.
std::vector<std::filesystem::path> files_of(const std::vector<std::filesystem::path>& inputs,
                                            bool (*fits)(const std::string& name), std::string_view wanted);

// A checked ICRS position: ra in [-360, 720) brought into [0, 360), dec in [-90, 90]. DataError beginning with `where`
// for NaN and anything else.
astro::SkyPosition checked_position(double ra_deg, double dec_deg, const std::string& where);

// `relative` (out of a table) as a file inside `folder`. DataError for absolute paths, "..", and missing files.
std::filesystem::path file_inside(const std::filesystem::path& folder, const std::string& relative,
                                  const std::string& where);

// Ids as text: the published form b'  123' loses its wrapping, and blanks at both ends go.
std::string plain_id(std::string text);

}  // namespace asterism::data
