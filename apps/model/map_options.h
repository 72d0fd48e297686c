#pragma once
// The options that embed, tokenize and predict share, and how they report.

#include <string>

#include "apps/model/device_option.h"
#include "apps/options.h"
#include "infer/map_dataset.h"

namespace asterism::apps {

// --device, --batch-size, --resume, --shard, --no-scalars into any of the options structs of infer.
template <class Options>
void add_map_options(CommandLine& line, Options& options) {
  add_device_option(line.app, options.device);
  line.app.add_option("--batch-size", options.batch_size, "objects at once")
      ->capture_default_str()
      ->check(CLI::Range(1, 1 << 20));
  line.app.add_flag("--resume", options.resume, "go on with the tiles that an interrupted run left undone");
  line.app.add_option("--shard", options.shard, "which share of the tiles this job does, from 0")
      ->capture_default_str();
  line.app.add_option("--shards", options.shards, "number of shares, for array jobs")->capture_default_str();
  line.app.add_flag("!--no-scalars", options.keep_scalars, "leave the scalar columns of the input away");
}

// Prints what was done; 0, or kExitInterrupted.
int report_map(const infer::MapResult& result, const std::string& out, bool json);

}  // namespace asterism::apps
