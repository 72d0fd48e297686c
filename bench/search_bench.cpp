// Exact search, and the tiles under it. Counters: GFLOP/s (2 operations for each number of each pair), and for whole
// searches the share of what the bare tile reaches on that many threads.
//
//   build/bin/bench_search --benchmark_filter=Exact
#include <benchmark/benchmark.h>

#include <vector>

#include "base/aligned.h"
#include "base/random.h"
#include "base/threads.h"
#include "search/index.h"
#include "search/kernels.h"

namespace {

using namespace asterism;

std::vector<float> normal_rows(size_t n, size_t d, uint64_t seed) {
  std::vector<float> values(n * d);
  base::parallel_for(n, 1024, [&](size_t begin, size_t end) {
    base::Random random(seed, 0, begin, "bench rows");
    for (size_t i = begin * d; i < end * d; ++i) values[i] = float(random.normal());
  });
  return values;
}

void set_gflops(benchmark::State& state, double pairs, double d) {
  state.counters["GFLOP/s"] =
      benchmark::Counter(pairs * d * 2 * double(state.iterations()) * 1e-9, benchmark::Counter::kIsRate);
}

// One tile again and again out of the first-level cache: what the arithmetic alone can do, on one thread.
void tile(benchmark::State& state, const search::Kernels& kernel, search::Kernels::Tile run) {
  constexpr size_t kD = 256;
  base::AlignedVector<float> queries(kernel.mr * kD, 0.5F), rows(kernel.nr * kD, 0.25F), out(search::kMaxTile);
  for (auto _ : state) {
    run(kernel.mr, kD, queries.data(), rows.data(), out.data());
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  set_gflops(state, double(kernel.mr * kernel.nr), kD);
}

// The loop one would write first.
void naive(benchmark::State& state) {
  constexpr size_t kN = 2000, kD = 256, kQueries = 16;
  const auto rows = normal_rows(kN, kD, 1), queries = normal_rows(kQueries, kD, 2);
  std::vector<float> scores(kQueries * kN);
  for (auto _ : state) {
    for (size_t q = 0; q < kQueries; ++q)
      for (size_t r = 0; r < kN; ++r) {
        float sum = 0;
        for (size_t i = 0; i < kD; ++i) sum += queries[q * kD + i] * rows[r * kD + i];
        scores[q * kN + r] = sum;
      }
    benchmark::DoNotOptimize(scores.data());
  }
  set_gflops(state, double(kQueries * kN), kD);
}

// 1e5 rows of 256; queries in batches.
void exact(benchmark::State& state, search::Metric metric) {
  constexpr size_t kN = 100000, kD = 256;
  static const auto rows = normal_rows(kN, kD, 1), queries = normal_rows(1024, kD, 2);
  const auto batch = size_t(state.range(0)), k = size_t(state.range(1));
  const auto index = search::build("exact", metric, {rows.data(), kN, kD});
  for (auto _ : state) benchmark::DoNotOptimize(index->search({queries.data(), batch, kD}, k));
  set_gflops(state, double(batch) * kN, kD);
  state.counters["queries/s"] =
      benchmark::Counter(double(batch) * double(state.iterations()), benchmark::Counter::kIsRate);
  state.counters["threads"] = base::threads();
}

}  // namespace

int main(int argc, char** argv) {
  for (const auto& kernel : search::runnable_kernels()) {
    const std::string name(kernel.name);
    benchmark::RegisterBenchmark(("Tile/inner_product/" + name).c_str(), tile, kernel, kernel.inner_products);
    benchmark::RegisterBenchmark(("Tile/l2/" + name).c_str(), tile, kernel, kernel.minus_distances);
  }
  benchmark::RegisterBenchmark("Naive/inner_product", naive);
  for (const auto metric : {search::Metric::cosine, search::Metric::l2})
    benchmark::RegisterBenchmark(("Exact/" + std::string(name_of(metric))).c_str(), exact, metric)
        ->ArgsProduct({{1, 16, 128, 1024}, {10, 1000}})
        ->ArgNames({"queries", "k"})
        ->UseRealTime()
        ->Unit(benchmark::kMillisecond);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
