#include "eval/questions/posterior_rows.h"

#include "base/error.h"
#include "eval/posterior.h"

namespace asterism::eval {

std::span<const double> row_of(const Posteriors& posteriors, int64_t row) {
  const auto& p = posteriors.probability_MK;
  if (!posteriors.row.empty()) row = posteriors.row.at(size_t(row));
  ASTERISM_CHECK(p.scalar_type() == at::kDouble && p.is_contiguous() && row >= 0 && row < p.size(0), "row {}", row);
  return {p.const_data_ptr<double>() + row * p.size(1), size_t(p.size(1))};
}

std::vector<double> medians_of(const Posteriors& posteriors, const std::vector<int64_t>& rows) {
  std::vector<double> out;
  out.reserve(rows.size());
  for (const int64_t row : rows) out.push_back(quantile_binned(posteriors.edges, row_of(posteriors, row), 0.5));
  return out;
}

}  // namespace asterism::eval
