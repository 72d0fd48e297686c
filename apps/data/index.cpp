#include <fmt/core.h>

#include "apps/commands.h"
#include "apps/options.h"
#include "base/json_line.h"
#include "similar/object_index.h"

namespace asterism::apps {

int index_command(const Arguments& arguments) {
  CommandLine line("index", "Makes a search index of a dataset's vectors.",
                   "asterism index out/vectors out/index --pictures out/sky");
  similar::BuildOptions options;
  std::string out, metric = "cosine";
  bool replace = false;
  line.app.add_option("VECTORS", options.vectors, "dataset with a vector column, from 'asterism embed'")->required();
  line.app.add_option("OUT", out, "folder to make")->required();
  line.app.add_option("--column", options.column, "of the vectors, where there are several");
  line.app.add_option("--pictures", options.pictures,
                      "dataset with images or spectra of the same objects, for thumbnails");
  line.app.add_option("--kind", options.kind, "of index")->capture_default_str();
  line.app.add_option("--metric", metric, "cosine, inner_product or l2")->capture_default_str();
  line.app.add_flag("--replace", replace, "an existing OUT");
  if (!line.parse(arguments)) return 0;
  options.metric = search::metric_named(metric);
  options.replace = replace ? base::Replace::yes : base::Replace::no;
  const uint64_t rows = similar::build_object_index(options, out);
  if (line.json)
    fmt::print("{}\n", base::JsonLine().add("index", out).add("rows", int64_t(rows)).str());
  else
    fmt::print("{}: {} objects\n", out, rows);
  return 0;
}

}  // namespace asterism::apps
