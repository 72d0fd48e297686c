// The cross-match out of memory, both lists sorted anew each time. Counters: rows of a per second, pairs.
//
//   ASTERISM_THREADS=1 build/bin/bench_match --benchmark_filter=Uniform/rows:10000000
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "astro/sphere.h"
#include "base/random.h"
#include "base/threads.h"
#include "data/match.h"

namespace {

using namespace asterism;

struct List {
  std::vector<double> ra, dec;
  data::Positions positions() const { return {ra, dec}; }
};

List uniform(int64_t rows, uint64_t seed) {
  List out{std::vector<double>(size_t(rows)), std::vector<double>(size_t(rows))};
  base::parallel_for(size_t(rows), 1 << 16, [&](size_t begin, size_t end) {
    base::Random random(seed, 0, begin, "match bench");
    for (size_t i = begin; i < end; ++i) {
      out.ra[i] = random.uniform(0, 360);
      out.dec[i] = std::asin(random.uniform(-1, 1)) / astro::kDegree;
    }
  });
  return out;
}

void run(benchmark::State& state, const List& a, const List& b, const data::MatchOptions& options) {
  size_t pairs = 0;
  for (auto _ : state) pairs = data::match(a.positions(), b.positions(), options).size();
  state.counters["rows/s"] =
      benchmark::Counter(double(a.ra.size()) * double(state.iterations()), benchmark::Counter::kIsRate);
  state.counters["pairs"] = double(pairs);
  state.counters["threads"] = base::threads();
}

// Two unrelated catalogues of the whole sky.
void Uniform(benchmark::State& state) {
  const List a = uniform(state.range(0), 1), b = uniform(state.range(0), 2);
  run(state, a, b, {.radius_arcsec = double(state.range(1)), .nearest = state.range(2) != 0});
}

// The same objects seen twice, in another order: every row has its match.
void Same(benchmark::State& state) {
  const List b = uniform(state.range(0), 2);
  List a = b;
  for (size_t i = 0; i < a.ra.size(); ++i) {
    a.ra[i] = b.ra[i * 7919 % b.ra.size()];
    a.dec[i] = std::min(90.0, b.dec[i * 7919 % b.ra.size()] + 0.3 / 3600);
  }
  run(state, a, b, {.radius_arcsec = 1});
}

// A crowded field: one square degree.
void Field(benchmark::State& state) {
  List a = uniform(state.range(0), 1), b = uniform(state.range(0), 2);
  for (List* list : {&a, &b}) {
    for (size_t i = 0; i < list->ra.size(); ++i) {
      list->ra[i] = 359.5 + list->ra[i] / 360;
      list->dec[i] = list->dec[i] / 180;
    }
  }
  run(state, a, b, {.radius_arcsec = 1});
}

BENCHMARK(Uniform)
    ->ArgsProduct({{1000000, 10000000}, {1, 60}, {0, 1}})
    ->ArgNames({"rows", "radius", "nearest"})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK(Same)->Arg(1000000)->Arg(10000000)->ArgNames({"rows"})->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(Field)->Arg(1000000)->ArgNames({"rows"})->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
