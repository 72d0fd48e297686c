#include <fmt/core.h>

#include "apps/data/data_commands.h"
#include "apps/options.h"
#include "base/error.h"
#include "base/json_line.h"
#include "base/signals.h"
#include "data/match_tables.h"

namespace asterism::apps {

int data_match(const Arguments& arguments) {
  CommandLine line("data match", "Objects of A near objects of B on the sky: pairs with their separation.",
                   "asterism data match boss mock pairs.parquet --radius 2 --how all --columns-a redshift");
  std::string a, b, out, how = "nearest";
  data::MatchTablesOptions options;
  std::vector<std::string> columns_a, columns_b;
  line.app.add_option("A", a, "dataset, or a Parquet, CSV or FITS table with object_id, ra, dec (ICRS degrees)")
      ->required();
  line.app.add_option("B", b, "the same")->required();
  line.app.add_option("OUT", out, "pairs: .parquet or .csv")->required();
  line.app.add_option("--radius", options.match.radius_arcsec, "arcseconds, up to 3600")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 3600.0));
  line.app.add_option("--how", how, "nearest: each A with its nearest B; all: every pair")
      ->capture_default_str()
      ->check(CLI::IsMember({"nearest", "all"}));
  line.app.add_option("--columns-a", columns_a, "scalars of A to carry over, a,b,...");
  line.app.add_option("--columns-b", columns_b, "scalars of B to carry over");
  if (!line.parse(arguments)) return 0;
  base::install_stop_signals();
  options.match.nearest = how == "nearest";
  options.columns_a = split_commas(columns_a);
  options.columns_b = split_commas(columns_b);
  const int64_t pairs = data::match_tables(a, b, out, options);
  if (line.json) {
    fmt::print("{}\n", base::JsonLine().add("pairs", pairs).add("out", out).str());
  } else {
    fmt::print("{} pairs within {}\" in {}\n", pairs, options.match.radius_arcsec, out);
  }
  return 0;
}

}  // namespace asterism::apps
