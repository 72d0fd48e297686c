#include "data/inspect.h"

#include <fmt/core.h>
#include <unistd.h>

#include "apps/data/data_commands.h"
#include "apps/options.h"
#include "base/json_line.h"
#include "base/signals.h"
#include "data/inspect_page.h"
#include "data/terminal_drawing.h"

namespace asterism::apps {

int data_inspect(const Arguments& arguments) {
  CommandLine line("data inspect",
                   "What is in a dataset: rows, columns, units, presence, ranges, and what looks wrong.",
                   "asterism data inspect mock --html mock.html");
  std::string path, object, html;
  bool cite = false;
  line.app.add_option("DATASET", path, "a dataset, HATS catalogue or Parquet file")->required();
  line.app.add_option("--object", object, "draw this object on the terminal: ID or SURVEY/ID");
  line.app.add_option("--html", html, "also write a page with sky map, histograms, images and spectra");
  line.app.add_flag("--cite", cite, "print how to cite and acknowledge the data, and nothing else");
  if (!line.parse(arguments)) return 0;
  base::install_stop_signals();
  const auto dataset = data::HatsReader::open(path);
  if (cite) {
    const auto info = dataset.info();
    fmt::print("{}\n", info.citation.empty() ? "The dataset states no citation." : info.citation);
    if (!info.acknowledgement.empty()) fmt::print("% {}\n", info.acknowledgement);
    return 0;
  }
  if (!object.empty()) {
    fmt::print("{}", data::drawn_object(data::find_object(dataset, object), isatty(STDOUT_FILENO) != 0));
    return 0;
  }
  const auto report = data::inspect(dataset);
  fmt::print("{}", line.json ? data::report_json(report) + "\n" : data::report_text(report));
  if (!html.empty()) {
    data::write_inspect_page(dataset, report, html);
    if (!line.json) fmt::print("page: {}\n", html);
  }
  return 0;
}

}  // namespace asterism::apps
