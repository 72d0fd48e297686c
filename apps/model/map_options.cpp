#include "apps/model/map_options.h"

#include <fmt/core.h>

#include "base/error.h"
#include "base/json_line.h"

namespace asterism::apps {

int report_map(const infer::MapResult& result, const std::string& out, bool json) {
  if (json)
    fmt::print("{}\n", base::JsonLine()
                           .add("out", out)
                           .add("rows", result.rows)
                           .add("rows_without", result.without)
                           .add("tiles", result.tiles)
                           .add("complete", result.complete)
                           .add("interrupted", result.interrupted)
                           .add("seconds", result.seconds)
                           .str());
  else
    fmt::print("{}: {} objects in {} tiles{}, {:.1f} s{}\n", out, result.rows, result.tiles,
               result.without > 0 ? fmt::format(", {} of them with nothing to read: no value", result.without) : "",
               result.seconds,
               result.interrupted ? "; interrupted: run again with --resume"
               : !result.complete ? "; other shares are not done yet"
                                  : "");
  return result.interrupted ? base::kExitInterrupted : 0;
}

}  // namespace asterism::apps
