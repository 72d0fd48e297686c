#include "data/mock.h"

#include <algorithm>

#include "base/error.h"
#include "base/progress.h"
#include "base/signals.h"
#include "sky/observe.h"

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
  const DatasetInfo info{.name = "mock",
                         .title = "Mock sky",
                         .description = "Simulated galaxies, stars and quasars with known truth, as seen by: " +
                                        joined(options.surveys) + ".",
                         .provenance = fmt::format("asterism {} mock sky, seed {}, objects {} to {}", ASTERISM_VERSION,
                                                   options.seed, options.first, options.first + options.objects - 1),
                         .licence = "CC0-1.0",
                         .citation = "",
                         .acknowledgement = "",
                         .columns = {}};
  HatsWriter writer(out, info, hats);
  base::Progress progress("drawing the mock sky", uint64_t(options.objects));
  const int64_t step = options.scalars_only ? 16384 : 128;
  for (int64_t done = 0; done < options.objects; done += step) {
    base::stop_if_requested("stopped by a signal; nothing was written");
    const int64_t n = std::min(step, options.objects - done);
    writer.add(options.scalars_only ? sky::observe_scalars(options.seed, options.first + done, n, options.surveys)
                                    : sky::observe(options.seed, options.first + done, n, options.surveys));
    progress.add(uint64_t(n));
  }
  progress.finish();
  return writer.finish();
}

}  // namespace asterism::data
