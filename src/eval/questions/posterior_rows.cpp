#include "eval/questions/posterior_rows.h"

#include "base/error.h"
#include "eval/posterior.h"

namespace asterism::eval {

namespace {

// Where in probability_MK and in `continuous` an object is.
size_t place_of(const Posteriors& posteriors, int64_t row) {
  if (!posteriors.row.empty()) row = posteriors.row.at(size_t(row));
  ASTERISM_CHECK(row >= 0 && row < posteriors.probability_MK.size(0), "row {}", row);
  return size_t(row);
}

bool are_continuous(const Posteriors& posteriors) { return !posteriors.continuous.median.empty(); }

}  // namespace

std::span<const double> row_of(const Posteriors& posteriors, int64_t row) {
  const auto& p = posteriors.probability_MK;
  ASTERISM_CHECK(p.scalar_type() == at::kDouble && p.is_contiguous(), "probabilities of another type");
  return {p.const_data_ptr<double>() + int64_t(place_of(posteriors, row)) * p.size(1), size_t(p.size(1))};
}

std::vector<double> medians_of(const Posteriors& posteriors, const std::vector<int64_t>& rows) {
  std::vector<double> out;
  out.reserve(rows.size());
  for (const int64_t row : rows)
    out.push_back(are_continuous(posteriors) ? posteriors.continuous.median.at(place_of(posteriors, row))
                                             : quantile_binned(posteriors.edges, row_of(posteriors, row), 0.5));
  return out;
}

AtTruth at_truth(const Posteriors& posteriors, const std::vector<int64_t>& rows, const std::vector<double>& truths) {
  ASTERISM_CHECK(rows.size() == truths.size(), "{} truths of {} objects", truths.size(), rows.size());
  AtTruth out;
  out.median = medians_of(posteriors, rows);
  for (size_t i = 0; i < rows.size(); ++i) {
    if (are_continuous(posteriors)) {
      const auto& known = posteriors.continuous;
      const size_t at = place_of(posteriors, rows[i]);
      out.pit.push_back(known.pit.at(at));
      out.crps.push_back(known.crps.at(at));
      out.log_density.push_back(known.log_density.at(at));
      continue;
    }
    const auto row = row_of(posteriors, rows[i]);
    out.pit.push_back(pit_binned(posteriors.edges, row, truths[i]));
    out.crps.push_back(crps_binned(posteriors.edges, row, truths[i]));
    out.log_density.push_back(log_density_binned(posteriors.edges, row, truths[i], kLeastLogDensity));
  }
  return out;
}

}  // namespace asterism::eval
