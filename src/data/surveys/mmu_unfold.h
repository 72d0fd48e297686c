#pragma once
// Columns of the Multimodal Universe's tables for which mmu_layout.h has no words, as columns for which it has:
//
//   structs of numbers alone (Gaia: photometry, astrometry, gspphot ...): a column a field, called as the field is, or
//       struct_field where another column has that name (astrometry_ra)
//   Gaia's coefficients (`spectral_coefficients`, or the columns `coeff` and `coeff_error` of v1): bp_coefficients,
//       rp_coefficients and bp_coefficients_error, rp_coefficients_error, 55 each, as `data import gaia_xp` has them
//   BTSbot's `image` of fields `view` and `array`: fields `band` (ztf-science, ztf-reference, ztf-difference) and
//   `flux`

#include <memory>
#include <string>

namespace arrow {
class Schema;
class Table;
}  // namespace arrow

namespace asterism::data {

// The same rows. DataError naming `where` and the row of coefficients that are not 110 numbers.
std::shared_ptr<arrow::Table> mmu_unfolded(const std::shared_ptr<arrow::Table>& table, const std::string& where);
std::shared_ptr<arrow::Schema> mmu_unfolded(const std::shared_ptr<arrow::Schema>& schema);

}  // namespace asterism::data
