#pragma once
// Columns of the Multimodal Universe's tables for which mmu_layout.h has no words, as columns for which it has:
//
//   structs of numbers alone (Gaia: photometry, astrometry, gspphot ...): a column a field, called as the field is, or
//       struct_field where another column has that name (astrometry_ra)
//   Gaia's coefficients (`spectral_coefficients`, or the columns `coeff` and `coeff_error` of v1): bp_coefficients,
//       rp_coefficients and bp_coefficients_error, rp_coefficients_error, 55 each, as `data import gaia_xp` has them
//   BTSbot's `image` of fields `view` and `array`: fields `band` (ztf-science, ztf-reference, ztf-difference) and
//   `flux`

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace arrow {
class Schema;
class Table;
}  // namespace arrow

namespace asterism::data {

class MmuUnfolding {
 public:
  // Of the tables of this schema.
  explicit MmuUnfolding(const arrow::Schema& schema);
  const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }  // of the unfolded tables

  // The column of the files that a column of schema() is made of, where it is not that column itself; else "".
  std::string source(const std::string& column) const;
  // The rows of a table with all columns of the files, or some of them. DataError naming `where` and the row of
  // coefficients that are not 110 numbers.
  std::shared_ptr<arrow::Table> unfold(const arrow::Table& table, const std::string& where) const;

 private:
  std::shared_ptr<arrow::Schema> schema_;
  std::map<std::pair<std::string, std::string>, std::string> names_;  // of a column and a field of it
  std::map<std::string, std::string> sources_;
};

}  // namespace asterism::data
