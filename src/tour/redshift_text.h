#pragma once
// A redshift as the report's captions write it.

#include <fmt/format.h>

#include <cmath>
#include <string>

namespace asterism::tour {

// Three decimals; stars approaching us have 0.000, not "-0.000".
inline std::string redshift_text(double redshift) {
  return fmt::format("{:.3f}", std::abs(redshift) < 0.0005 ? 0.0 : redshift);
}

}  // namespace asterism::tour
