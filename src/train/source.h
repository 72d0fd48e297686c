#pragma once
// Batches as a recipe's [data] table describes them.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "data/batch_source.h"
#include "train/recipe.h"

namespace asterism::train {

// split: "train", "validation", "test" ...; endless: shuffled for ever, else once through in order, the last batch
// short; an empty side is then a source of no batches. Mock objects are on the side of the split that their id says, as
// in datasets: batches then hold about batch_size objects.
std::unique_ptr<data::BatchSource> make_source(const DataSettings& settings, const std::vector<std::string>& modalities,
                                               const std::string& split, bool endless, uint64_t seed);

// SHA-256 of what a dataset folder holds: names and sizes of all files, and the bytes of those up to 1 MiB. The same
// folder, copied, has the same one. UserError when there is no such folder.
std::string dataset_fingerprint(const std::filesystem::path& folder);

}  // namespace asterism::train
