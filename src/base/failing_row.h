#pragma once
// Which of many rows it is that something fails at, found after it failed.

#include <cstdint>
#include <functional>
#include <optional>

namespace asterism::base {

// `work(first, count)` does so many rows from there, and threw a UserError or DataError for (0, rows): the first row
// that it fails at, found by halving, with the work of about one more pass. Nothing where the fault is no single row's:
// no row fails, or the first and the last of several do. What else is thrown passes through.
std::optional<int64_t> failing_row(int64_t rows, const std::function<void(int64_t first, int64_t count)>& work);

}  // namespace asterism::base
