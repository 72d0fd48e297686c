#pragma once
// From Arrow's way of failing to ours.

#include <arrow/result.h>
#include <arrow/status.h>

#include <string>
#include <utility>

namespace asterism::io {

// Throws a DataError "<where>: <what Arrow says>" when `status` is a failure.
void check_arrow(const arrow::Status& status, const std::string& where);

// The value of a result, or a DataError as above.
template <class T>
T need_arrow(arrow::Result<T> result, const std::string& where) {
  check_arrow(result.status(), where);
  return std::move(result).ValueUnsafe();
}

// Runs `body`; what Arrow, Parquet or the memory allocator throw in it becomes a DataError that says `where`.
[[noreturn]] void rethrow_as_data_error(const std::string& where);
template <class Body>
auto guarded(const std::string& where, Body body) {
  try {
    return body();
  } catch (...) {
    rethrow_as_data_error(where);
  }
}

}  // namespace asterism::io
