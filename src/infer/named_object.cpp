#include "infer/named_object.h"

#include <fmt/format.h>

#include <numeric>

#include "base/error.h"
#include "base/failing_row.h"

namespace asterism::infer {

NewColumns with_object_named(const BatchFunction& function, const modalities::Batch& batch) {
  const auto of_object = [&]() -> std::string {
    const auto row = base::failing_row(batch.size(), [&](int64_t first, int64_t count) {
      std::vector<int64_t> rows(static_cast<size_t>(count));
      std::iota(rows.begin(), rows.end(), first);
      function(modalities::select(batch, rows));
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
  }
}

}  // namespace asterism::infer
