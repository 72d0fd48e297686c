#include "search/recall.h"

#include <algorithm>
#include <limits>

#include "base/error.h"

namespace asterism::search {

double recall_at(size_t k, const Neighbours& found, const Neighbours& exact) {
  ASTERISM_CHECK(found.queries == exact.queries, "{} queries against {}", found.queries, exact.queries);
  ASTERISM_CHECK(k >= 1 && found.k >= k && exact.k >= k, "k {} of {} and {}", k, found.k, exact.k);
  double sum = 0;
  size_t asked = 0;
  for (size_t q = 0; q < exact.queries; ++q) {
    const auto wanted = exact.rows_of(q).first(k), got = found.rows_of(q).first(k);
    const auto there = size_t(std::count_if(wanted.begin(), wanted.end(), [](uint64_t row) { return row != kNoRow; }));
    if (there == 0) continue;
    const auto hits = std::count_if(wanted.begin(), wanted.end(), [&](uint64_t row) {
      return row != kNoRow && std::find(got.begin(), got.end(), row) != got.end();
    });
    sum += double(hits) / double(there);
    ++asked;
  }
  return asked > 0 ? sum / double(asked) : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace asterism::search
