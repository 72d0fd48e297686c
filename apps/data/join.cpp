#include "data/join.h"

#include <fmt/ranges.h>

#include "apps/data/data_commands.h"
#include "apps/options.h"
#include "base/apart.h"
#include "base/log.h"
#include "base/signals.h"
#include "data/match.h"

namespace asterism::apps {

int data_join(const Arguments& arguments) {
  CommandLine line("data join",
                   "Two datasets of the same objects to one: those of A with what B observed of them, by position.",
                   "asterism data join mock radio both --radius 2");
  std::string a, b, out;
  std::vector<std::string> names;
  data::JoinOptions options;
  data::HatsOptions hats;
  bool replace = false;
  line.app.add_option("A", a, "a dataset; ids and sides of the split are its own")->required();
  line.app.add_option("B", b, "another")->required();
  line.app.add_option("OUT", out, "the dataset to write")->required();
  line.app
      .add_option("--radius", options.radius_arcsec,
                  "arcseconds within which two objects are one, each being the nearest of the other")
      ->capture_default_str()
      ->check(CLI::Range(0.0, data::kMaxRadiusArcsec));
  line.app.add_flag("--all", options.all, "objects of A without a match too");
  line.app.add_option("--modalities", names, "of B, a,b,...; default: those that A has not");
  line.app.add_option("--margin", hats.margin_arcsec, "margin cache in arcseconds; 0 for none")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 7200.0));
  line.app.add_flag("--replace", replace, "replace a dataset that is there");
  if (!line.parse(arguments)) return 0;
  if (replace) hats.replace = base::Replace::yes;
  base::install_stop_signals();
  for (const auto& in : {a, b}) base::check_apart(in, out);
  options.modalities = split_names("--modalities", names);
  const auto joined = data::join_datasets(a, b, out, options, hats);
  if (!joined.of_a.empty()) base::log_warning("both have {}: those of {} were taken", fmt::join(joined.of_a, ", "), a);
  if (!joined.left_out.empty())
    base::log_warning("left out, being no modalities: {}", fmt::join(joined.left_out, ", "));
  print_written(joined.dataset, 0, {fmt::format("{} objects with a match", joined.matched)}, line.json);
  return 0;
}

}  // namespace asterism::apps
