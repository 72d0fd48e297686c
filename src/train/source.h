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

// SHA-256 over the name, size and content (CRC-32C) of every file of a dataset's or model's folder. The same folder,
// copied, has the same one. In a folder of more than `most_bytes`, contents are those of the first and last MiB of each
// file and of 64 KiB at every fourth MiB between: a Parquet file that was written anew is noticed (its end tells where
// every column lies and its least and greatest values), and so is any change that spans 4 MiB; a few bytes that were
// changed in place may not be. UserError when there is no such folder.
inline constexpr uintmax_t kFingerprintBytes = uintmax_t{2} << 30;
std::string dataset_fingerprint(const std::filesystem::path& folder, uintmax_t most_bytes = kFingerprintBytes);

}  // namespace asterism::train
