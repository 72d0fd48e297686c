#include "infer/bins_file.h"

#include <arrow/api.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "base/error.h"
#include "io/json.h"

namespace asterism::infer {

void write_bins(const arrow::Schema& schema, const std::filesystem::path& folder) {
  for (const auto& field : schema.fields()) {
    const auto metadata = field->metadata();
    const int at = metadata ? metadata->FindKey("asterism:edges") : -1;
    if (at < 0) continue;
    const auto edges = io::parse_json(metadata->value(at), field->name());
    std::string text = "low,high\n";
    for (size_t i = 0; i + 1 < edges.size(); ++i) {
      if (!edges[i].is_number() || !edges[i + 1].is_number())
        base::data_error("'{}': asterism:edges holds {}, which is no number", field->name(), edges[i].dump());
      text += fmt::format("{},{}\n", edges[i].get<double>(), edges[i + 1].get<double>());
    }
    base::write_text(folder / (field->name() + "_bins.csv"), text);
  }
}

}  // namespace asterism::infer
