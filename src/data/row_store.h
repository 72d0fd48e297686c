#pragma once
// Rows of a dataset by number, in any order: what the loader draws from.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "data/hats_read.h"
#include "modalities/block.h"

namespace asterism::data {

class RowStore {
 public:
  virtual ~RowStore() = default;
  virtual int64_t num_rows() const = 0;
  virtual const std::vector<uint8_t>& splits() const = 0;  // split number of each row
  // These rows in this order; rows may repeat. With no rows: empty blocks that show bands, sizes and units.
  virtual modalities::Batch gather(const std::vector<int64_t>& rows) const = 0;
};

// A whole dataset decoded into memory.
std::unique_ptr<RowStore> load_into_memory(const HatsReader& dataset, const std::vector<std::string>& modalities);

struct StoreOptions {
  int64_t memory_bytes = int64_t{1} << 30;  // datasets that decode to no more than this are held in memory
  std::filesystem::path cache;              // folder of the cache; empty: default_cache()
};

// In memory when all modalities are scalars or the dataset is small; else through the cache, which is made first, with
// a message, when it is missing or of another dataset.
std::unique_ptr<RowStore> open_store(const std::filesystem::path& dataset, const std::vector<std::string>& modalities,
                                     const StoreOptions& options = {});

// The bytes that these modalities of a dataset take in memory, from the first rows; 0 when it has none.
int64_t decoded_bytes(const HatsReader& dataset, const std::vector<std::string>& modalities);

}  // namespace asterism::data
