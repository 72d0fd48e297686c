#include "tour/tour.h"

#include "apps/commands.h"
#include "apps/options.h"
#include "base/apart.h"
#include "base/signals.h"

namespace asterism::apps {

int tour_command(const Arguments& arguments) {
  CommandLine line("tour", "The whole life of a small model, ending in one HTML report.",
                   "asterism tour --out tour --minutes 5");
  tour::TourOptions options;
  line.app.add_option("--out", options.out, "folder to make")->capture_default_str();
  line.app.add_option("--data", options.data, "folder of real sets instead of the mock sky");
  line.app.add_flag("--replace", options.replace, "take the place of a tour that is there");
  line.app.add_option("--minutes", options.minutes, "of two cores, about")
      ->capture_default_str()
      ->check(CLI::Range(tour::kLeastMinutes, tour::kMostMinutes));
  line.app.add_option("--seed", options.seed, "of everything random")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  if (!line.parse(arguments)) return 0;
  base::check_apart(options.data, options.out);
  base::install_stop_signals();
  tour::tour(options);
  return 0;
}

}  // namespace asterism::apps
