#include "data/import.h"

#include <fmt/core.h>

#include "apps/data/data_commands.h"
#include "apps/options.h"
#include "base/apart.h"
#include "base/error.h"
#include "base/json_line.h"
#include "base/signals.h"
#include "data/survey.h"

namespace asterism::apps {

void print_written(const data::WrittenDataset& written, int64_t bad_rows, const std::vector<std::string>& notes,
                   bool json) {
  if (json) {
    base::JsonLine line;
    line.add("dataset", written.path.string()).add("rows", written.rows).add("unplaced_rows", written.unplaced_rows);
    line.add("partitions", written.partitions).add("margin_rows", written.margin_rows).add("bytes", written.bytes);
    line.add("bad_rows", bad_rows).add("data_sha256", written.data_hash);
    std::string list;
    for (const auto& note : notes) list += (list.empty() ? "" : ",") + base::json_quote(note);
    if (!notes.empty()) line.add_raw("notes", "[" + list + "]");
    fmt::print("{}\n", line.str());
    return;
  }
  fmt::print("{}: {} rows in {} partitions, {:.1f} MB", written.path.string(), written.rows, written.partitions,
             double(written.bytes) / 1e6);
  if (written.unplaced_rows > 0)
    fmt::print(", {} of them without a position (in unplaced/, where LSDB does not look)", written.unplaced_rows);
  if (bad_rows > 0) fmt::print("; {} bad rows skipped, see {}", bad_rows, (written.path / "bad_rows.csv").string());
  fmt::print("\n");
  for (const auto& note : notes) fmt::print("  {}\n", note);
}

int data_import(const Arguments& arguments) {
  CommandLine line("data import",
                   "Survey files to a dataset (a HATS collection) that LSDB, pandas and DuckDB open too.",
                   "asterism data import boss spectra/ boss");
  std::string survey, surveys = "survey to import:";
  for (const auto& entry : data::surveys())
    surveys += fmt::format("\n  {}: {} (takes {})", entry.name, entry.sentence, entry.inputs);
  std::vector<std::string> paths;
  data::ImportOptions options;
  data::HatsOptions hats;
  std::vector<std::string> with;
  bool replace = false;
  line.app.add_option("SURVEY", survey, surveys)->required();
  line.app.add_option("IN... OUT", paths, "files or folders of the survey, then the dataset to write")
      ->required()
      ->expected(2, 1000000);
  line.app.add_option("--max-bad", options.max_bad, "rows that may be skipped as unusable before the import stops")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  auto* size = line.app
                   .add_option("--picture-size", options.picture_size,
                               "average pictures down to so many pixels across; 0 keeps them")
                   ->capture_default_str()
                   ->check(CLI::Range(0, 65536));
  line.app.add_option("--with", with, "only rows that have all of these modalities, a,b,...: pairs, say");
  line.app.add_option("--margin", hats.margin_arcsec, "margin cache in arcseconds; 0 for none")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 7200.0));
  line.app.add_flag("--replace", replace, "replace a dataset that is there");
  if (!line.parse(arguments)) return 0;
  if (*size && !data::find_survey(survey).pictures)
    base::user_error("--picture-size is of colour pictures, which '{}' has not: leave it out", survey);
  if (replace) hats.replace = base::Replace::yes;
  base::install_stop_signals();
  const std::filesystem::path out = paths.back();
  for (auto in = paths.begin(); in + 1 != paths.end(); ++in) base::check_apart(*in, out);
  const auto imported =
      data::import_survey(survey, {paths.begin(), paths.end() - 1}, out, options, hats, split_commas(with));
  print_written(imported.dataset, imported.bad_rows, imported.notes, line.json);
  return 0;
}

}  // namespace asterism::apps
