#include "data/mock.h"

#include <algorithm>

#include "base/error.h"
#include "base/progress.h"
#include "base/signals.h"
#include "sky/observe.h"
#include "sky/simulator.h"

namespace asterism::data {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

}  // namespace

WrittenDataset write_mock(const MockOptions& options, const std::filesystem::path& out, const HatsOptions& hats) {
  if (options.objects < 1) base::user_error("{} objects: at least 1 is needed", options.objects);
  if (options.first < 0) base::user_error("the first object has index {}: it must be 0 or more", options.first);
  sky::SkySettings sky;
  auto fields = config::fields_of(sky);
  config::read_text(fields, "", "the population of the mock sky", options.population);
  sky::check(sky);
  for (const auto& text : options.population)
    if (options.simulator && (text.starts_with("star_weight") || text.starts_with("quasar_weight")))
      base::user_error("--set {}: pairs of parameters and observation are of galaxies alone: leave it out", text);
  const auto population = options.population.empty() ? "" : "; population: " + joined(options.population);
  if (options.simulator) sky = sky::simulator_population(sky);
  DatasetInfo info{
      .name = "mock",
      .title = "Mock sky",
      .description =
          "Simulated galaxies, stars and quasars with known truth, as seen by: " + joined(options.surveys) + ".",
      .provenance = fmt::format("asterism {} mock sky, seed {}, objects {} to {}{}", ASTERISM_VERSION, options.seed,
                                options.first, options.first + options.objects - 1, population),
      .licence = "CC0-1.0",
      .citation = "",
      .acknowledgement = "",
      .columns = {}};
  if (options.simulator) {
    auto example = sky::observe_scalars(options.seed, options.first, 1, options.surveys, sky);
    sky::add_pairs(example);
    info.columns["parameters"] = {joined(sky::parameter_names()), ""};
    info.columns["observation"] = {joined(sky::observation_names(example)), ""};
  }
  HatsWriter writer(out, info, hats);
  base::Progress progress("drawing the mock sky", uint64_t(options.objects));
  const int64_t step = options.scalars_only ? 16384 : 128;
  for (int64_t done = 0; done < options.objects; done += step) {
    base::stop_if_requested("stopped by a signal; nothing was written");
    const int64_t n = std::min(step, options.objects - done);
    const auto observe = options.scalars_only ? &sky::observe_scalars : &sky::observe;
    auto batch = observe(options.seed, options.first + done, n, options.surveys, sky);
    if (options.simulator) sky::add_pairs(batch);
    writer.add(batch);
    progress.add(uint64_t(n));
  }
  progress.finish();
  return writer.finish();
}

}  // namespace asterism::data
