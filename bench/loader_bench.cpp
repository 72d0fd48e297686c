// The loader: bytes of batches a second out of the training cache, beside a plain copy of as many bytes, and objects a
// second decoded from Parquet. bench/loader.py makes the dataset, runs this and the Python peers, and writes the
// figure.
//
//   ASTERISM_BENCH_DATASET=out/loader/mock build/bin/bench_loader_bench

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "base/aligned.h"
#include "base/keep_memory.h"
#include "data/cache.h"
#include "data/hats_read.h"
#include "data/loader.h"
#include "data/row_store.h"

namespace asterism::data {
namespace {

constexpr const char* kImage = "image_legacy";
constexpr int64_t kBatch = 64;
constexpr int64_t kRowBytes = int64_t{4} * 96 * 96 * 9;  // flux and ivar as float32, mask as bytes

std::string dataset() {
  const char* path = std::getenv("ASTERISM_BENCH_DATASET");
  return path != nullptr ? path : "";
}

bool missing(benchmark::State& state) {
  if (!dataset().empty() && std::filesystem::exists(dataset())) return false;
  state.SkipWithError("set ASTERISM_BENCH_DATASET to a dataset with image_legacy of 96 pixels and 4 bands");
  return true;
}

// As many bytes as a batch has, row by row out of a source far larger than any cache of the processor.
void plain_copy(benchmark::State& state) {
  base::keep_freed_memory();
  constexpr int64_t kRows = 4096;
  base::AlignedVector<char> from(size_t(kRows * kRowBytes), 1), to(size_t(kBatch * kRowBytes), 0);
  int64_t row = 0, bytes = 0;
  for (auto _ : state) {
    for (int64_t i = 0; i < kBatch; ++i, row = (row + 1663) % kRows)  // coprime: every row in a scattered order
      std::memcpy(to.data() + i * kRowBytes, from.data() + row * kRowBytes, size_t(kRowBytes));
    benchmark::DoNotOptimize(to.data());
    benchmark::ClobberMemory();
    bytes += kBatch * kRowBytes;
  }
  state.SetBytesProcessed(bytes);
}
BENCHMARK(plain_copy)->UseRealTime()->MinTime(2);

// Rows of the cache gathered into batches on this thread.
void cached_gather(benchmark::State& state) {
  if (missing(state)) return;
  base::keep_freed_memory();
  const auto store = open_store(dataset(), {kImage}, {.memory_bytes = 0});
  std::vector<int64_t> rows(static_cast<size_t>(kBatch));
  int64_t row = 0, bytes = 0;
  for (auto _ : state) {
    for (auto& r : rows) {
      r = row;
      row = (row + 1663) % store->num_rows();
    }
    const auto batch = store->gather(rows);
    benchmark::DoNotOptimize(batch.blocks.size());
    bytes += kBatch * kRowBytes;
  }
  state.SetBytesProcessed(bytes);
}
BENCHMARK(cached_gather)->UseRealTime()->MinTime(2);

// The same through the loader: shuffled, made on its one background thread.
void cached_loader(benchmark::State& state) {
  if (missing(state)) return;
  base::keep_freed_memory();
  Loader loader({.datasets = {dataset()}, .modalities = {kImage}, .batch_size = kBatch, .memory_bytes = 0});
  loader.next();
  int64_t bytes = 0;
  for (auto _ : state) {
    const auto batch = loader.next();
    benchmark::DoNotOptimize(batch->blocks.size());
    bytes += kBatch * kRowBytes;
  }
  state.SetBytesProcessed(bytes);
}
BENCHMARK(cached_loader)->UseRealTime()->MinTime(2);

// Every row group once, decoded into batches.
void from_parquet(benchmark::State& state) {
  if (missing(state)) return;
  base::keep_freed_memory();
  const auto reader = HatsReader::open(dataset());
  int64_t rows = 0;
  for (auto _ : state) {
    reader.for_each({kImage}, 4096, [&](modalities::Batch&& batch, int64_t) {
      rows += batch.size();
      return true;
    });
  }
  state.SetItemsProcessed(rows);
}
BENCHMARK(from_parquet)->UseRealTime()->MinTime(2);

}  // namespace
}  // namespace asterism::data
