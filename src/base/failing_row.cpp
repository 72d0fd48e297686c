#include "base/failing_row.h"

#include "base/error.h"

namespace asterism::base {

std::optional<int64_t> failing_row(int64_t rows, const std::function<void(int64_t first, int64_t count)>& work) {
  const auto fails = [&](int64_t first, int64_t count) {
    try {
      work(first, count);
      return false;
    } catch (const UserError&) {
      return true;
    } catch (const DataError&) {
      return true;
    }
  };
  int64_t low = 0, high = rows;  // rows before `low` pass
  while (high - low > 1) {
    const int64_t middle = low + (high - low) / 2;
    (fails(low, middle - low) ? high : low) = middle;
  }
  if (rows < 1 || !fails(low, 1)) return std::nullopt;
  if (low == 0 && rows > 1 && fails(rows - 1, 1)) return std::nullopt;
  return low;
}

}  // namespace asterism::base
