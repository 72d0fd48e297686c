// AION-1 on tokens of galaxies, random weights of the Base shape unless ASTERISM_AION_FOLDER names a published folder.
// Counters: objects/s, and GFLOP/s of the encoder's products (weights and attention). Beside the package of the
// authors: bench/peers/aion_model.py, which also runs this program with ASTERISM_AION_ONCE=1: load, encode one galaxy,
// print seconds since the start of the program and the peak of its memory, and end; ASTERISM_AION_SAVE=FOLDER: load,
// save there.
//
//   OMP_NUM_THREADS=2 build/bin/bench_aion_encode_bench
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "base/keep_memory.h"
#include "models/aion.h"

namespace {

using namespace asterism;

std::unique_ptr<models::Aion> random_base() {
  const auto folder = std::filesystem::temp_directory_path() / "asterism_bench_aion_base";
  if (!std::filesystem::exists(folder)) models::Aion(models::published_aion_config("base"), 1).save(folder);
  return models::Aion::load(folder);
}

const models::Aion& model() {
  static const auto held = [] {
    const char* folder = std::getenv("ASTERISM_AION_FOLDER");
    return folder ? models::Aion::load(folder) : random_base();
  }();
  return *held;
}

models::AionTokens tokens(const std::string& key, int64_t objects) {
  const auto& facts = *models::find_aion_modality(key);
  const auto generator = at::detail::createCPUGenerator(1);
  return {key, at::randint(0, facts.vocabulary, {objects, facts.tokens()}, generator, at::kLong)};
}

using Inputs = std::vector<models::AionTokens>;

Inputs image_and_spectrum(int64_t n) { return {tokens("tok_image", n), tokens("tok_spectrum_desi", n)}; }
Inputs image(int64_t n) { return {tokens("tok_image", n)}; }
Inputs fluxes(int64_t n) {
  return {tokens("tok_flux_g", n), tokens("tok_flux_r", n), tokens("tok_flux_i", n), tokens("tok_flux_z", n)};
}

// Multiplications and additions of the encoder's blocks on N tokens of each object.
double encoder_flops(const models::AionConfig& c, double objects, double N) {
  const double D = double(c.dim), H = double(c.transformer(1).hidden_width());
  const double weights = 2 * N * D * (4 * D + (c.gated_mlp ? 3 : 2) * H), attention = 4 * N * N * D;
  return objects * double(c.encoder_depth) * (weights + attention);
}

void encode(benchmark::State& state, Inputs (*make)(int64_t)) {
  const auto inputs = make(state.range(0));
  double rows = 0;
  model().encode(inputs);
  for (auto _ : state) rows = double(model().encode(inputs).objects.rows());
  const double n = double(state.range(0)), done = double(state.iterations());
  state.counters["objects/s"] = benchmark::Counter(n * done, benchmark::Counter::kIsRate);
  state.counters["GFLOP/s"] =
      benchmark::Counter(done * encoder_flops(model().config(), n, rows / n) / 1e9, benchmark::Counter::kIsRate);
}

void forward_to_redshift(benchmark::State& state) {
  const auto inputs = image_and_spectrum(state.range(0));
  model().logits(inputs, {"tok_z"});
  for (auto _ : state) benchmark::DoNotOptimize(model().logits(inputs, {"tok_z"}));
  state.counters["objects/s"] =
      benchmark::Counter(double(state.range(0) * int64_t(state.iterations())), benchmark::Counter::kIsRate);
}

// The largest rate of one product of matrices of these sizes, with weights laid out for it: the peak to compare with.
void product(benchmark::State& state) {
  const int64_t rows = state.range(0), in = state.range(1), out = state.range(2);
  const nn::PackedWeight layer(at::randn({out, in}), {});
  const auto x = at::randn({rows, in});
  for (auto _ : state) benchmark::DoNotOptimize(layer(x));
  state.counters["GFLOP/s"] =
      benchmark::Counter(2e-9 * double(rows * in * out) * double(state.iterations()), benchmark::Counter::kIsRate);
}

BENCHMARK_CAPTURE(encode, image_and_spectrum, image_and_spectrum)
    ->Arg(1)
    ->Arg(4)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(encode, image, image)->Arg(4)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(encode, fluxes, fluxes)->Arg(256)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(forward_to_redshift)->Arg(4)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(product)
    ->Args({849, 768, 4096})
    ->Args({849, 2048, 768})
    ->Args({1024, 1024, 1024})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

int once(std::chrono::steady_clock::time_point start) {
  const auto inputs = image_and_spectrum(1);
  const auto loaded = std::chrono::steady_clock::now();
  model();
  const std::chrono::duration<double> load_s = std::chrono::steady_clock::now() - loaded;
  const auto out = model().encode(inputs);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf("{\"seconds\": %.3f, \"load_s\": %.3f, \"peak_gib\": %.3f, \"rows\": %ld}\n", seconds.count(),
              load_s.count(), double(usage.ru_maxrss) / (1 << 20), long(out.objects.rows()));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const auto start = std::chrono::steady_clock::now();
  base::keep_freed_memory();
  if (std::getenv("ASTERISM_AION_ONCE")) return once(start);
  if (const char* folder = std::getenv("ASTERISM_AION_SAVE")) return model().save(folder), 0;
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
