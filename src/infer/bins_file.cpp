#include "infer/bins_file.h"

#include <arrow/api.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "io/json.h"

namespace asterism::infer {

namespace {

// JSON has no infinity: such an edge is null there, and empty here.
std::string number(const nlohmann::json& edge) { return edge.is_number() ? fmt::format("{}", edge.get<double>()) : ""; }

}  // namespace

void write_bins(const arrow::Schema& schema, const std::filesystem::path& folder) {
  for (const auto& field : schema.fields()) {
    const auto metadata = field->metadata();
    const int at = metadata ? metadata->FindKey("asterism:edges") : -1;
    if (at < 0) continue;
    const auto edges = io::parse_json(metadata->value(at), field->name());
    std::string text = "low,high\n";
    for (size_t i = 0; i + 1 < edges.size(); ++i) text += number(edges[i]) + "," + number(edges[i + 1]) + "\n";
    base::write_text(folder / (field->name() + "_bins.csv"), text);
  }
}

}  // namespace asterism::infer
