// AION-1 on tokens of galaxies, random weights of the Base shape (ASTERISM_AION_SIZE: base, large, xlarge) unless
// ASTERISM_AION_FOLDER names a published folder. Counters: objects/s, and GFLOP/s of the encoder's products (weights
// and attention). Beside the package of the authors: bench/peers/aion_model.py, which also runs this program with
// ASTERISM_AION_ONCE=1: load, encode one galaxy, print seconds since the start of the program and the peak of its
// memory, and end; ASTERISM_AION_SAVE=FOLDER: load, save there; ASTERISM_AION_COSINE=int8: print how near the vectors
// of int8 (or bf16) come to those of fp32, and end. on_device.h explains --device, --precision and --batch
// (objects at once, of all but the four fluxes: four times as many).
//
//   OMP_NUM_THREADS=2 build/bin/bench_aion_encode_bench
//   build/bin/bench_aion_encode_bench --device cuda --precision bf16 --batch 64
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "base/keep_memory.h"
#include "models/aion.h"
#include "on_device.h"

namespace {

using namespace asterism;

bench::Where where;

std::unique_ptr<models::Aion> random_model() {
  const char* asked = std::getenv("ASTERISM_AION_SIZE");
  const std::string size = asked != nullptr ? asked : "base";
  const auto folder = std::filesystem::temp_directory_path() / ("asterism_bench_aion_" + size);
  if (!std::filesystem::exists(folder)) models::Aion(models::published_aion_config(size), 1).save(folder);
  return models::Aion::load(folder);
}

const models::Aion& model() {
  static const auto held = [] {
    const char* folder = std::getenv("ASTERISM_AION_FOLDER");
    auto out = folder ? models::Aion::load(folder) : random_model();
    out->to(where.device);
    return out;
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

void encode(benchmark::State& state, const std::string& name, Inputs (*make)(int64_t)) {
  const auto inputs = make(state.range(0));
  double rows = 0;
  for (int i = 0; i < 2; ++i) model().encode(inputs);
  nn::synchronise(where.device);
  bench::trace(name + "_" + std::to_string(state.range(0)), where.device, [&] { model().encode(inputs); });
  for (auto _ : state) {
    rows = double(model().encode(inputs).objects.rows());
    nn::synchronise(where.device);
  }
  const double n = double(state.range(0)), done = double(state.iterations());
  state.counters["objects/s"] = benchmark::Counter(n * done, benchmark::Counter::kIsRate);
  state.counters["GFLOP/s"] =
      benchmark::Counter(done * encoder_flops(model().config(), n, rows / n) / 1e9, benchmark::Counter::kIsRate);
}

void forward_to_redshift(benchmark::State& state) {
  const auto inputs = image_and_spectrum(state.range(0));
  for (int i = 0; i < 2; ++i) model().logits(inputs, {"tok_z"});
  nn::synchronise(where.device);
  for (auto _ : state) {
    benchmark::DoNotOptimize(model().logits(inputs, {"tok_z"}));
    nn::synchronise(where.device);
  }
  state.counters["objects/s"] =
      benchmark::Counter(double(state.range(0) * int64_t(state.iterations())), benchmark::Counter::kIsRate);
}

// The largest rate of one product of matrices of these sizes, with weights laid out for it: the peak to compare with.
void product(benchmark::State& state) {
  if (!where.device.is_cpu()) return bench::product(state, where);
  const int64_t rows = state.range(0), in = state.range(1), out = state.range(2);
  const nn::PackedWeight layer(at::randn({out, in}), {});
  const auto x = at::randn({rows, in});
  for (auto _ : state) benchmark::DoNotOptimize(layer(x));
  state.counters["GFLOP/s"] =
      benchmark::Counter(2e-9 * double(rows * in * out) * double(state.iterations()), benchmark::Counter::kIsRate);
}

void memory(benchmark::State& state) { bench::memory(state, where); }

void register_all() {
  const bool here = where.device.is_cpu();
  const int64_t batch = where.batch > 0 ? where.batch : 4;
  const auto in_ms = [](benchmark::internal::Benchmark* b) { b->Unit(benchmark::kMillisecond)->UseRealTime(); };
  const auto both = [](benchmark::State& state) { encode(state, "image_and_spectrum", image_and_spectrum); };
  benchmark::RegisterBenchmark("encode/image_and_spectrum", both)->Arg(1)->Arg(batch)->Apply(in_ms);
  benchmark::RegisterBenchmark("encode/image", [](benchmark::State& s) { encode(s, "image", image); })
      ->Arg(batch)
      ->Apply(in_ms);
  benchmark::RegisterBenchmark("encode/fluxes", [](benchmark::State& s) { encode(s, "fluxes", fluxes); })
      ->Arg(where.batch > 0 ? 4 * batch : 256)
      ->Apply(in_ms);
  benchmark::RegisterBenchmark("forward_to_redshift", forward_to_redshift)->Arg(batch)->Apply(in_ms);
  auto* roof = benchmark::RegisterBenchmark("product", product);
  if (here) roof->Args({849, 768, 4096})->Args({849, 2048, 768})->Args({1024, 1024, 1024});
  if (!here) roof->Args({54336, 768, 4096})->Args({8192, 8192, 8192});
  in_ms(roof);
  benchmark::RegisterBenchmark("memory", memory)->Arg(here ? 1 << 24 : 1 << 28)->Apply(in_ms);
}

// Of images and spectra of random tokens: the least cosine of the vectors of an object, and of one of its tokens.
int cosine(const char* precision) {
  const auto inputs = image_and_spectrum(8);
  const auto exact = model().encode(inputs);
  const nn::Autocast few(nn::choose_precision(precision, at::kCPU, nn::Work::inference));
  const auto made = model().encode(inputs);
  const auto mean = [](const models::AionEncoded& e) {
    return e.context_RD.view({8, -1, e.context_RD.size(1)}).mean(1);
  };
  std::printf("{\"objects\": %.6f, \"tokens\": %.6f}\n",
              at::cosine_similarity(mean(made), mean(exact), 1).min().item<double>(),
              at::cosine_similarity(made.context_RD, exact.context_RD, 1).min().item<double>());
  return 0;
}

int once(std::chrono::steady_clock::time_point start) {
  const auto inputs = image_and_spectrum(1);
  const auto loaded = std::chrono::steady_clock::now();
  model();
  const std::chrono::duration<double> load_s = std::chrono::steady_clock::now() - loaded;
  const auto out = model().encode(inputs);
  nn::synchronise(where.device);
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
  where = bench::where_of(argc, argv, nn::Work::inference);
  const nn::Autocast autocast(where.precision, where.device.type());
  if (std::getenv("ASTERISM_AION_ONCE")) return once(start);
  if (const char* precision = std::getenv("ASTERISM_AION_COSINE")) return cosine(precision);
  if (const char* folder = std::getenv("ASTERISM_AION_SAVE")) return model().save(folder), 0;
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  register_all();
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
