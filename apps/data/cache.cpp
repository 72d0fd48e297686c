#include "data/cache.h"

#include <fmt/core.h>

#include "apps/data/data_commands.h"
#include "apps/options.h"
#include "base/apart.h"
#include "base/json_line.h"
#include "base/signals.h"

namespace asterism::apps {

int data_cache(const Arguments& arguments) {
  CommandLine line("data cache", "Writes a dataset uncompressed and memory-mapped, as training reads it fastest.",
                   "asterism data cache mock --modalities image_legacy,spectrum_desi,redshift");
  std::string path, out;
  std::vector<std::string> modalities;
  line.app.add_option("DATASET", path, "dataset to read")->required();
  line.app.add_option("--modalities", modalities, "those to keep, a,b,...; all unless given");
  line.app.add_option("--out", out, "folder of the cache; DATASET.cache unless given");
  if (!line.parse(arguments)) return 0;
  base::check_apart(path, out);
  base::install_stop_signals();
  modalities = split_commas(modalities);
  const auto dataset = data::HatsReader::open(path);
  dataset.layout().columns_for(modalities);  // names that it lacks are refused before anything is written
  const std::filesystem::path folder = out.empty() ? data::default_cache(dataset) : std::filesystem::path(out);
  const bool there = data::cache_serves(folder, dataset, modalities);
  const int64_t bytes = there ? 0 : data::make_cache(dataset, modalities, folder);
  if (line.json) {
    fmt::print("{}\n", base::JsonLine().add("cache", folder.string()).add("made", !there).add("bytes", bytes).str());
  } else {
    fmt::print("{}: {}\n", folder.string(),
               there ? "is there and serves" : fmt::format("{:.1f} MB", double(bytes) / 1e6));
  }
  return 0;
}

}  // namespace asterism::apps
