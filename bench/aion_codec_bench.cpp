// AION-1's codecs through the one interface: blocks in, tokens out, and back. ASTERISM_AION_FOLDER names a folder of
// codecs (codecs/image, codecs/spectrum, codecs/scalar_0.., codecs/xp). Counters: objects/s. `product` is the peak of
// the same processor on one product of matrices. Beside the package of the authors: bench/peers/aion_codec_speed.py,
// which also runs this program with ASTERISM_AION_ONCE=1: load the image codec, encode one image, print the seconds
// since the start of the program and the peak of its memory, and end. ASTERISM_AION_PRECISION: fp32, bf16 or auto.
//
//   OMP_NUM_THREADS=2 ASTERISM_AION_FOLDER=DIR build/bin/bench_aion_codec_bench
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "base/keep_memory.h"
#include "base/random.h"
#include "nn/autocast.h"
#include "nn/packed_weight.h"
#include "tokenizers/aion/published_codec.h"

namespace {

using namespace asterism;

std::shared_ptr<tokenizers::Tokenizer> codec(const std::string& name) {
  static tokenizers::aion::CodecSet set([] {
    const char* folder = std::getenv("ASTERISM_AION_FOLDER");
    if (!folder) std::fprintf(stderr, "ASTERISM_AION_FOLDER must name a folder of codecs\n"), std::exit(2);
    return std::filesystem::path(folder) / "codecs";
  }());
  return set.codec(name);
}

modalities::Block images(int64_t n, const std::vector<std::string>& bands) {
  modalities::ImageBlock b;
  b.n = n;
  b.height = b.width = 96;
  b.unit = "nanomaggy";
  b.pixel_scale_arcsec = 0.262;
  for (const auto& band : bands) b.bands.push_back({band, 0, 0});
  const size_t values = size_t(n) * bands.size() * 96 * 96;
  b.present.assign(size_t(n), 1);
  b.ivar.assign(values, 1000.0f);
  b.mask.assign(values, 0);
  b.psf_fwhm_arcsec.assign(size_t(n) * bands.size(), 0);
  base::Random random(1, 0, 0, "bench");
  for (size_t i = 0; i < values; ++i) b.flux.push_back(float(0.3 * random.normal()));
  return b;
}

modalities::Block spectra(int64_t n) {
  modalities::SpectrumBlock b;
  b.n = n;
  b.length = 7781;  // of DESI
  b.unit = "1e-17 erg/s/cm^2/Angstrom";
  const size_t values = size_t(n * b.length);
  b.present.assign(size_t(n), 1);
  b.ivar.assign(values, 1.0f);
  b.mask.assign(values, 0);
  b.lsf_sigma_angstrom.assign(values, 0);
  base::Random random(1, 0, 0, "bench");
  for (size_t i = 0; i < values; ++i) {
    b.wavelength_angstrom.push_back(3600 + 0.8f * float(i % size_t(b.length)));
    b.flux.push_back(float(3 + random.normal()));
  }
  return b;
}

constexpr int kScalars = 32;
constexpr int64_t kCoefficients = 55;

std::vector<modalities::Block> scalars(int64_t n) {
  std::vector<modalities::Block> out;
  base::Random random(1, 0, 0, "bench");
  for (int s = 0; s < kScalars; ++s) {
    modalities::ScalarBlock b;
    b.n = n;
    b.present.assign(size_t(n), 1);
    b.error.assign(size_t(n), 0);
    for (int64_t i = 0; i < n; ++i) b.value.push_back(random.normal());
    out.push_back(std::move(b));
  }
  return out;
}

modalities::Block coefficients(int64_t n) {
  modalities::VectorBlock b;
  b.n = n;
  b.width = kCoefficients;
  b.present.assign(size_t(n), 1);
  base::Random random(1, 0, 0, "bench");
  for (int64_t i = 0; i < n * kCoefficients; ++i) b.value.push_back(float(random.normal()));
  return b;
}

void rate(benchmark::State& state, int64_t objects) {
  state.counters["objects/s"] =
      benchmark::Counter(double(objects * int64_t(state.iterations())), benchmark::Counter::kIsRate);
}

void encode(benchmark::State& state, const std::string& name, const modalities::Block& block, int64_t n) {
  const auto model = codec(name);
  model->encode(block);
  for (auto _ : state) benchmark::DoNotOptimize(model->encode(block));
  rate(state, n);
}

void decode(benchmark::State& state, const std::string& name, const modalities::Block& block, int64_t n,
            const tokenizers::DecodeRequest& request) {
  const auto model = codec(name);
  const auto tokens = model->encode(block);
  model->decode(tokens, request);
  for (auto _ : state) benchmark::DoNotOptimize(model->decode(tokens, request));
  rate(state, n);
}

const std::vector<std::string> kBands{"des-g", "des-r", "des-i", "des-z"};

void image_encode(benchmark::State& state) { encode(state, "image", images(8, kBands), 8); }

void image_decode(benchmark::State& state) {
  const auto block = images(8, kBands);
  tokenizers::DecodeRequest request;
  request.bands = std::get<modalities::ImageBlock>(block).bands;
  decode(state, "image", block, 8, request);
}

void spectrum_encode(benchmark::State& state) { encode(state, "spectrum", spectra(8), 8); }
void spectrum_decode(benchmark::State& state) { decode(state, "spectrum", spectra(8), 8, {}); }
void gaia_xp(benchmark::State& state) { encode(state, "xp", coefficients(state.range(0)), state.range(0)); }

void many_scalars(benchmark::State& state) {
  const int64_t n = state.range(0);
  const auto blocks = scalars(n);
  std::vector<std::shared_ptr<tokenizers::Tokenizer>> codecs;
  codecs.reserve(kScalars);
  for (int s = 0; s < kScalars; ++s) codecs.push_back(codec("scalar_" + std::to_string(s)));
  for (auto _ : state)
    for (size_t s = 0; s < codecs.size(); ++s) benchmark::DoNotOptimize(codecs[s]->encode(blocks[s]));
  rate(state, n);
}

void product(benchmark::State& state) {
  const int64_t rows = state.range(0), in = state.range(1), out = state.range(2);
  const nn::PackedWeight layer(at::randn({out, in}), {});
  const auto x = at::randn({rows, in});
  for (auto _ : state) benchmark::DoNotOptimize(layer(x));
  state.counters["GFLOP/s"] =
      benchmark::Counter(2e-9 * double(rows * in * out) * double(state.iterations()), benchmark::Counter::kIsRate);
}

BENCHMARK(image_encode)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(image_decode)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(spectrum_encode)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(spectrum_decode)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(many_scalars)->Arg(65536)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(gaia_xp)->Arg(65536)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(product)->Args({1024, 1024, 1024})->Args({4096, 512, 2048})->Unit(benchmark::kMillisecond)->UseRealTime();

int once(std::chrono::steady_clock::time_point start) {
  codec("image")->encode(images(1, kBands));
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf("{\"first_token_s\": %.3f, \"peak_gib\": %.3f}\n", seconds.count(), double(usage.ru_maxrss) / (1 << 20));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const auto start = std::chrono::steady_clock::now();
  base::keep_freed_memory();
  const char* asked = std::getenv("ASTERISM_AION_PRECISION");
  const nn::Autocast autocast(nn::choose_precision(asked ? asked : "fp32"));
  if (std::getenv("ASTERISM_AION_ONCE")) return once(start);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
