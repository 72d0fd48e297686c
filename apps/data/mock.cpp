#include "data/mock.h"

#include <algorithm>

#include "apps/data/data_commands.h"
#include "apps/options.h"
#include "base/error.h"
#include "base/signals.h"
#include "sky/objects.h"
#include "sky/observe.h"

namespace asterism::apps {

int data_mock(const Arguments& arguments) {
  CommandLine line("data mock",
                   "The mock sky to a dataset: one row an object, as every survey named sees it, with its truth.",
                   "asterism data mock legacy desi --objects 1000 --seed 1 mock");
  std::vector<std::string> words;
  data::MockOptions options;
  data::HatsOptions hats;
  bool replace = false;
  line.app.add_option("SURVEY... OUT", words, "surveys, then the dataset to write:\n" + sky::what_surveys_give())
      ->required()
      ->expected(2, 100);
  line.app.add_option("--objects,-n", options.objects, "how many")->required()->check(CLI::PositiveNumber);
  line.app.add_option("--seed", options.seed, "of the sky: the same seed has the same objects")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  line.app.add_option("--first", options.first, "index of the first object")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  sky::SkySettings population;
  std::string keys;
  for (const auto& field : config::fields_of(population).fields) keys += (keys.empty() ? "" : ", ") + field->name;
  // one a time: else it takes OUT, which may follow, for another
  line.app.add_option("--set", options.population, "KEY=VALUE of the population and of how it is seen: " + keys);
  line.app.add_flag("--scalars", options.scalars_only, "fluxes and truth alone, without images and spectra");
  line.app.add_flag("--simulator", options.simulator,
                    "galaxies alone, with two more columns: 'parameters' (the truth) and 'observation' (fluxes and "
                    "errors) as vectors, for simulation-based inference");
  line.app.add_flag("--replace", replace, "replace a dataset that is there");
  if (!line.parse(arguments)) return 0;
  if (replace) hats.replace = base::Replace::yes;
  base::install_stop_signals();
  const auto known = sky::surveys();
  if (std::find(known.begin(), known.end(), words.back()) != known.end())
    base::user_error(
        "data mock: '{}' is a survey, and the last word is the dataset to write: add its name, or write './{}'",
        words.back(), words.back());
  const std::filesystem::path out = words.back();
  words.pop_back();
  options.surveys = split_commas(words);
  print_written(data::write_mock(options, out, hats), 0, {}, line.json);
  return 0;
}

}  // namespace asterism::apps
