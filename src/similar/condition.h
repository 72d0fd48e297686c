#pragma once
// Conditions on columns, as text: "redshift < 0.1 and flux_r >= 20". A row whose value is missing fulfils none.

#include <string>
#include <string_view>
#include <vector>

namespace asterism::similar {

enum class Comparison { less, less_equal, greater, greater_equal, equal, not_equal };

struct Condition {
  std::string column;
  Comparison comparison = Comparison::equal;
  double value = 0;
  bool holds(double x) const;  // false for NaN
};

// Comparisons joined by "and" or commas; < <= > >= == (or =) !=; numbers as in C. UserError that quotes the place where
// the text stops making sense. An empty text has no conditions.
std::vector<Condition> parse_conditions(std::string_view text);

}  // namespace asterism::similar
