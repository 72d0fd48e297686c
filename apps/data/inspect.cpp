#include "data/inspect.h"

#include <fmt/core.h>
#include <unistd.h>

#include "apps/data/data_commands.h"
#include "apps/options.h"
#include "base/json_line.h"
#include "base/signals.h"
#include "data/citation.h"
#include "data/inspect_page.h"
#include "data/object_json.h"
#include "data/terminal_drawing.h"

namespace asterism::apps {

int data_inspect(const Arguments& arguments) {
  CommandLine line("data inspect",
                   "What is in a dataset: rows, columns, units, presence, ranges, and what looks wrong.",
                   "asterism data inspect mock --html mock.html");
  std::string path, object, html;
  bool cite = false;
  line.app.add_option("DATASET", path, "a dataset, HATS catalogue or Parquet file")->required();
  auto* drawn = line.app.add_option("--object", object, "draw this object on the terminal: ID or SURVEY/ID");
  auto* page = line.app.add_option("--html", html, "also write a page with sky map, histograms, images and spectra");
  line.app.add_flag("--cite", cite, "print how to cite and acknowledge the data, as BibTeX, and nothing else")
      ->excludes(drawn)
      ->excludes(page);
  drawn->excludes(page);
  if (!line.parse(arguments)) return 0;
  base::install_stop_signals();
  const auto dataset = data::HatsReader::open(path);
  if (cite) {
    if (line.json)
      fmt::print("{}\n", base::JsonLine().add("bibtex", data::bibtex(dataset.info())).str());
    else
      fmt::print("{}", data::bibtex(dataset.info()));
    return 0;
  }
  if (!object.empty()) {
    const auto found = data::find_object(dataset, object);
    fmt::print("{}",
               line.json ? data::object_json(found) + "\n" : data::drawn_object(found, isatty(STDOUT_FILENO) != 0));
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
