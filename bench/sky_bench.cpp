// Objects per second of the mock sky: ./run bench, or build/bin/bench_sky_bench. Threads: ASTERISM_THREADS.

#include <benchmark/benchmark.h>

#include <memory>

#include "sky/draw.h"
#include "sky/library.h"
#include "sky/observe.h"

namespace asterism::sky {
namespace {

void scalars_legacy(benchmark::State& state) {
  library();
  int64_t first = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(observe_scalars(1, first, state.range(0), {"legacy"}));
    first += state.range(0);
  }
  state.SetItemsProcessed(first);
}
BENCHMARK(scalars_legacy)->Arg(10000)->UseRealTime();

void full_legacy_desi(benchmark::State& state) {
  library();
  int64_t first = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(observe(1, first, state.range(0), {"legacy", "desi"}));
    first += state.range(0);
  }
  state.SetItemsProcessed(first);
}
BENCHMARK(full_legacy_desi)->Arg(128)->UseRealTime();

void draw_alone(benchmark::State& state) {
  library();
  int64_t index = 0;
  for (auto _ : state) benchmark::DoNotOptimize(draw_object(1, index++));
  state.SetItemsProcessed(index);
}
BENCHMARK(draw_alone);

void build_library(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(std::make_unique<Library>());
}
BENCHMARK(build_library)->Unit(benchmark::kMillisecond)->Iterations(1)->UseRealTime();

}  // namespace
}  // namespace asterism::sky
