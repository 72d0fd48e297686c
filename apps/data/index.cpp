#include <fmt/core.h>

#include "apps/commands.h"
#include "apps/options.h"
#include "base/apart.h"
#include "base/error.h"
#include "base/json_line.h"
#include "base/signals.h"
#include "similar/index_check.h"
#include "similar/object_index.h"

namespace asterism::apps {
namespace {

int report(const std::string& index, uint64_t rows, const std::string& words, bool json) {
  if (json)
    fmt::print("{}\n", base::JsonLine().add("index", index).add("rows", int64_t(rows)).str());
  else
    fmt::print("{}: {} objects{}{}\n", index, rows, words.empty() ? "" : ", ", words);
  return 0;
}

}  // namespace

int index_command(const Arguments& arguments) {
  CommandLine line("index", "Makes a search index of a dataset's vectors.",
                   "asterism index out/vectors out/index --pictures out/sky\n  asterism index --check out/index");
  similar::BuildOptions options;
  std::string out, check, metric = "cosine";
  bool replace = false;
  line.app.add_option("VECTORS", options.vectors, "dataset with a vector column, from 'asterism embed'");
  line.app.add_option("OUT", out, "folder to make");
  line.app.add_option("--check", check, "instead: read everything in this index and compare it with its checksums");
  line.app.add_option("--column", options.column, "of the vectors, where there are several");
  line.app.add_option("--pictures", options.pictures,
                      "dataset with images or spectra of the same objects, for thumbnails");
  line.app.add_option("--kind", options.kind, "of index: exact, or hnsw (approximate, for millions)")
      ->capture_default_str();
  line.app.add_option("--metric", metric, "cosine, inner_product or l2")->capture_default_str();
  line.app.add_flag("--replace", replace, "an existing OUT");
  if (!line.parse(arguments)) return 0;
  base::install_stop_signals();
  if (!check.empty()) {
    if (!options.vectors.empty()) base::user_error("index --check looks at {} alone: leave the rest away.", check);
    for (const auto& option : told_options(line.app))
      if (option.starts_with("--") && option != "--check" && option != "--json" && option != "--quiet" &&
          option != "--verbose")
        base::user_error("index --check looks at {} alone: leave {} away.", check, option);
    return report(check, similar::check_object_index(check), "as they were written", line.json);
  }
  if (out.empty())
    base::user_error("index needs VECTORS and OUT, or --check INDEX. 'asterism index --help' tells more.");
  base::check_apart(options.vectors, out);
  base::check_apart(options.pictures, out);
  options.metric = search::metric_named(metric);
  options.replace = replace ? base::Replace::yes : base::Replace::no;
  return report(out, similar::build_object_index(options, out), "", line.json);
}

}  // namespace asterism::apps
