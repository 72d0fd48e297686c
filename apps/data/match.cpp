#include <fmt/core.h>

#include "apps/data/data_commands.h"
#include "apps/options.h"
#include "base/error.h"
#include "base/json_line.h"
#include "base/signals.h"
#include "data/match_tables.h"
#include "data/object_table.h"

namespace asterism::apps {
namespace {

void print_report(const data::MatchReport& report, double radius, const std::string& out, bool json) {
  if (json) {
    base::JsonLine line;
    line.add("pairs", report.pairs).add("rows", report.rows).add("out", out);
    line.add("rows_a", report.rows_a).add("rows_b", report.rows_b);
    line.add("unplaced_a", report.unplaced_a).add("unplaced_b", report.unplaced_b).add("bad_rows", report.bad);
    line.add("tiles", report.tiles);
    line.add("read_s", report.read_s).add("match_s", report.match_s).add("write_s", report.write_s);
    fmt::print("{}\n", line.str());
  } else {
    fmt::print("{} pairs within {}\" in {}", report.pairs, radius, out);
    if (report.rows != report.pairs) fmt::print(", {} rows with those that have no match", report.rows);
    fmt::print(" ({} x {} rows; read {:.2f} s, matched {:.2f} s, wrote {:.2f} s", report.rows_a, report.rows_b,
               report.read_s, report.match_s, report.write_s);
    if (report.tiles > 0) fmt::print("; {} tiles", report.tiles);
    fmt::print(")\n");
    if (report.unplaced_a + report.unplaced_b > 0)
      fmt::print("without a position: {} rows of A, {} of B\n", report.unplaced_a, report.unplaced_b);
  }
  for (const auto& note : report.notes) fmt::print(stderr, "{}\n", note);
}

void match_many(const std::vector<std::filesystem::path>& tables, const std::string& out,
                const data::MatchTablesOptions& options, bool json) {
  const auto report = data::match_objects(tables, out, options);
  if (json) {
    fmt::print("{}\n", base::JsonLine().add("objects", report.objects).add("out", out).str());
  } else {
    fmt::print("{} objects of {} tables in {}\n", report.objects, tables.size(), out);
  }
  for (const auto& note : report.notes) fmt::print(stderr, "{}\n", note);
}

void add_tables(CommandLine& line, std::vector<std::string>& paths, bool& replace) {
  line.app
      .add_option(
          "A B... OUT", paths,
          "tables: datasets, or Parquet, CSV or FITS tables with object_id, ra, dec (ICRS degrees); at last the "
          "result, .parquet or .csv")
      ->required()
      ->expected(3, 100);
  line.app.add_flag("--replace", replace, "a file that is there under the name of the result");
}

}  // namespace

int data_match(const Arguments& arguments) {
  CommandLine line("data match",
                   "Objects of A near objects of B on the sky, with their separation; of more tables, one of objects.",
                   "asterism data match boss mock pairs.parquet --radius 2 --how all --columns-a redshift");
  std::vector<std::string> paths, columns_a, columns_b;
  std::string how = "nearest", join = "inner";
  double memory_gib = 0, epoch = 0;
  data::MatchTablesOptions options;
  bool replace = false;
  add_tables(line, paths, replace);
  line.app.add_option("--radius", options.match.radius_arcsec, "arcseconds, up to 324000 (90 degrees)")
      ->capture_default_str()
      ->check(CLI::Range(0.0, data::kMaxRadiusArcsec));
  auto* how_option = line.app.add_option("--how", how, "nearest: each A with its nearest B; all: every pair")
                         ->capture_default_str()
                         ->check(CLI::IsMember({"nearest", "all"}));
  auto* mutual = line.app.add_flag("--mutual", options.mutual, "only pairs in which each is the nearest of the other");
  line.app.add_option("--join", join, "inner: pairs; left: also rows of A without a match; outer: those of B too")
      ->capture_default_str()
      ->check(CLI::IsMember({"inner", "left", "outer"}));
  auto* of_a = line.app.add_option("--columns-a", columns_a, "columns of A to carry over, a,b,...");
  auto* of_b = line.app.add_option("--columns-b", columns_b, "columns of B to carry over");
  auto* epoch_option = line.app
                           .add_option("--epoch", epoch,
                                       "year for which rows with pmra, pmdec, ref_epoch are compared; without it the "
                                       "epoch of the other table")
                           ->check(CLI::Range(1800.0, 2200.0));
  line.app.add_option("--max-bad", options.max_bad, "rows with a position off the sphere that may be passed over")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  auto* memory = line.app
                     .add_option("--memory", memory_gib,
                                 "GiB to work in; larger tables go tile by tile (default: half of what is free)")
                     ->check(CLI::PositiveNumber);
  auto* resume =
      line.app.add_flag("--resume", options.resume, "go on with the tiles that a stopped run left in OUT.tiles");
  if (!line.parse(arguments)) return 0;
  base::install_stop_signals();
  options.match.nearest = how == "nearest";
  options.join = join == "left" ? data::Join::kLeft : join == "outer" ? data::Join::kOuter : data::Join::kInner;
  options.columns_a = split_commas(columns_a);
  options.columns_b = split_commas(columns_b);
  if (*epoch_option) options.epoch_yr = epoch;
  if (*memory) options.memory_bytes = int64_t(memory_gib * double(int64_t{1} << 30));
  const std::string out = paths.back();
  paths.pop_back();
  check_output(paths, out, replace);
  if (paths.size() > 2) {
    for (const auto* option : {of_a, of_b, how_option, mutual, resume}) {
      if (*option) base::user_error("{} is for two tables; more of them make a table of objects", option->get_name());
    }
    match_many({paths.begin(), paths.end()}, out, options, line.json);
    return 0;
  }
  print_report(data::match_tables(paths[0], paths[1], out, options), options.match.radius_arcsec, out, line.json);
  return 0;
}

}  // namespace asterism::apps
