#include "infer/named_object.h"

#include <c10/util/Exception.h>
#include <fmt/format.h>

#include <numeric>
#include <stdexcept>

#include "base/error.h"
#include "base/failing_row.h"

namespace asterism::infer {

namespace {

bool ran_out_of_memory(const c10::Error& error) {
  return dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr ||
         std::string(error.what_without_backtrace()).find("can't allocate memory") != std::string::npos;
}

}  // namespace

NewColumns with_object_named(const BatchFunction& function, const modalities::Batch& batch) {
  const auto of_object = [&]() -> std::string {
    const auto row = base::failing_row(batch.size(), [&](int64_t first, int64_t count) {
      std::vector<int64_t> rows(static_cast<size_t>(count));
      std::iota(rows.begin(), rows.end(), first);
      try {
        function(modalities::select(batch, rows));
      } catch (const c10::Error& error) {
        base::data_error("{}", error.what_without_backtrace());
      }
    });
    if (!row) return "";
    const auto& object = batch.objects[size_t(*row)];
    return fmt::format(" (object {}/{})", object.survey, object.id);
  };
  try {
    return function(batch);
  } catch (const base::UserError& error) {
    throw base::UserError(error.what() + of_object());
  } catch (const base::DataError& error) {
    throw base::DataError(error.what() + of_object());
  } catch (const c10::Error& error) {
    if (ran_out_of_memory(error)) throw;  // no object's fault
    throw std::runtime_error(error.what_without_backtrace() + of_object());
  }
}

}  // namespace asterism::infer
