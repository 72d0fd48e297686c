#pragma once
// A dataset in, a dataset out with further columns, one tile at a time.
//
// The output is a HATS collection with the same tiles and rows: object_id, position, the scalar columns of the input
// (where asked) and what a function makes of each batch. While work goes on, finished tiles lie in `<out>.partial/`; a
// killed or failed run goes on from there with `resume`, and one that finished no tile leaves nothing. `<out>` appears
// when all tiles are done, complete, or not at all.

#include <arrow/type_fwd.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "modalities/block.h"
#include "nn/precision.h"

namespace asterism::infer {

// The new columns of one batch, in its row order; the same fields in every batch.
using NewColumns = std::vector<std::pair<std::shared_ptr<arrow::Field>, std::shared_ptr<arrow::Array>>>;
using BatchFunction = std::function<NewColumns(const modalities::Batch& batch)>;

struct MapOptions {
  std::filesystem::path dataset, out;
  std::vector<std::string> modalities;  // to read
  bool keep_scalars = true;             // copy the input's scalar columns, truth among them
  int64_t batch_size = 256;             // rows that the function gets at once
  int64_t rows_per_group = 8192;        // of the files made: as many are in memory at once
  bool resume = false;                  // go on with <out>.partial; without, finding one is a UserError
  int64_t shard = 0, shards = 1;   // does tiles shard, shard + shards, ...; whoever finds all of them done assembles
  std::string identity;            // text of all that determines the columns; a resumed run must have the same
  std::string title, description;  // of the output, for its properties
  std::vector<std::pair<std::string, std::string>> properties;  // further ones, "asterism_model" say
  std::string what = "embedding";                               // for the progress line
  c10::Device device = c10::kCPU;                               // where the function computes
  nn::Precision precision = nn::Precision::fp32;                // and in what: said in the properties
};

struct MapResult {
  int64_t rows = 0;     // of the tiles done by this call
  int64_t without = 0;  // of them those whose new values are all missing: objects that nothing was observed of to read
  int64_t tiles = 0, tiles_before = 0, tiles_in_all = 0;
  bool complete = false;     // `out` exists now
  bool interrupted = false;  // stop_requested(): run again with resume
  double seconds = 0;
};

// UserError: `out` exists; no such dataset or modality; a new column's name is taken; partial work with another
// identity. An error that one object makes alone names it. An error after some tiles are finished ends with how to go
// on.
MapResult map_dataset(const MapOptions& options, const BatchFunction& function);

}  // namespace asterism::infer
